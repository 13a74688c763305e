"""Occupancy, the drift ledger and events in InfluxDB, both ways; wholes as JSON, beside fields for charts."""

import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from vilina_ingest.binning import ns_of
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.line_protocol import Line, fields_of, series_key
from vilina_ingest.influx.queries import of_site, select, text, within
from vilina_ingest.points import NS_PER_MS
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent

OCCUPANCY: Final = "occupancy"
SETTLED: Final = "settled"
CORRECTIONS: Final = "corrections"
EVENTS: Final = "events"
NEVER: Final = 2**62
"""When a lasting event ends, so that one comparison finds it."""


def live_lines(site: str, points: Sequence[OccupancyPoint]) -> list[Line]:
    return [
        _line(
            OCCUPANCY, site, point.zone,
            fields_of(people=float(point.people), low=float(point.low), high=float(point.high)),
            ns_of(point.at), kind="live",
        )
        for point in points
    ]  # fmt: skip


def read_live(
    connection: Connection, site: str, start: datetime, end: datetime, *, zone: str | None
) -> list[OccupancyPoint]:
    where = f"{of_site(site, kind='live', zone=zone or '')} AND {_from_to(start, end)}"
    (found,) = connection.query(select('"people", "low", "high"', OCCUPANCY, where=where))
    return [
        OccupancyPoint(zone, _at(at_ns), float(people), float(low), float(high))
        for series in found
        for at_ns, people, low, high in series.values
    ]


def settled_lines(site: str, days: Sequence[SettledDay]) -> list[Line]:
    """The day as a whole, at its date, and for charts the people at the end of each quarter hour."""
    lines = []
    for day in days:
        fields = fields_of(entered=day.entered, left=day.left, drift=day.drift, payload=_json(day))
        lines.append(_line(SETTLED, site, day.zone, fields, _date_ns(day.day)))
        lines += [
            _line(OCCUPANCY, site, day.zone, fields_of(people=float(people)), ns_of(at), kind="settled")
            for at, people in zip(day.edges[1:], day.people, strict=True)
            if people is not None
        ]
    return lines


def read_settled(connection: Connection, site: str, first: date, last: date) -> list[SettledDay]:
    where = f"{of_site(site)} AND {within(_date_ns(first), _date_ns(last + timedelta(days=1)))}"
    (found,) = connection.query(select('"payload"', SETTLED, where=where))
    days = [msgspec.json.decode(row[1], type=SettledDay) for series in found for row in series.values]
    return sorted(days, key=lambda one: (one.day, one.zone or ""))


def correction_line(site: str, correction: Correction) -> Line:
    fields = fields_of(
        id=correction.id, people=float(correction.people), counted=correction.counted, reason=correction.reason,
        author=correction.author, payload=_json(correction),
    )  # fmt: skip
    return _line(CORRECTIONS, site, correction.zone, fields, _apart(correction.at, correction.id))


def has_correction(connection: Connection, site: str, name: str) -> bool:
    (found,) = connection.query(
        select('"people"', CORRECTIONS, where=f'{of_site(site)} AND "id" = {text(name)}', grouped="LIMIT 1")
    )
    return bool(found)


def read_corrections(connection: Connection, site: str, start: datetime, end: datetime) -> list[Correction]:
    where = f"{of_site(site)} AND {_from_to(start, end)}"
    (found,) = connection.query(select('"payload"', CORRECTIONS, where=where))
    read = [msgspec.json.decode(row[1], type=Correction) for series in found for row in series.values]
    return sorted(read, key=lambda one: (one.at, one.made_at, one.id))


def event_lines(site: str, events: Sequence[SiteEvent]) -> list[Line]:
    """An event stands at its beginning, so that the same one written again replaces it."""
    lines: list[Line] = []
    for event in events:
        key = series_key(EVENTS, ("site", site), ("kind", event.kind))
        fields = fields_of(
            id=event.id, subject=event.subject, value=None if event.value is None else float(event.value),
            until_ns=NEVER if event.until is None else ns_of(event.until), payload=_json(event),
        )  # fmt: skip
        lines.append((f"{key} {fields} {_apart(event.since, event.id):d}", None))
    return lines


def read_events(connection: Connection, site: str, start: datetime, end: datetime) -> list[SiteEvent]:
    lasting = select(
        '"payload"', EVENTS, where=f'{of_site(site)} AND {_before(start)} AND "until_ns" > {ns_of(start)}'
    )
    begun = select('"payload"', EVENTS, where=f"{of_site(site)} AND {_from_to(start, end)}")
    found = connection.query(lasting, begun)
    read = [
        msgspec.json.decode(row[1], type=SiteEvent)
        for series in (*found[0], *found[1])
        for row in series.values
    ]
    return sorted(read, key=lambda one: (one.since, one.id))


def over_before(connection: Connection, site: str, instant: datetime) -> list[int]:
    """Times, in ns, of events that ended before an instant."""
    where = f'{of_site(site)} AND {_before(instant)} AND "until_ns" < {ns_of(instant)}'
    (found,) = connection.query(select('"until_ns"', EVENTS, where=where))
    return [row[0] for series in found for row in series.values]


def _line(measurement: str, site: str, zone: str | None, fields: str, at_ns: int, **tags: str) -> Line:
    """The whole site has no tag `zone`, which InfluxQL finds as an empty one."""
    of_zone = [] if zone is None else [("zone", zone)]
    return f"{series_key(measurement, ('site', site), *tags.items(), *of_zone)} {fields} {at_ns:d}", None


def _apart(at: datetime, name: str) -> int:
    """An instant as the key of one of several things that may happen then."""
    return ns_of(at) + zlib.crc32(name.encode()) % NS_PER_MS


def _before(instant: datetime) -> str:
    return f"time < {ns_of(instant):d}"


def _from_to(start: datetime, end: datetime) -> str:
    return within(ns_of(start), ns_of(end))


def _date_ns(day: date) -> int:
    return ns_of(datetime.combine(day, time(), UTC))


def _at(at_ns: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ns // NS_PER_MS)


def _json(value: SettledDay | Correction | SiteEvent) -> str:
    return msgspec.json.encode(value).decode()
