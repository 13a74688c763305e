"""Flows and presence out of InfluxDB: from the roll-up where it is complete, and from raw points where it is not."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from vilina_ingest.binning import SLOT_NS, Binned, BinnedPresence, BinnedRow, ns_of
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.counted import Counted, from_text
from vilina_ingest.influx.raw import (
    RawCrossings,
    RawPresence,
    Tags,
    crossings_query,
    presence_query,
    read_crossings,
    read_presence,
)
from vilina_ingest.influx.rollup import (
    AreaRow,
    FlowRow,
    area_rows_query,
    flow_rows_query,
    read_area_rows,
    read_flow_rows,
    read_sums,
    sums_queries,
)
from vilina_ingest.influx.slots import read_slots, slot_of, slots_query, spans
from vilina_ingest.points import CrossingsPoint
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries

R = TypeVar("R", FlowRow, AreaRow)
P = TypeVar("P", RawCrossings, RawPresence)


class Open(NamedTuple):
    """Slots whose roll-up is not complete: with all their raw points, or, sealed, with what came later."""

    whole: set[int]
    sealed: set[int]


def read_flows(connection: Connection, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
    if not lines:
        return {}
    edges = [ns_of(edge) for edge in bins.edges]
    binned, wanted = Binned(edges, lines), set(lines)
    for row in _flow_rows(connection, site, edges, lines):
        if row.line in wanted:
            binned.add(row)
    return {line: binned.series(line, bins) for line in lines}


def read_points(connection: Connection, site: str, start: datetime, end: datetime) -> list[CrossingsPoint]:
    """Raw points, in order of time."""
    (found,) = connection.query(crossings_query(site, None, ns_of(start), ns_of(end)))
    return sorted((raw.point() for raw in read_crossings(found)), key=lambda point: (point.at_ns, point.line))


def read_areas(
    connection: Connection, site: str, bins: Bins, areas: Sequence[str]
) -> dict[str, PresenceSeries]:
    if not areas:
        return {}
    edges = [ns_of(edge) for edge in bins.edges]
    binned, wanted = BinnedPresence(edges, areas), set(areas)
    for one in _area_rows(connection, site, edges, areas):
        if one.tags[2] in wanted:
            binned.add(one.row())
    return {area: binned.series(area, bins) for area in areas}


def _flow_rows(
    connection: Connection, site: str, edges: Sequence[int], lines: Sequence[str]
) -> Iterator[BinnedRow]:
    start, end = edges[0], edges[-1]
    if not _on_slots(edges):
        (raw,) = connection.query(crossings_query(site, lines, start, end))
        yield from (_of_raw(point) for point in read_crossings(raw))
        return
    slots, found = connection.query(slots_query(site, start, end), flow_rows_query(site, lines, start, end))
    unfinished, rows = open_slots(slots), list(read_flow_rows(found))
    yield from (_of_flow(row) for row in rows if slot_of(row.at_ns) not in unfinished.whole)
    for first, last in spans(unfinished.whole):
        yield from map(_of_flow, read_sums(*connection.query(*sums_queries(site, lines, first, last))))
    late = _raw_of(
        connection, unfinished.sealed, lambda a, b: crossings_query(site, lines, a, b), read_crossings
    )
    yield from (_of_raw(point) for point in not_counted(late, counted_in(rows)))


def _area_rows(
    connection: Connection, site: str, edges: Sequence[int], areas: Sequence[str]
) -> Iterator[AreaRow | RawPresence]:
    def query(first: int, last: int) -> str:
        return presence_query(site, areas, first, last)

    start, end = edges[0], edges[-1]
    if not _on_slots(edges):
        (raw,) = connection.query(query(start, end))
        yield from read_presence(raw)
        return
    slots, found = connection.query(slots_query(site, start, end), area_rows_query(site, areas, start, end))
    unfinished, rows = open_slots(slots), list(read_area_rows(found))
    yield from (row for row in rows if slot_of(row.at_ns) not in unfinished.whole)
    yield from _raw_of(connection, unfinished.whole, query, read_presence)
    yield from not_counted(_raw_of(connection, unfinished.sealed, query, read_presence), counted_in(rows))


def open_slots(found: Sequence[Series]) -> Open:
    """From the answer to `slots_query`, which is to be asked before the rows: who is said to be complete then is."""
    slots = [slot for slot in read_slots(found) if slot.is_open]
    return Open(
        {slot.start_ns for slot in slots if slot.sealed is None},
        {slot.start_ns for slot in slots if slot.sealed is not None},
    )


def counted_in(rows: Iterable[R]) -> dict[tuple[Tags, int], list[Counted]]:
    """Which reports the rows count, by series and slot."""
    known: dict[tuple[Tags, int], list[Counted]] = defaultdict(list)
    for row in rows:
        known[row.tags, slot_of(row.at_ns)] += from_text(row.counted)
    return known


def not_counted(raw: Iterable[P], known: dict[tuple[Tags, int], list[Counted]]) -> Iterator[P]:
    """The raw points of reports that no row counts."""
    for point in raw:
        if not any(
            one.holds(point.boot, point.seq) for one in known.get((point.tags, slot_of(point.at_ns)), ())
        ):
            yield point


def _raw_of(
    connection: Connection,
    slots: set[int],
    query: Callable[[int, int], str],
    read: Callable[[Sequence[Series]], Iterator[P]],
) -> Iterator[P]:
    for first, last in spans(slots):
        (found,) = connection.query(query(first, last))
        yield from read(found)


def _on_slots(edges: Sequence[int]) -> bool:
    return all(edge % SLOT_NS == 0 for edge in edges)


def _of_flow(row: FlowRow) -> BinnedRow:
    return BinnedRow(row.tags[2], row.at_ns, row.entered, row.left, float(row.seconds), row.reason)  # type: ignore[arg-type]


def _of_raw(p: RawCrossings) -> BinnedRow:
    reason = None if p.seconds else p.quality
    return BinnedRow(p.tags[2], p.at_ns, p.entered, p.left, float(p.seconds), reason)  # type: ignore[arg-type]
