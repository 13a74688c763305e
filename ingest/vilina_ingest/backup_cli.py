"""`vilina ingest backup` and `vilina ingest restore`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from vilina_ingest.backup import back_up, check_backup
from vilina_ingest.backup import restore as put_back
from vilina_ingest.errors import IngestError
from vilina_ingest.progress import Progress
from vilina_ingest.stores import quarantine_of

FILE = click.Path(path_type=Path, dir_okay=False)
STORE = click.option("--store", "store_path", type=FILE, default=Path("vilina.db"), show_default=True,
                     help="The store's file; the quarantine is beside it.")  # fmt: skip


@click.command()
@STORE
@click.option("--out", type=FILE, required=True, help="The file to write; one that is there is replaced.")
def backup(store_path: Path, out: Path) -> None:
    """Copy the store and the quarantine into one file, while ingest runs. The copy is checked."""
    say = Progress("copying")
    try:
        back_up(store_path, quarantine_of(str(store_path)), out, made_at=datetime.now(UTC), say=say)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    finally:
        say.end()
    click.echo(f"{out}: {out.stat().st_size / 1e6:,.1f} MB, checked")


@click.command()
@click.argument("file", type=FILE)
@STORE
@click.option("--force", is_flag=True, help="Replace a store that is there. Stop ingest and the API first.")
def restore(file: Path, store_path: Path, *, force: bool) -> None:
    """Put the backup FILE in the place of store and quarantine, after it was checked."""
    say = Progress("copying")
    try:
        made_at = check_backup(file)
        put_back(file, store_path, quarantine_of(str(store_path)), force=force, say=say)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    finally:
        say.end()
    click.echo(f"{store_path} is as it was at {made_at:%Y-%m-%d %H:%M:%S} UTC")
