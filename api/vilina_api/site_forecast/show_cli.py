"""`vilina forecast show`: how many will come to a site."""

import asyncio
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import click
import numpy as np

from vilina_api.backtest_chart import backtest_chart
from vilina_api.errors import ApiError
from vilina_api.forecast_subject import Subject, subject_of
from vilina_api.forecasting.counts import Counts, Floats
from vilina_api.forecasting.forecast import Forecast
from vilina_api.options import picture
from vilina_api.picture import write_picture
from vilina_api.site_forecast.documents import (
    ForecastDocument,
    Step,
    as_csv,
    counts_of,
    rows_of,
    slots,
)
from vilina_api.site_forecast.options import models_option, planned_of, planned_option
from vilina_api.site_forecast.serving import HORIZON, SiteOutlook, View
from vilina_api.site_forecast.site_model import place_of
from vilina_api.staffing.shares import said_shares
from vilina_edge.clock import SystemClock
from vilina_ingest.errors import IngestError
from vilina_ingest.site import Site
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, open_store


@click.command("show")
@click.option("--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file.")
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=HELP)
@models_option
@planned_option
@click.option("--unit", help="People coming to this unit's desks: its share of its zone.")
@click.option(
    "--zone", help="People entering this zone; without unit, zone and floor, the site from outside."
)
@click.option("--floor", help="People entering this floor from elsewhere.")
@click.option("--days", type=click.IntRange(1, HORIZON), default=1, show_default=True, help="From today on.")
@click.option("--step", type=click.Choice(["15m", "60m"]), default="60m", show_default=True, help="Of time.")
@click.option("--json", "as_json", is_flag=True, help="Print it as the API tells it.")
@click.option("--csv", "in_csv", is_flag=True, help="Print a row per slot.")
@click.option("--plot", type=click.Path(path_type=Path), callback=picture, help="Draw it, as PNG or SVG.")
def show_command(
    site_path: Path, store_address: str, models: Path | None, planned_path: Path | None, unit: str | None,
    zone: str | None, floor: str | None, *, days: int, step: Step, as_json: bool, in_csv: bool, plot: Path | None,
) -> None:  # fmt: skip
    """How many will come, per slot, as quantiles. The rest of today moves with what has come so far."""
    try:
        site = load_site(site_path)
        about = subject_of(site, said_shares(site), unit=unit, zone=zone, floor=floor)
        place = place_of(site, planned_of(planned_path, site))
        click.echo("Reading the past of the site.", err=True)
        with closing(open_store(store_address, read_only=True)) as reader:
            outlook = SiteOutlook(place=place, reader=reader, clock=SystemClock(), models=models)
            view = asyncio.run(outlook.view())
        row = place.hierarchy.rows.get(about.key)
        if row is None:
            raise click.ClickException(
                f"no line leads into {about.name} from elsewhere, so nothing is counted there"
            )
        numbers = _numbers(site, view, row, about=about, days=days, step=step)
        if plot is not None:
            write_picture(_chart(view, numbers, about.name), plot)
    except (ApiError, IngestError) as error:
        raise click.ClickException(str(error)) from error
    document = _document(site, view, numbers, about=about, days=days, step=step)
    if as_json:
        click.echo(document.model_dump_json(indent=2))
    elif in_csv:
        click.echo(as_csv(document, site), nl=False)
    else:
        click.echo(_table(document, site))


def _numbers(
    site: Site, view: View, row: int, *, about: Subject, days: int, step: Step
) -> tuple[Floats, Floats]:
    """Quantiles (D, H, Q) and what came (D, H)."""
    came = np.full((days, view.came.shape[1]), np.nan)
    came[0] = view.came[row]
    people = (view.said.quarters if step == "15m" else view.said.hours)[row, :days]
    first = view.said.first
    return about.people(site, people, first), about.came(site, came, first, hourly=step == "60m")


def _document(
    site: Site, view: View, numbers: tuple[Floats, Floats], *, about: Subject, days: int, step: Step
) -> ForecastDocument:
    edges, places = slots(site, view.said.first, days, step)
    people, came = numbers
    return ForecastDocument(
        site=site.id, level=about.level, subject=about.id, name=about.name, step=step, made_at=view.made_at,
        edges=tuple(edges), people=rows_of(people, places), card=view.card.line, came=counts_of(came, places),
        share=about.said,
    )  # fmt: skip


def _chart(view: View, numbers: tuple[Floats, Floats], name: str) -> dict[str, object]:
    people, came = numbers
    said = Forecast(names=(name,), first=view.said.first, people=people[None])
    counts = Counts(names=(name,), first=view.said.first, people=came[None, :1])
    drawn: dict[str, object] = backtest_chart(said, counts, method=view.card.method).to_dict()
    return drawn


def _table(document: ForecastDocument, site: Site) -> str:
    """Slots in which anybody may come; people as whole numbers."""
    lines = [
        document.name,
        f"{'':<22}" + "".join(f"{level:>7g}" for level in document.levels) + f"{'came':>7}",
    ]
    for (start, end), people, came in zip(
        pairwise(document.edges), document.people, document.came, strict=True
    ):
        if people[-1] > 0 or came:
            when = f"{site.local(start):%a %d %b %H:%M}-{site.local(end):%H:%M}"
            told = "" if came is None else f"{came:.0f}"
            lines.append(f"{when:<22}" + "".join(f"{each:>7.0f}" for each in people) + f"{told:>7}")
    if len(lines) == 2:
        lines.append("Closed: nobody is expected.")
    return "\n".join([*lines, "", *([document.share] if document.share else []), document.card])
