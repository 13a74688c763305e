"""`vilina ingest export`: what is in the store, for a spreadsheet or a notebook."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import click

from vilina_ingest.errors import IngestError
from vilina_ingest.export import TABLES, Row, Step, Table, What
from vilina_ingest.export_files import write_export
from vilina_ingest.progress import Progress
from vilina_ingest.site import Site
from vilina_ingest.site_file import load_site
from vilina_ingest.store import Reader
from vilina_ingest.stores import DEFAULT, HELP, open_store

FILE = click.Path(path_type=Path, dir_okay=False)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--site", "site_path", type=FILE, required=True, help="The site file.")
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=f"{HELP} It is only read.")
@click.option(
    "--from", "first", type=DAY, required=True, metavar="DATE", help="The first local day, like 2026-03-01."
)
@click.option(
    "--to", "last", type=DAY, required=True, metavar="DATE", help="The last local day; it is part of it."
)
@click.option("--what", type=click.Choice(get_args(What)), default="flows", show_default=True,
              help="What to export; occupancy is the settled record.")  # fmt: skip
@click.option("--step", type=click.Choice(get_args(Step)),
              help="As it was reported, or by the quarter hour, by hours of the site's clock, or by local days."
                   " [default: 15m; raw for corrections and events]")  # fmt: skip
@click.option("--out", type=FILE, required=True, help="A file that ends in .parquet or .csv.")
def export(
    site_path: Path,
    store_address: str,
    first: datetime,
    last: datetime,
    *,
    what: What,
    step: Step | None,
    out: Path,
) -> None:
    """Write a range of local days into a file, whole or not at all. A gap is an empty cell, never a zero."""
    step = step or ("raw" if what in ("corrections", "events") else "15m")
    table = TABLES.get((what, step))
    if table is None:
        raise click.BadParameter(
            f"there is no {step} of {what}; leave --step out, or name another", param_hint="--step"
        )
    if last < first:
        raise click.BadParameter("it is before --from; name the later day here", param_hint="--to")
    try:
        site = load_site(site_path)
        with closing(open_store(store_address, read_only=True)) as store:
            told = _told(table, store, site, first=first.date(), last=last.date())
            count = write_export(out, table.columns, told)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count:,} rows of {what} by {step} in {out}")


def _told(table: Table, store: Reader, site: Site, *, first: date, last: date) -> Iterator[list[Row]]:
    """The rows of one local day after the other, while it is said how far they are."""
    say, days = Progress("exporting"), (last - first).days + 1
    for n in range(days):
        yield from table.rows(store, site, first + timedelta(days=n))
        say(n + 1, days)
    say.end()
