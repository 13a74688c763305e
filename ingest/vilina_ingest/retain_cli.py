"""`vilina ingest retain`: old rows go, as the site file says. For a timer, once a day."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from vilina_ingest.errors import IngestError
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, is_file, open_store

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--site", "site_path", type=FILE, required=True, help="The site file; its `retention` says how long."
)
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=HELP)
def retain(site_path: Path, store_address: str) -> None:
    """Remove what is older than the site file allows; once a day is enough. Ingest may run meanwhile."""
    try:
        site = load_site(site_path)
        if is_file(store_address) and not Path(store_address).exists():
            raise click.ClickException(f"there is no store at {store_address}; name it with --store")
        with closing(open_store(store_address)) as store:
            removed = store.retain(site.id, site.retention, datetime.now(UTC))
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    kept = site.retention
    click.echo(
        f"removed {removed.raw:,} raw rows older than {kept.raw_days} days"
        f" and {removed.rollup:,} others older than {kept.rollup_days} days"
    )
