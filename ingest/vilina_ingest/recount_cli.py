"""`vilina occupancy recount` and `ledger`: people counted by a person, and what has been corrected."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

import click

from vilina_ingest.errors import IngestError, StoreError
from vilina_ingest.records import Correction
from vilina_ingest.recounting import Recount, entry_of, kept
from vilina_ingest.site import Site
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import DEFAULT, HELP, is_file, open_store

FILE = click.Path(path_type=Path, dir_okay=False)
WEEK: Final = timedelta(days=7)

site_option = click.option("--site", "site_path", type=FILE, required=True, help="The site file.")


@click.command()
@site_option
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=HELP)
@click.option("--people", type=int, required=True, help="How many were counted inside.")
@click.option("--zone", help="Where they were counted; by default in the whole site.")
@click.option("--at", "when", metavar="TIME",
              help="When, today: 14:05 by the site's clock, or 2026-03-02T14:05:00+02:00; by default now.")  # fmt: skip
@click.option("--author", required=True, help="Who counted, by role or name.")
@click.option("--note", default="", help="What else is to be known.")
def recount(
    site_path: Path,
    store_address: str,
    *,
    people: int,
    zone: str | None,
    when: str | None,
    author: str,
    note: str,
) -> None:
    """Say how many people are inside, as a person counted them: the live estimate goes on from there.

    Ingest and the API may run meanwhile. Raw counts are never changed.
    """
    now = datetime.now(UTC)
    try:
        site = load_site(site_path)
        at = now if when is None else instant(when, site, now)
        if is_file(store_address) and not Path(store_address).exists():
            raise StoreError(f"there is no store at {store_address}; name it with --store")
        with closing(open_store(store_address)) as store:
            entry = entry_of(Recount(people, zone, at, author, note), store, site, now)
            there = kept(entry, store, site)
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{there.counted} people in {_where(site, there)} at {site.local(there.at):%H:%M}: {there.people:+.0f} to"
        " the live estimate"
    )


@click.command()
@site_option
@click.option("--store", "store_address", default=DEFAULT, show_default=True, help=f"{HELP} It is only read.")
def ledger(site_path: Path, store_address: str) -> None:
    """Print by how much people inside were corrected in the last seven days, why and by whom."""
    now = datetime.now(UTC)
    try:
        site = load_site(site_path)
        with closing(open_store(store_address, read_only=True)) as store:
            entries = store.corrections(site.id, now - WEEK, now + timedelta(seconds=1))
    except IngestError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "\n".join(table(entries, site)) if entries else "Nothing was corrected in the last seven days."
    )


def table(entries: Sequence[Correction], site: Site) -> Iterator[str]:
    """The ledger in lines, oldest first, by the site's clock."""
    where = [_where(site, entry) for entry in entries]
    wide, by = max(len(one) for one in (*where, "where")), max(len(e.author) for e in entries)
    by = max(by, len("author"))
    yield f"{'when':<17}{'where':<{wide}}{'people':>8}{'counted':>9}  {'reason':<9}{'author':<{by}}  note".rstrip()
    for entry, place in zip(entries, where, strict=True):
        counted = "" if entry.counted is None else str(entry.counted)
        yield (
            f"{site.local(entry.at):%Y-%m-%d %H:%M} {place:<{wide}}{entry.people:>+8.0f}{counted:>9}  "
            f"{entry.reason:<9}{entry.author:<{by}}  {entry.note}"
        ).rstrip()


def instant(text: str, site: Site, now: datetime) -> datetime:
    """A time today by the site's clock, or a time with its date, of the site's clock if it has no offset.

    Raises:
        click.BadParameter: it says something else.
    """
    try:
        if "-" not in text:
            at = datetime.combine(site.local(now).date(), time.fromisoformat(text), site.tz)
        else:
            at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is not a time; write like 14:05 or 2026-03-02T14:05:00+02:00", param_hint="--at"
        ) from error
    return (at if at.tzinfo is not None else at.replace(tzinfo=site.tz)).astimezone(UTC)


def _where(site: Site, entry: Correction) -> str:
    """What people call it; a zone that the site has no more by its id."""
    names = {None: site.name} | {zone.id: zone.name for zone in site.zones}
    return names.get(entry.zone) or str(entry.zone)
