"""A person has counted who is inside: what is checked of it, and the entry of the drift ledger that it becomes."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from vilina_ingest.calendar import day_start, quarters_of_day
from vilina_ingest.errors import RecountError
from vilina_ingest.occupancy.around import sides_of
from vilina_ingest.occupancy.knowledge import Knowledge, LiveDay, read_knowledge, read_live_day
from vilina_ingest.occupancy.recounts import SECOND, bin_at, more_since
from vilina_ingest.records import Correction
from vilina_ingest.site import Site
from vilina_ingest.store import Reader, Store

MOST: Final = 10
"""Times the capacity, beyond which a number has a digit too many."""
LONGEST_AUTHOR: Final = 80
LONGEST_NOTE: Final = 400


@dataclass(frozen=True, slots=True)
class Recount:
    """`people` were counted inside a zone (None: the whole site) `at` an instant, by an author (a role or a name)."""

    people: int
    zone: str | None
    at: datetime
    author: str
    note: str = ""


def checked(recount: Recount, site: Site, now: datetime) -> Recount:
    """The recount as it is kept: to the second, and without blanks around its words.

    Raises:
        RecountError: it cannot be meant.
    """
    author, note = recount.author.strip(), recount.note.strip()
    _check_people(recount, site)
    if recount.at > now:
        raise RecountError(
            f"{site.local(recount.at):%H:%M:%S} is still to come; say when people were counted"
        )
    if recount.at < day_start(site, site.local(now).date()):
        raise RecountError(
            f"{site.local(recount.at):%Y-%m-%d %H:%M} is before today; a day that is over is settled, not recounted"
        )
    if not author:
        raise RecountError("nobody is named as author; say who counted, by role or name")
    for name, text, longest in (("author", author, LONGEST_AUTHOR), ("note", note, LONGEST_NOTE)):
        if len(text) > longest or not text.isprintable():
            raise RecountError(f"the {name} has to be one line of at most {longest} characters")
    return Recount(recount.people, recount.zone, recount.at.replace(microsecond=0), author, note)


def entry_of(
    recount: Recount, reader: Reader, site: Site, now: datetime, *, known: Knowledge | None = None
) -> Correction:
    """The ledger's entry: by how much the live estimate was wrong, and what was counted.

    What is `known` of today is read if it is not given.

    Raises:
        RecountError: the recount cannot be meant.
        StoreError: the estimate cannot be read.
    """
    told = checked(recount, site, now)
    today = site.local(now).date()
    bins = quarters_of_day(site, today, until=now)
    seen = read_live_day(reader, site, bins)
    estimates = LiveDay(site, known or read_knowledge(reader, site, today)).estimate(seen, now)
    row, i = sides_of(site).zones.index(told.zone), bin_at(bins, told.at)
    # Both at the end of the bin: who crossed since the count is in either.
    inside = told.people + more_since(reader, site, told.zone, at=told.at, end=bins.edges[i + 1])
    key = f"recount {told.zone} {told.at.isoformat()} {told.people} {told.author}"
    return Correction(
        id=blake2b(key.encode(), digest_size=8).hexdigest(), zone=told.zone, at=told.at,
        people=round(float(inside - estimates.people[row, i]), 1), reason="recount", author=told.author,
        note=told.note, made_at=now, counted=told.people,
    )  # fmt: skip


def kept(entry: Correction, store: Store, site: Site) -> Correction:
    """Enter it into the ledger; the entry as it stands there, which it may have done before.

    Raises:
        StoreError: it is not known to be kept; the same again may be tried later.
    """
    store.write_correction(site.id, entry)
    there = store.corrections(site.id, entry.at, entry.at + SECOND)
    return next((one for one in there if one.id == entry.id), entry)


def _check_people(recount: Recount, site: Site) -> None:
    capacities = {None: site.capacity} | {zone.id: zone.capacity for zone in site.zones}
    if recount.zone not in capacities:
        raise RecountError(
            f"there is no zone {recount.zone!r}; there are {', '.join(zone.id for zone in site.zones)}"
        )
    most = MOST * capacities[recount.zone]
    if not 0 <= recount.people <= most:
        raise RecountError(f"{recount.people} people cannot be inside; count from 0 to {most}")
