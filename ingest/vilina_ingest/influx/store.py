"""The store in InfluxDB: any number of writers, who do not know of each other, and any number of readers."""

import logging
import threading
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from secrets import randbits
from typing import Final, Self

from vilina_edge.clock import Clock, SystemClock
from vilina_edge.wire import Validation
from vilina_ingest.binning import NS_PER_S, ns_of
from vilina_ingest.errors import ReportsRefused, StoreError
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.line_protocol import Line
from vilina_ingest.influx.messages import message_lines, news, read_counters, read_reports, read_validations
from vilina_ingest.influx.queries import select
from vilina_ingest.influx.raw import point_lines
from vilina_ingest.influx.records import (
    correction_line,
    event_lines,
    has_correction,
    live_lines,
    read_corrections,
    read_events,
    read_live,
    read_settled,
    settled_lines,
)
from vilina_ingest.influx.retain import Remover
from vilina_ingest.influx.rollup import roll
from vilina_ingest.influx.series import read_areas, read_flows, read_points
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.slots import Marks, read_slots, slot_line, slot_of, slots_query
from vilina_ingest.influx.writer import LineWriter
from vilina_ingest.points import CrossingsPoint
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent
from vilina_ingest.site import Retention
from vilina_ingest.store import Batch, Bins, CounterState, FlowSeries, PresenceSeries, Removed, StoredReport

log = logging.getLogger(__name__)

WRITTEN: Final = "written"
HOUR_NS: Final = 3600 * NS_PER_S
ROLL_EVERY_S: Final = 60.0
ROLL_AT_ONCE: Final = 8
"""Slots, so that nobody who writes waits long for it."""
LOOK_BACK: Final = timedelta(days=32)
"""How far the regular look for slots to roll up goes back; what is older is read from raw points until it is sealed."""


class InfluxStore:
    """A `Store`. Opening it asks nothing of the server, which may be down at that time. Any thread may use it."""

    def __init__(
        self, settings: InfluxSettings, *, read_only: bool = False, clock: Clock | None = None
    ) -> None:
        self._connection = Connection(settings)
        self._read_only = read_only
        self._clock: Clock = clock or SystemClock()
        self._writer = LineWriter(self._connection, self._written)
        self._lock = threading.Lock()
        self._marks = Marks()
        self._roll_after: dict[str, float] = {}

    @classmethod
    def open(cls, address: str, *, read_only: bool = False) -> Self:
        """The store at an address, as `InfluxSettings.parse` reads it.

        Raises:
            StoreError: the address is wrong.
        """
        return cls(InfluxSettings.parse(address), read_only=read_only)

    def close(self) -> None:
        self._writer.close()
        self._connection.close()

    def write(self, batch: Batch) -> None:
        now = ns_of(self._clock.now())
        touched = {(point.site, slot_of(point.at_ns)) for point in batch.points}
        statuses = news(self._connection, batch.statuses)
        with self._lock:
            marks = self._marks.due(touched, now)
            # The marks go first: what is not marked as touched would never be looked for.
            self._keep(
                chain(
                    (slot_line(site, slot, touched=now) for site, slot in marks),
                    point_lines(batch.points),
                    message_lines(batch, statuses, now=now),
                )
            )
            self._marks.said(marks, now)
            for site in sorted({site for site, _ in touched}):
                self._roll_sometimes(site)

    def write_live(self, site: str, points: Sequence[OccupancyPoint]) -> None:
        self._keep(live_lines(site, points))

    def write_settled(self, site: str, days: Sequence[SettledDay]) -> None:
        self._keep(settled_lines(site, days))

    def write_correction(self, site: str, correction: Correction) -> None:
        if not has_correction(self._connection, site, correction.id):
            self._keep([correction_line(site, correction)])

    def write_events(self, site: str, events: Sequence[SiteEvent]) -> None:
        self._keep(event_lines(site, events))

    def retain(self, site: str, retention: Retention, now: datetime) -> Removed:
        removed = Remover(self._connection, self._writer, site).retain(retention, now)
        self._keep([])
        return removed

    def version(self) -> int:
        since = self._hour() - HOUR_NS
        (found,) = self._connection.query(select('"mark"', WRITTEN, where=f"time >= {since:d}"))
        return hash(tuple(tuple(row) for series in found for row in series.values))

    def flows(self, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
        return read_flows(self._connection, site, bins, lines)

    def crossings(self, site: str, start: datetime, end: datetime) -> list[CrossingsPoint]:
        return read_points(self._connection, site, start, end)

    def presence(self, site: str, bins: Bins, areas: Sequence[str]) -> dict[str, PresenceSeries]:
        return read_areas(self._connection, site, bins, areas)

    def counters(self, site: str) -> dict[str, CounterState]:
        return read_counters(self._connection, site)

    def reports(self, site: str, counter: str) -> list[StoredReport]:
        return read_reports(self._connection, site, counter)

    def validations(self, site: str, counter: str) -> list[Validation]:
        return read_validations(self._connection, site, counter)

    def live(self, site: str, start: datetime, end: datetime, zone: str | None) -> list[OccupancyPoint]:
        return read_live(self._connection, site, start, end, zone=zone)

    def settled(self, site: str, first: date, last: date) -> list[SettledDay]:
        return read_settled(self._connection, site, first, last)

    def corrections(self, site: str, start: datetime, end: datetime) -> list[Correction]:
        return read_corrections(self._connection, site, start, end)

    def events(self, site: str, start: datetime, end: datetime) -> list[SiteEvent]:
        return read_events(self._connection, site, start, end)

    def roll(self, site: str) -> int:
        """Bring the roll-up up to date, some slots at a time; how many more there are to do."""
        now = self._clock.now()
        (found,) = self._connection.query(slots_query(site, ns_of(now - LOOK_BACK), ns_of(now)))
        due = [slot for slot in read_slots(found) if slot.is_due(ns_of(now))]
        roll(self._connection, self._writer, site=site, due=due[-ROLL_AT_ONCE:], now=ns_of(now))
        return max(0, len(due) - ROLL_AT_ONCE)

    def _roll_sometimes(self, site: str) -> None:
        """The points are stored already: a roll-up that fails is made another time, and until then not believed."""
        if self._clock.monotonic() < self._roll_after.get(site, 0.0):
            return
        self._roll_after[site] = self._clock.monotonic() + ROLL_EVERY_S
        try:
            if self.roll(site):
                self._roll_after[site] = 0.0
        except StoreError as error:
            log.warning("the roll-up of %s waits: %s", site, error)

    def _keep(self, lines: Iterable[Line]) -> None:
        """Store lines and say that something was written; say what was refused when all the rest is stored."""
        if self._read_only:
            raise StoreError(f"{self._connection} was opened to be read only")
        refused = self._writer.write(lines)
        self._writer.write([self._written()])
        if refused:
            raise ReportsRefused(refused)

    def _written(self) -> Line:
        """Rewrites one point an hour: any other number than before tells readers to look again."""
        return f"{WRITTEN} mark={randbits(62):d}i {self._hour():d}", None

    def _hour(self) -> int:
        return ns_of(self._clock.now()) // HOUR_NS * HOUR_NS
