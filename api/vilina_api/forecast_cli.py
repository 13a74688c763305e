"""`vilina forecast`: what methods would have said about anybody's counts, and how good it was."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from vilina_api.backtest_chart import backtest_chart
from vilina_api.errors import ApiError
from vilina_api.forecasting.backtest import Plan, Result, backtest
from vilina_api.forecasting.counts import DAY_MINUTES, Calendar, Counts
from vilina_api.forecasting.counts_file import Columns, read_counts
from vilina_api.forecasting.holiday_names import public_holidays
from vilina_api.forecasting.methods import METHODS, OURS
from vilina_api.forecasting.scores import Scores, scores
from vilina_api.options import picture, zone_named
from vilina_api.picture import write_picture
from vilina_api.site_forecast.show_cli import show_command
from vilina_api.site_forecast.train_cli import train_command

STEPS: Final = {"15m": 15, "60m": 60}


@click.group()
def forecast() -> None:
    """How many will come: forecasts, and how good they would have been."""


forecast.add_command(train_command)
forecast.add_command(show_command)


def _days(_context: click.Context, _option: click.Parameter, text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,3})d?", text)
    if match is None:
        raise click.BadParameter(f"{text!r} are no days; write like 7d")
    return int(match[1])


def _hours(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
    if match is None or not 0 <= int(match[1]) <= int(match[2]) <= 23:
        raise click.BadParameter(f"{text!r} are no hours; write the first and the last like 7-21")
    return int(match[1]), int(match[2])


@forecast.command("backtest")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), required=True,
              help="Counts; may end in .csv.gz.")  # fmt: skip
@click.option("--time", "time_column", required=True, help="The column of local times at which slots begin.")
@click.option("--series", "series_column", help="The column of names, where a file has several series.")
@click.option("--value", "value_column", required=True, help="The column of counts; an empty cell is a gap.")
@click.option("--origins", type=click.IntRange(1, 1000), default=10, show_default=True,
              help="From how many midnights to forecast.")  # fmt: skip
@click.option("--every", default="34d", show_default=True, callback=_days, help="Days from one to the next.")
@click.option(
    "--horizon", default="7d", show_default=True, callback=_days, help="Days to forecast from each."
)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]),
              help="The first midnight; by default the last ends with the counts.")  # fmt: skip
@click.option("--weeks", type=click.IntRange(1), help="Use only so many weeks before each; by default all.")
@click.option("--hours", callback=_hours, help="Hours of opening, the first and the last, like 7-21.")
@click.option(
    "--step", type=click.Choice(list(STEPS)), default="60m", show_default=True, help="Of the forecast."
)
@click.option("--country", help="Its public holidays are known, like NZ.")
@click.option("--subdiv", help="Of the country, like AUK.")
@click.option(
    "--time-zone", "zone", callback=zone_named, help="Turn times with an offset into its local times."
)
@click.option("--method", "only", multiple=True, type=click.Choice(list(METHODS)), help="By default all.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--plot", type=click.Path(path_type=Path), callback=picture,
              help="Draw the last forecast and what came, as PNG or SVG.")  # fmt: skip
def backtest_(
    csv_path: Path, time_column: str, series_column: str | None, value_column: str, *, origins: int, every: int,
    horizon: int, start: datetime | None, weeks: int | None, hours: tuple[int, int] | None, step: str,
    country: str | None, subdiv: str | None, zone: ZoneInfo | None, only: tuple[str, ...], as_json: bool,
    plot: Path | None,
) -> None:  # fmt: skip
    """Forecast from midnights of the past with nothing but what was known then, and compare with what came.

    WAPE: absolute errors as percent of all people. MASE: errors against those of the same hour a week before. Loss:
    mean weighted quantile loss of .1, .5 and .9, percent. Coverage: how much came within the 80 % interval, percent.
    """
    plan = Plan(
        origins=origins, every=every, horizon=horizon, start=start.date() if start else None, weeks=weeks
    )
    methods = [METHODS[name] for name in only or METHODS]
    try:
        read = read_counts(
            csv_path, Columns(time_column, value_column, series_column), minutes=STEPS[step], zone=zone
        )
        for note in read.notes:
            click.echo(note, err=True)
        calendar = _calendar(read.counts, hours, country, subdiv)
        results = backtest(read.counts, calendar, methods, plan, progress=_progress)
        if plot is not None:
            best = OURS if OURS in results else methods[-1].name
            write_picture(backtest_chart(results[best].last, read.counts, method=best).to_dict(), plot)
    except ApiError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(_document(read.counts, results, read.notes), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_table(read.counts, results)))


def _progress(origin: date, method: str) -> None:
    click.echo(f"{origin}: {method}", err=True)


def _calendar(
    counts: Counts, hours: tuple[int, int] | None, country: str | None, subdivision: str | None
) -> Calendar:
    if subdivision is not None and country is None:
        raise click.UsageError("--subdiv is a part of a --country")
    first, last = hours or (0, 23)
    known = public_holidays(country, subdivision, counts.first, counts.end) if country else {}
    return Calendar(opens=first * 60, closes=min((last + 1) * 60, DAY_MINUTES), holidays=known)


def _table(counts: Counts, results: Mapping[str, Result]) -> Iterator[str]:
    widest = max(len(name) for name in (*results, *(counts.names if len(counts.names) > 1 else ())))
    yield f"{'method':<{widest}}{'WAPE %':>9}{'MASE':>7}{'loss %':>8}{'coverage %':>12}{'CPU s':>8}"
    for name, result in results.items():
        yield f"{name:<{widest}}{_line(result.scores)}{result.fit_s + result.predict_s:>8.1f}"
    best = OURS if OURS in results else list(results)[-1]
    if len(counts.names) > 1:
        yield f"\n{best}, by series"
        for index, series in enumerate(counts.names):
            yield f"{series:<{widest}}{_line(scores(results[best].sums, index))}"


def _line(found: Scores) -> str:
    return f"{found.wape:>9.2f}{found.mase:>7.3f}{found.loss:>8.2f}{found.coverage:>12.1f}"


def _document(counts: Counts, results: Mapping[str, Result], notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "notes": list(notes),
        "first": counts.first.isoformat(),
        "days": counts.days,
        "step_minutes": counts.minutes,
        "methods": {
            name: {
                **_plain(result.scores),
                "fit_cpu_s": round(result.fit_s, 3),
                "predict_cpu_s": round(result.predict_s, 3),
                "series": {
                    series: _plain(scores(result.sums, index)) for index, series in enumerate(counts.names)
                },
            }
            for name, result in results.items()
        },
    }


def _plain(found: Scores) -> dict[str, float | None]:
    """JSON has no NaN."""
    return {name: round(value, 4) if isfinite(value) else None for name, value in asdict(found).items()}
