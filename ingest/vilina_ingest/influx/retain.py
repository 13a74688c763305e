"""Old points out of InfluxDB.

A slot is sealed before its raw points go: its roll-up is made anew from them and says which reports it counts, in the
same rows, so that a crash at any moment leaves either the raw points or the row that stands for them.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from vilina_ingest.binning import SLOT_NS, ns_of
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.counted import Counted, to_text
from vilina_ingest.influx.queries import of_site, select, within
from vilina_ingest.influx.raw import (
    CROSSINGS,
    PRESENCE,
    RawCrossings,
    RawPresence,
    Tags,
    crossings_query,
    presence_query,
    read_crossings,
    read_presence,
)
from vilina_ingest.influx.records import EVENTS, OCCUPANCY, SETTLED, over_before
from vilina_ingest.influx.rollup import (
    FLOW_15M,
    PRESENCE_15M,
    AreaRow,
    FlowRow,
    add_crossings,
    add_presence,
    area_rows_query,
    flow_rows_query,
    read_area_rows,
    read_flow_rows,
)
from vilina_ingest.influx.series import counted_in, not_counted
from vilina_ingest.influx.slots import SLOTS, Slot, read_slots, slot_line, slot_of, slots_query, spans
from vilina_ingest.influx.writer import LineWriter
from vilina_ingest.site import Retention
from vilina_ingest.store import Removed

log = logging.getLogger(__name__)

A_DAY: Final = 96
R = TypeVar("R", FlowRow, AreaRow)
P = TypeVar("P", RawCrossings, RawPresence)


class Remover:
    """Removes what is too old of one site."""

    def __init__(self, connection: Connection, writer: LineWriter, site: str) -> None:
        self._connection = connection
        self._writer = writer
        self._site = site

    def retain(self, retention: Retention, now: datetime) -> Removed:
        raw_from = slot_of(ns_of(now - timedelta(days=retention.raw_days)))
        rollup_from = slot_of(ns_of(now - timedelta(days=retention.rollup_days)))
        raw = self._remove_raw(raw_from, ns_of(now))
        raw += self._remove(OCCUPANCY, "people", raw_from, kind="live")
        rollup = sum(self._remove(name, "seconds", rollup_from) for name in (FLOW_15M, PRESENCE_15M))
        rollup += self._remove(SETTLED, "entered", rollup_from)
        rollup += self._remove_events(now - timedelta(days=retention.rollup_days))
        self._remove(OCCUPANCY, "people", rollup_from, kind="settled")
        self._remove(SLOTS, "touched", rollup_from)
        return Removed(raw, rollup)

    def _remove_raw(self, end: int, now: int) -> int:
        """Seal the slots before `end`, a day at most at a time, and remove their raw points."""
        (found,) = self._connection.query(slots_query(self._site, 0, end))
        slots = {slot.start_ns: slot for slot in read_slots(found) if slot.is_open or slot.sealed is None}
        removed = 0
        for first, last in spans(slots, most=A_DAY):
            read = [self._seal(slots[start], now) for start in range(first, last, SLOT_NS)]
            if self._count_raw(first, last) != sum(read):
                # Somebody is just writing there; what is not sealed must not go.
                log.warning(
                    "raw points of %s came while they were to be removed; they stay for now", self._site
                )
                continue
            self._delete(CROSSINGS, of_site(self._site), within(first, last))
            self._delete(PRESENCE, of_site(self._site), within(first, last))
            removed += sum(read)
        return removed

    def _seal(self, slot: Slot, now: int) -> int:
        """Put all that is raw in a slot into rows that say what they count; how many raw points there are."""
        span = (self._site, None, slot.start_ns, slot.start_ns + SLOT_NS)
        raw_flows, raw_people, rows, area_rows = self._connection.query(
            crossings_query(*span), presence_query(*span), flow_rows_query(*span), area_rows_query(*span)
        )
        flows, people = list(read_crossings(raw_flows)), list(read_presence(raw_people))
        is_first = slot.sealed is None
        sealed_flows = [] if is_first else list(read_flow_rows(rows))
        sealed_people = [] if is_first else list(read_area_rows(area_rows))
        new_flows = list(not_counted(flows, counted_in(sealed_flows)))
        new_people = list(not_counted(people, counted_in(sealed_people)))
        fresh = [
            *(row.line() for row in _sealed(add_crossings(new_flows), new_flows, behind=sealed_flows)),
            *(row.line() for row in _sealed(add_presence(new_people), new_people, behind=sealed_people)),
        ]
        self._writer.write(fresh)
        self._writer.write([slot_line(self._site, slot.start_ns, rolled=slot.touched, sealed=now)])
        return len(flows) + len(people)

    def _count_raw(self, start: int, end: int) -> int:
        where = f"{of_site(self._site)} AND {within(start, end)}"
        (found,) = self._connection.query(select('count("seconds")', CROSSINGS, PRESENCE, where=where))
        return sum(int(row[1]) for series in found for row in series.values)

    def _remove(self, measurement: str, field: str, before: int, **tags: str) -> int:
        where = (of_site(self._site, **tags), f"time < {before:d}")
        (found,) = self._connection.query(select(f'count("{field}")', measurement, where=" AND ".join(where)))
        rows = sum(int(row[1]) for series in found for row in series.values)
        if rows:
            self._delete(measurement, *where)
        return rows

    def _remove_events(self, before: datetime) -> int:
        """One by one: an event that still lasts stays, however long ago it began."""
        over = over_before(self._connection, self._site, before)
        for at_ns in over:
            self._delete(EVENTS, of_site(self._site), f"time = {at_ns:d}")
        return len(over)

    def _delete(self, measurement: str, *conditions: str) -> None:
        self._connection.query(
            " ".join(["DELETE", "FROM", f'"{measurement}"', "WHERE", " AND ".join(conditions)])
        )


def _sealed(rows: Iterable[R], raw: Sequence[P], *, behind: Iterable[R]) -> Iterator[R]:
    """Rows with what they count, each behind those of its series that are sealed already."""
    counted: dict[Tags, list[Counted]] = {}
    for point in raw:
        counted.setdefault(point.tags, []).append(Counted(point.boot, point.first_seq, point.seq))
    sealed: dict[Tags, int] = {}
    for row in behind:
        sealed[row.tags] = sealed.get(row.tags, 0) + 1
    for row in rows:
        yield row._replace(at_ns=row.at_ns + sealed.get(row.tags, 0), counted=to_text(counted[row.tags]))
