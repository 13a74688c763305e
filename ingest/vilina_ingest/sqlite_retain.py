"""Old rows out of the embedded store, a little at a time.

A report that is older than the raw points may still arrive, and may arrive again. So before its raw point goes, a
report's number is kept in `counted`, as part of a range: reports of one start of a counter are numbered without
holes, so years of them are a handful of rows, and nothing is ever counted twice.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple, Self

from vilina_edge.wire import SLOT
from vilina_ingest.binning import SLOT_NS, ns_of
from vilina_ingest.site import Retention
from vilina_ingest.sqlite_records import us_of
from vilina_ingest.store import Removed

AT_ONCE: Final = 5_000
"""Rows that one transaction removes: some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Horizons:
    """Instants before which things go, on the quarter hour."""

    raw: datetime
    rollup: datetime

    @classmethod
    def of(cls, retention: Retention, now: datetime) -> Self:
        return cls(
            raw=_on_quarter(now - timedelta(days=retention.raw_days)),
            rollup=_on_quarter(now - timedelta(days=retention.rollup_days)),
        )


class Step(NamedTuple):
    """What a step removed, and whether it left some for the next."""

    removed: Removed
    more: bool


class Counted(NamedTuple):
    """Reports `first` to `last` of one start of a counter; the newest ends in `last_slot`."""

    counter: str
    boot: str
    first: int
    last: int
    last_slot: int


def _announce(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    """From now on a point older than this is held against what was counted."""
    db.execute(
        "INSERT INTO removed VALUES (?, ?) ON CONFLICT DO UPDATE SET before_ns = max(before_ns, excluded.before_ns)",
        (site, ns_of(horizons.raw)),
    )
    return Step(Removed(0, 0), more=False)


def _remove_crossings(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    return _remove_raw(db, site, horizons, table="crossings", key="series")


def _remove_presence(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    return _remove_raw(db, site, horizons, table="presence", key="area")


def _remove_raw(db: sqlite3.Connection, site: str, horizons: Horizons, *, table: str, key: str) -> Step:
    rows = db.execute(
        f"SELECT t.slot, t.{key}, t.within_ns, s.counter, boot, first_seq, seq"  # noqa: S608 - names of ours
        f" FROM {table} t CROSS JOIN {key} s ON s.id = t.{key} WHERE s.site = ? AND t.slot < ? LIMIT {AT_ONCE}",
        (site, ns_of(horizons.raw) // SLOT_NS),
    ).fetchall()
    db.executemany(
        f"DELETE FROM {table} WHERE slot = ? AND {key} = ? AND within_ns = ?",  # noqa: S608 - names of ours
        [row[:3] for row in rows],
    )
    _keep_counted(
        db,
        site,
        [Counted(counter, boot, first, last, slot) for slot, _, _, counter, boot, first, last in rows],
    )
    return Step(Removed(len(rows), 0), more=len(rows) == AT_ONCE)


def _keep_counted(db: sqlite3.Connection, site: str, fresh: Iterable[Counted]) -> None:
    for (counter, boot), group in groupby(sorted(fresh), key=lambda one: one[:2]):
        known = db.execute(
            "SELECT counter, boot, first, last, last_slot FROM counted WHERE site = ? AND counter = ? AND boot = ?",
            (site, counter, boot),
        )
        ranges = joined([*map(Counted._make, known), *group])
        db.execute("DELETE FROM counted WHERE site = ? AND counter = ? AND boot = ?", (site, counter, boot))
        db.executemany("INSERT INTO counted VALUES (?, ?, ?, ?, ?, ?)", [(site, *one) for one in ranges])


def joined(ranges: Iterable[Counted]) -> list[Counted]:
    """Ranges of one start of a counter as few as can be, in order."""
    found: list[Counted] = []
    for one in sorted(ranges):
        if found and one.first <= found[-1].last + 1:
            last = found[-1]
            found[-1] = last._replace(
                last=max(last.last, one.last), last_slot=max(last.last_slot, one.last_slot)
            )
        else:
            found.append(one)
    return found


def _remove_live(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    # Zone by zone, because that is how the table is ordered.
    cursor = db.execute(
        "DELETE FROM live WHERE (site, zone, at_us) IN ("
        "WITH RECURSIVE zones (zone) AS (SELECT min(zone) FROM live WHERE site = ?1 UNION ALL"
        " SELECT (SELECT min(zone) FROM live WHERE site = ?1 AND zone > zones.zone) FROM zones WHERE zone IS NOT NULL)"
        " SELECT l.site, l.zone, l.at_us FROM zones"
        " CROSS JOIN live l ON l.site = ?1 AND l.zone = zones.zone AND l.at_us < ?2 LIMIT ?3)",
        (site, us_of(horizons.raw), AT_ONCE),
    )
    return Step(Removed(cursor.rowcount, 0), more=cursor.rowcount == AT_ONCE)


def _remove_flows(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    return _remove_rollup(db, site, horizons, table="flow_15m", key="series")


def _remove_presence_rollup(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    return _remove_rollup(db, site, horizons, table="presence_15m", key="area")


def _remove_rollup(db: sqlite3.Connection, site: str, horizons: Horizons, *, table: str, key: str) -> Step:
    rows = db.execute(
        f"SELECT t.slot, t.{key} FROM {table} t CROSS JOIN {key} s ON s.id = t.{key}"  # noqa: S608 - names of ours
        f" WHERE s.site = ? AND t.slot < ? LIMIT {AT_ONCE}",
        (site, ns_of(horizons.rollup) // SLOT_NS),
    ).fetchall()
    db.executemany(f"DELETE FROM {table} WHERE slot = ? AND {key} = ?", rows)  # noqa: S608 - names of ours
    return Step(Removed(0, len(rows)), more=len(rows) == AT_ONCE)


def _remove_records(db: sqlite3.Connection, site: str, horizons: Horizons) -> Step:
    """Settled days and events, and the numbers of reports of which nothing at all is left."""
    settled = db.execute(
        "DELETE FROM settled WHERE site = ? AND day < ?", (site, horizons.rollup.date().isoformat())
    )
    events = db.execute("DELETE FROM event WHERE site = ? AND until_us < ?", (site, us_of(horizons.rollup)))
    db.execute(
        "DELETE FROM counted WHERE site = ? AND last_slot < ?", (site, ns_of(horizons.rollup) // SLOT_NS)
    )
    return Step(Removed(0, settled.rowcount + events.rowcount), more=False)


STEPS: Final[tuple[Callable[[sqlite3.Connection, str, Horizons], Step], ...]] = (
    _announce,
    _remove_crossings,
    _remove_presence,
    _remove_live,
    _remove_flows,
    _remove_presence_rollup,
    _remove_records,
)


def _on_quarter(at: datetime) -> datetime:
    """The last quarter hour that had ended."""
    return at - timedelta(microseconds=us_of(at) % (SLOT // timedelta(microseconds=1)))
