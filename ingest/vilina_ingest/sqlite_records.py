"""Live estimates, settled days, corrections and events in the embedded store: rows from values, and back."""

import math
import sqlite3
import struct
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from vilina_edge.wire import EPOCH, SLOT
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent

MICROSECOND: Final = timedelta(microseconds=1)
WHOLE_SITE: Final = ""


def put_live(db: sqlite3.Connection, site: str, points: Sequence[OccupancyPoint]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?, ?)",
        [(site, _key(p.zone), us_of(p.at), p.people, p.low, p.high) for p in points],
    )


def get_live(
    db: sqlite3.Connection, site: str, start: datetime, end: datetime, *, zone: str | None
) -> list[OccupancyPoint]:
    rows = db.execute(
        "SELECT at_us, people, low, high FROM live"
        " WHERE site = ? AND zone = ? AND at_us >= ? AND at_us < ? ORDER BY at_us",
        (site, _key(zone), us_of(start), us_of(end)),
    )
    return [OccupancyPoint(zone, _at(at), *numbers) for at, *numbers in rows]


def put_settled(db: sqlite3.Connection, site: str, days: Sequence[SettledDay]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO settled VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                site, d.day.isoformat(), _key(d.zone), us_of(d.edges[0]), _packed(d.people),
                d.entered, d.left, d.drift, us_of(d.settled_at),
            )
            for d in days
        ],
    )  # fmt: skip


def get_settled(db: sqlite3.Connection, site: str, first: date, last: date) -> list[SettledDay]:
    rows = db.execute(
        "SELECT day, zone, start_us, people, entered, left, drift, settled_us FROM settled"
        " WHERE site = ? AND day >= ? AND day <= ? ORDER BY day, zone",
        (site, first.isoformat(), last.isoformat()),
    )
    return [_settled(*row) for row in rows]


def put_correction(db: sqlite3.Connection, site: str, correction: Correction) -> None:
    c = correction
    db.execute(
        "INSERT INTO correction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (site, c.id, c.zone, us_of(c.at), c.people, c.reason, c.author, c.note, us_of(c.made_at), c.counted),
    )


def get_corrections(db: sqlite3.Connection, site: str, start: datetime, end: datetime) -> list[Correction]:
    rows = db.execute(
        "SELECT id, zone, at_us, people, reason, author, note, made_us, counted FROM correction"
        " WHERE site = ? AND at_us >= ? AND at_us < ? ORDER BY at_us, made_us, id",
        (site, us_of(start), us_of(end)),
    )
    return [
        Correction(id_, zone, _at(at), people, reason, author, note, _at(made), counted)
        for id_, zone, at, people, reason, author, note, made, counted in rows
    ]


def put_events(db: sqlite3.Connection, site: str, events: Sequence[SiteEvent]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                site,
                e.id,
                e.kind,
                e.subject,
                us_of(e.since),
                None if e.until is None else us_of(e.until),
                e.value,
            )
            for e in events
        ],
    )


def get_events(db: sqlite3.Connection, site: str, start: datetime, end: datetime) -> list[SiteEvent]:
    rows = db.execute(
        "SELECT id, kind, subject, since_us, until_us, value FROM event WHERE site = ?1 AND since_us < ?3"
        " AND (until_us IS NULL OR until_us > ?2 OR since_us >= ?2) ORDER BY since_us, id",
        (site, us_of(start), us_of(end)),
    )
    return [
        SiteEvent(id_, kind, subject, _at(since), None if until is None else _at(until), value)
        for id_, kind, subject, since, until, value in rows
    ]


def _settled(
    day: str, zone: str, start: int, people: bytes, entered: int, left: int, drift: int, settled: int
) -> SettledDay:
    values = struct.unpack(f"<{len(people) // 8}d", people)
    first = _at(start)
    return SettledDay(
        zone=zone or None,
        day=date.fromisoformat(day),
        edges=tuple(first + i * SLOT for i in range(len(values) + 1)),
        people=tuple(None if math.isnan(value) else value for value in values),
        entered=entered,
        left=left,
        drift=drift,
        settled_at=_at(settled),
    )


def _packed(people: Sequence[float | None]) -> bytes:
    return struct.pack(f"<{len(people)}d", *(math.nan if value is None else value for value in people))


def _key(zone: str | None) -> str:
    return WHOLE_SITE if zone is None else zone


def us_of(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _at(us: int) -> datetime:
    return EPOCH + us * MICROSECOND
