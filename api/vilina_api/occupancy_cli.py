"""`vilina occupancy`: people inside. Recorded counts played through the live estimate and the settling; recounts."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from vilina_api.errors import ApiError
from vilina_api.options import picture, zone_named
from vilina_api.picture import write_picture
from vilina_api.replay_chart import replay_chart
from vilina_ingest.errors import IngestError
from vilina_ingest.occupancy.recording import parse_opening, read_recording
from vilina_ingest.occupancy.replay import Errors, ReplayedDay, errors, replay
from vilina_ingest.recount_cli import ledger, recount

FEW_DAYS: Final = 2
"""So many days are printed bin by bin; of more, each day has a line."""


@click.group()
def occupancy() -> None:
    """People inside: count them again, see what was corrected, replay recorded counts."""


occupancy.add_command(recount)
occupancy.add_command(ledger)


@occupancy.command("replay")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), required=True,
              help="Columns local_time (bin's start), entered, left; if known, true (inside at the end).")  # fmt: skip
@click.option("--opening",
              help="Like 'mon-fri 07:00-20:00, sat 09:00-17:00', or '07:00-20:00'; by default always.")  # fmt: skip
@click.option("--time-zone", "zone", default="UTC", show_default=True, callback=zone_named,
              help="Of local_time; in UTC every day has 24 hours.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print every bin as JSON.")
@click.option(
    "--plot", type=click.Path(path_type=Path), callback=picture, help="Draw the last days as PNG or SVG."
)
def replay_(csv_path: Path, opening: str | None, zone: ZoneInfo, *, as_json: bool, plot: Path | None) -> None:
    """Print people inside by recorded counts, live and settled, and with known truth how wrong they are.

    Each day is estimated by what the days before it taught, as it would have been then.
    """
    try:
        recorded = read_recording(csv_path, zone=zone, opening=parse_opening(opening) if opening else None)
        days = list(replay(recorded))
        if plot is not None:
            write_picture(replay_chart(days).to_dict(), plot)
    except (IngestError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(_document(days), indent=2) if as_json else "\n".join(_table(days)))


def _document(days: Sequence[ReplayedDay]) -> dict[str, Any]:
    wrong = errors(days)
    return {
        "bin_minutes": 24 * 60 // days[0].recorded.slots,
        "days": [
            {
                "day": day.recorded.day.isoformat(),
                "entered": day.entered,
                "left": day.left,
                "drift": day.drift,
                "bias": round(day.bias, 4),
                "looks_reversed": day.looks_reversed,
                "bins": list(_bins(day)),
            }
            for day in days
        ],
        "errors": _errors_document(wrong) if wrong else None,
    }


def _errors_document(wrong: Errors) -> dict[str, float]:
    return {
        "live_percent": round(wrong.live_percent, 2),
        "settled_percent": round(wrong.settled_percent, 2),
        "carry_over_percent": round(wrong.carry_over_percent, 2),
        "night_reset_percent": round(wrong.night_reset_percent, 2),
    }


def _bins(day: ReplayedDay) -> Iterator[dict[str, Any]]:
    for i, start in enumerate(day.recorded.starts):
        known = day.known[i]
        yield {
            "local_time": start.isoformat(),
            "entered": int(day.recorded.entered[i]) if known else None,
            "left": int(day.recorded.left[i]) if known else None,
            "live": round(float(day.live.people[0, i]), 1),
            "low": round(float(day.live.low[0, i]), 1),
            "high": round(float(day.live.high[0, i]), 1),
            "settled": round(float(day.settled.people[0, i]), 1) if known else None,
        }


def _table(days: Sequence[ReplayedDay]) -> Iterator[str]:
    if len(days) <= FEW_DAYS:
        yield f"{'bin from':<17}{'live':>7}{'90 % interval':>17}{'settled':>9}"
        for day in days:
            for one in _bins(day):
                interval = f"{one['low']:.0f} to {one['high']:.0f}"
                settled = "gap" if one["settled"] is None else f"{one['settled']:.0f}"
                yield f"{one['local_time'][:16].replace('T', ' '):<17}{one['live']:>7.0f}{interval:>17}{settled:>9}"
    yield f"{'day':<12}{'entered':>8}{'left':>8}{'drift':>7}{'most live':>11}{'most settled':>14}"
    for day in days:
        turned = "  people left before they came: is a counter turned around?" if day.looks_reversed else ""
        yield (
            f"{day.recorded.day.isoformat():<12}{day.entered:>8}{day.left:>8}{day.drift:>+7}"
            f"{day.live.people.max():>11.0f}{day.settled.people.max():>14.0f}{turned}"
        )
    wrong = errors(days)
    if wrong is not None:
        yield "mean absolute error, in percent of the mean of people inside:"
        yield f"  live {wrong.live_percent:.1f}, settled {wrong.settled_percent:.1f}"
        yield (
            f"  plain counting: {wrong.carry_over_percent:.1f} carried over, "
            f"{wrong.night_reset_percent:.1f} begun anew each night"
        )
