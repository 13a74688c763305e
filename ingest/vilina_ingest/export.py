"""What is exported: columns, and rows a day at a time, so that years need no more memory than a day.

Instants are UTC; beside them stands what the site's clock showed, with its offset, so that the hour which comes twice
a year is told apart. A gap is None, never zero.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Final, Literal, NamedTuple, Protocol

from vilina_ingest.binning import end_of
from vilina_ingest.calendar import local_days, local_hours, quarters_of_day
from vilina_ingest.points import CrossingsPoint
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, Reader

What = Literal["flows", "presence", "occupancy", "corrections", "events"]
Step = Literal["raw", "15m", "hour", "day"]
Kind = Literal["instant", "date", "text", "whole", "number"]
Value = datetime | date | str | int | float | None
Row = tuple[Value, ...]
SITE: Final = "site"
"""What stands for the whole site where a zone has a name."""


class Column(NamedTuple):
    name: str
    kind: Kind


class Table(Protocol):
    """Something that can be exported."""

    columns: tuple[Column, ...]

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        """The rows of a local day, in pieces where there may be many."""


def columns(*named: str, **kinds: Kind) -> tuple[Column, ...]:
    """Columns by name; those that are not given a kind are text."""
    return tuple(Column(name, kinds.get(name, "text")) for name in named)


class FlowsByStep:
    """Crossings of each line per quarter hour, hour of the site's clock, or local day."""

    columns = columns(
        "start_utc", "end_utc", "start_local", "date", "line", "from", "to", "entered", "left", "coverage", "reason",
        start_utc="instant", end_utc="instant", date="date", entered="whole", left="whole", coverage="number",
    )  # fmt: skip

    def __init__(self, step: Step) -> None:
        self._step = step

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        bins = bins_of(site, day, self._step)
        found = reader.flows(site.id, bins, [line.id for line in site.lines])
        yield [
            (
                *when, line.id, line.origin, line.to,
                series.entered[i], series.left[i], round(series.coverage[i], 4), series.reasons[i],
            )
            for i, when in enumerate(_when(site, day, bins))
            for line in site.lines
            for series in [found[line.id]]
        ]  # fmt: skip


class RawFlows:
    """Every stored point of every line, as its counter reported it, by the end of its interval."""

    columns = columns(
        "end_utc", "end_local", "date", "counter", "line", "from", "to", "entered", "left", "seconds", "quality",
        "boot", "first_seq", "seq",
        end_utc="instant", date="date", entered="whole", left="whole", seconds="number",
        first_seq="whole", seq="whole",
    )  # fmt: skip

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        for start, end in pairwise(local_hours(site, *local_days(site, day, day).edges).edges):
            yield [_raw(site, day, point) for point in reader.crossings(site.id, start, end)]


class PresenceByStep:
    """People in each area per step; `waiting_*` in queues."""

    columns = columns(
        "start_utc", "end_utc", "start_local", "date", "area", "zone", "mean", "most", "waiting_mean", "waiting_most",
        "coverage",
        start_utc="instant", end_utc="instant", date="date", mean="number", most="whole",
        waiting_mean="number", waiting_most="whole", coverage="number",
    )  # fmt: skip

    def __init__(self, step: Step) -> None:
        self._step = step

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        bins = bins_of(site, day, self._step)
        found = reader.presence(site.id, bins, [area.id for area in site.areas])
        yield [
            (
                *when, area.id, area.zone, series.mean[i], series.most[i],
                series.waiting_mean[i], series.waiting_most[i], round(series.coverage[i], 4),
            )
            for i, when in enumerate(_when(site, day, bins))
            for area in site.areas
            for series in [found[area.id]]
        ]  # fmt: skip


class SettledOccupancy:
    """People inside each zone and the site at the end of each quarter hour, settled after closing."""

    columns = columns(
        "end_utc", "end_local", "date", "zone", "people", "label",
        end_utc="instant", date="date", people="number",
    )  # fmt: skip

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        yield [
            (edge, _local(site, edge), day, settled.zone or SITE, people, "settled")
            for settled in reader.settled(site.id, day, day)
            for edge, people in zip(settled.edges[1:], settled.people, strict=True)
        ]


class Ledger:
    """The drift ledger: every correction of occupancy, with its reason and author."""

    columns = columns(
        "at_utc", "at_local", "date", "zone", "people", "counted", "reason", "author", "note", "made_utc", "id",
        at_utc="instant", date="date", people="number", counted="whole", made_utc="instant",
    )  # fmt: skip

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        start, end = local_days(site, day, day).edges
        yield [
            (
                c.at,
                _local(site, c.at),
                day,
                c.zone or SITE,
                c.people,
                c.counted,
                c.reason,
                c.author,
                c.note,
                c.made_at,
                c.id,
            )
            for c in reader.corrections(site.id, start, end)
        ]


class Events:
    """Events of the building, on the local day on which they began."""

    columns = columns(
        "since_utc", "until_utc", "since_local", "date", "kind", "subject", "value", "id",
        since_utc="instant", until_utc="instant", date="date", value="number",
    )  # fmt: skip

    def rows(self, reader: Reader, site: Site, day: date) -> Iterator[list[Row]]:
        start, end = local_days(site, day, day).edges
        yield [
            (e.since, e.until, _local(site, e.since), day, e.kind, e.subject, e.value, e.id)
            for e in reader.events(site.id, start, end)
            if e.since >= start
        ]


TABLES: Final[dict[tuple[What, Step], Table]] = {
    ("flows", "raw"): RawFlows(),
    ("flows", "15m"): FlowsByStep("15m"),
    ("flows", "hour"): FlowsByStep("hour"),
    ("flows", "day"): FlowsByStep("day"),
    ("presence", "15m"): PresenceByStep("15m"),
    ("presence", "hour"): PresenceByStep("hour"),
    ("presence", "day"): PresenceByStep("day"),
    ("occupancy", "15m"): SettledOccupancy(),
    ("corrections", "raw"): Ledger(),
    ("events", "raw"): Events(),
}


def bins_of(site: Site, day: date, step: Step) -> Bins:
    """The steps of a local day."""
    whole = local_days(site, day, day)
    match step:
        case "hour":
            return local_hours(site, *whole.edges)
        case "day":
            return whole
        case _:
            return quarters_of_day(site, day)


def _when(site: Site, day: date, bins: Bins) -> Iterator[tuple[datetime, datetime, str, date]]:
    for start, end in pairwise(bins.edges):
        yield start, end, _local(site, start), day


def _raw(site: Site, day: date, p: CrossingsPoint) -> Row:
    end = end_of(p.at_ns)
    seen = p.seconds > 0
    return (
        end, _local(site, end), day, p.counter, p.line, p.origin, p.to,
        p.entered if seen else None, p.left if seen else None, p.seconds, p.quality, p.boot, p.first_seq, p.seq,
    )  # fmt: skip


def _local(site: Site, at: datetime) -> str:
    return site.local(at).isoformat()
