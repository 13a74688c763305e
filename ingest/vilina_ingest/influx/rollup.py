"""Quarters of an hour in InfluxDB: their rows both ways, and how they are made of raw points.

The row of a series stands at the slot's beginning. A sealed row also says which reports it counts; what comes later
than that stands in further rows, each a nanosecond after the one before, and all are added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from vilina_ingest.binning import SLOT_NS, PresenceRow, PresenceSums, decode_dwell, encode_dwell
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.line_protocol import Line, fields_of, series_key
from vilina_ingest.influx.queries import of_site, one_of, select, within
from vilina_ingest.influx.raw import (
    AREA_TAGS,
    CROSSINGS,
    FLOW_TAGS,
    RawCrossings,
    RawPresence,
    Tags,
    grouped_by,
    presence_query,
    read_presence,
    rows_of,
)
from vilina_ingest.influx.slots import SKEW_NS, Slot, slot_line, slot_of, spans
from vilina_ingest.influx.writer import LineWriter

FLOW_15M: Final = "flow_15m"
PRESENCE_15M: Final = "presence_15m"


class FlowRow(NamedTuple):
    """Crossings of one line in a slot; `counted` as `counted.to_text`, empty where it is not sealed."""

    tags: Tags
    at_ns: int
    entered: int
    left: int
    seconds: float
    reason: str | None
    counted: str = ""

    def line(self) -> Line:
        fields = fields_of(
            entered=self.entered,
            left=self.left,
            seconds=float(self.seconds),
            reason=self.reason,
            counted=self.counted,
        )
        return _line(FLOW_15M, FLOW_TAGS, self.tags, fields, self.at_ns)


class AreaRow(NamedTuple):
    """People in one area in a slot, as `PresenceRow`; `counted` as in `FlowRow`."""

    tags: Tags
    at_ns: int
    seconds: float
    person_s: float
    most: int
    waiting_person_s: float | None
    waiting_most: int | None
    dwell: str
    counted: str = ""

    def line(self) -> Line:
        fields = fields_of(
            seconds=float(self.seconds), person_s=float(self.person_s), most=self.most,
            waiting_person_s=None if self.waiting_person_s is None else float(self.waiting_person_s),
            waiting_most=self.waiting_most, dwell=self.dwell, counted=self.counted,
        )  # fmt: skip
        return _line(PRESENCE_15M, AREA_TAGS, self.tags, fields, self.at_ns)

    def row(self) -> PresenceRow:
        return PresenceRow(
            self.tags[2], self.at_ns, float(self.seconds), float(self.person_s), self.most,
            self.waiting_person_s, self.waiting_most, decode_dwell(self.dwell),
        )  # fmt: skip


def flow_rows_query(site: str, lines: Sequence[str] | None, start: int, end: int) -> str:
    where = f"{of_site(site)} AND {within(start, end)}{one_of('line', lines)}"
    what = '"entered", "left", "seconds", "reason", "counted"'
    return select(what, FLOW_15M, where=where, grouped=grouped_by(FLOW_TAGS))


def area_rows_query(site: str, areas: Sequence[str] | None, start: int, end: int) -> str:
    where = f"{of_site(site)} AND {within(start, end)}{one_of('area', areas)}"
    what = '"seconds", "person_s", "most", "waiting_person_s", "waiting_most", "dwell", "counted"'
    return select(what, PRESENCE_15M, where=where, grouped=grouped_by(AREA_TAGS))


def read_flow_rows(found: Sequence[Series]) -> Iterator[FlowRow]:
    return (FlowRow(tags, *row) for tags, row in rows_of(found, FLOW_TAGS))


def read_area_rows(found: Sequence[Series]) -> Iterator[AreaRow]:
    return (AreaRow(tags, *row) for tags, row in rows_of(found, AREA_TAGS))


def sums_queries(site: str, lines: Sequence[str] | None, start: int, end: int) -> tuple[str, str]:
    """Two statements, which the server adds up: the sums of each slot, and the reason of its gaps."""
    where = f"{of_site(site)} AND {within(start, end)}{one_of('line', lines)}"
    grouped = f"{grouped_by(FLOW_TAGS)}, time(15m) fill(none)"
    return (
        select('sum("entered"), sum("left"), sum("seconds")', CROSSINGS, where=where, grouped=grouped),
        select('last("quality")', CROSSINGS, where=f'{where} AND "seconds" = 0', grouped=grouped),
    )


def read_sums(sums: Sequence[Series], reasons: Sequence[Series]) -> Iterator[FlowRow]:
    """Rows from the answers to `sums_queries`."""
    why = {(tags, row[0]): row[1] for tags, row in rows_of(reasons, FLOW_TAGS)}
    for tags, (at_ns, entered, left, seconds) in rows_of(sums, FLOW_TAGS):
        yield FlowRow(tags, at_ns, entered, left, seconds, why.get((tags, at_ns)))


def add_crossings(raw: Iterable[RawCrossings]) -> list[FlowRow]:
    """Raw points added up by line and slot."""
    found: dict[tuple[Tags, int], FlowRow] = {}
    for p in raw:
        key = (p.tags, slot_of(p.at_ns))
        row = found.get(key) or FlowRow(*key, 0, 0, 0.0, None)
        found[key] = row._replace(
            entered=row.entered + p.entered,
            left=row.left + p.left,
            seconds=row.seconds + p.seconds,
            reason=row.reason if p.seconds else p.quality,
        )
    return list(found.values())


def add_presence(raw: Iterable[RawPresence]) -> list[AreaRow]:
    """Raw points added up by area and slot."""
    found: dict[tuple[Tags, int], PresenceSums] = defaultdict(PresenceSums)
    for p in raw:
        found[p.tags, slot_of(p.at_ns)].add(p.row())
    return [
        AreaRow(
            *key, s.seconds, s.person_s, s.most, s.waiting_person_s, s.waiting_most, encode_dwell(s.dwell)
        )
        for key, s in found.items()
    ]


def roll(connection: Connection, writer: LineWriter, *, site: str, due: Sequence[Slot], now: int) -> None:
    """Make the roll-up of slots anew from what is there `now`, which is before anything is read.

    Raises:
        StoreError: not all of it could be done.
    """
    for start, end in spans(slot.start_ns for slot in due):
        sums, reasons, people = connection.query(
            *sums_queries(site, None, start, end), presence_query(site, None, start, end)
        )
        rows = [row.line() for row in read_sums(sums, reasons)]
        writer.write(rows + [row.line() for row in add_presence(read_presence(people))])
        # Only now, for whoever reads this believes that the rows are there.
        writer.write([slot_line(site, slot, rolled=now - SKEW_NS) for slot in range(start, end, SLOT_NS)])


def _line(measurement: str, names: tuple[str, ...], tags: Tags, fields: str, at_ns: int) -> Line:
    key = series_key(measurement, *zip(names, tags, strict=True))
    return f"{key} {fields} {at_ns:d}", None
