"""The one live state of the process: made once per change of the store, shared by every page and listener."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from vilina_api.live import live_document, today
from vilina_api.models import Live
from vilina_api.so_far import SoFar
from vilina_api.usual import UsualDay, usual_day
from vilina_edge.clock import Clock
from vilina_ingest.errors import StoreError
from vilina_ingest.occupancy.knowledge import Knowledge, LiveDay, read_knowledge, recounted
from vilina_ingest.records import SiteEvent
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, PresenceSeries, Reader

log = logging.getLogger(__name__)

POLL_S: Final = 0.1
RETRY_S: Final = 1.0
STALE_AFTER: Final = timedelta(seconds=30)
"""A snapshot is made at least every five seconds; one that is older means that none can be made."""
KNOWN_FOR: Final = timedelta(hours=1)
UNKNOWN_FOR: Final = timedelta(minutes=1)
EVENTS_OF: Final = timedelta(days=1)
JUST_NOW: Final = timedelta(minutes=2)
"""Two reports of a counter at which nothing crosses."""
AT_LEAST_EVERY: Final = timedelta(seconds=5)
"""Also without new data something changes: a counter falls silent, a quarter hour begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A site at one instant; `number` grows. `body` is the live document as JSON, made once for everyone."""

    site: Site
    number: int
    live: Live
    body: str
    curve: tuple[int | None, ...]
    bins: Bins
    usual: UsualDay | None
    events: tuple[SiteEvent, ...]


class LiveState:
    """Watches a store. Listeners get the newest snapshot; who is slow misses some, and holds nobody up."""

    def __init__(self, *, site: Site, reader: Reader, clock: Clock) -> None:
        self.site = site
        self.reader = reader
        self._clock = clock
        self._usual: UsualDay | None = None
        self._usual_until = (date.min, datetime.min.replace(tzinfo=UTC))
        self._so_far = SoFar(reader, site)
        self._day: LiveDay | None = None
        self._day_until = datetime.min.replace(tzinfo=UTC)
        self._learning: asyncio.Task[None] | None = None
        self._snapshot: Snapshot | None = None
        self._version = -1
        self._made = datetime.min.replace(tzinfo=UTC)
        self._changed = asyncio.Condition()

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest, or None before the first."""
        return self._snapshot

    def is_fresh(self) -> bool:
        """Whether there is a snapshot that is of now."""
        return self._snapshot is not None and self._clock.now() - self._snapshot.live.as_of < STALE_AFTER

    def now(self) -> datetime:
        return self._clock.now()

    def knowledge(self, now: datetime) -> Knowledge:
        """What earlier days teach about today."""
        return self._day_of(self.site.local(now).date(), now).known

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await asyncio.sleep(POLL_S if await self.look() else RETRY_S)

    async def look(self) -> bool:
        """Make a snapshot if there is a reason to; whether that went well. Whatever goes wrong is said."""
        try:
            # A store may be a server that is slow to answer, which is no reason to keep listeners waiting.
            version, now = await asyncio.to_thread(self.reader.version), self._clock.now()
            if (
                version != self._version
                or self._so_far.is_behind(version)
                or now - self._made >= AT_LEAST_EVERY
            ):
                snapshot = await asyncio.to_thread(self._make, now, version)
                self._version, self._made = version, now
                async with self._changed:
                    self._snapshot = snapshot
                    self._changed.notify_all()
            if now >= self._day_until and (self._learning is None or self._learning.done()):
                self._learning = asyncio.create_task(self._learn_again(now))
        except StoreError as error:
            log.warning("%s; trying again", error)
            return False
        except Exception:
            # Nobody awaits the watching task: its end would freeze every screen without a word. Readiness tells.
            log.exception("the live state could not be made; trying again")
            return False
        return True

    async def listen(self) -> AsyncIterator[Snapshot]:
        """The newest snapshot at once, and from then on the newest whenever there is one."""
        seen: Snapshot | None = None
        while True:
            async with self._changed:
                while self._snapshot is None or self._snapshot is seen:
                    await self._changed.wait()
                seen = self._snapshot
            yield seen

    def _make(self, now: datetime, version: int) -> Snapshot:
        site, bins = self.site, today(self.site, now)
        usual = self._usual_of(site.local(now).date(), now)
        seen = recounted(self._so_far.read(bins, version), self.reader, site)
        estimates = self._day_of(site.local(now).date(), now).estimate(seen, now)
        states = self.reader.counters(site.id)
        events = tuple(self.reader.events(site.id, now - EVENTS_OF, now + timedelta(seconds=1)))
        live, curve = live_document(
            site, seen=seen, estimates=estimates, presence=self._presence(now), states=states, usual=usual,
            events=events, now=now,
        )  # fmt: skip
        number = self._snapshot.number + 1 if self._snapshot else 1
        body = live.model_dump_json(by_alias=True)
        return Snapshot(site, number, live, body, curve, bins, usual, events)

    def _presence(self, now: datetime) -> Mapping[str, PresenceSeries]:
        """Who was in the areas in the last minutes."""
        areas = [area.id for area in self.site.areas]
        return self.reader.presence(self.site.id, Bins((now - JUST_NOW, now)), areas) if areas else {}

    def _day_of(self, day: date, now: datetime) -> LiveDay:
        """What earlier days teach about a day; waited for only if it is not known at all."""
        if self._day is None or self._day.known.day != day:
            self._learn(day, now)
        assert self._day is not None
        return self._day

    async def _learn_again(self, now: datetime) -> None:
        """Each hour, because late reports change earlier days; of a large site that takes seconds."""
        try:
            await asyncio.to_thread(self._learn, self.site.local(now).date(), now)
        except Exception:
            # Nobody awaits this either; what was learned before is used until then.
            log.exception("what earlier days teach could not be read; trying again in a minute")
            self._day_until = now + UNKNOWN_FOR

    def _learn(self, day: date, now: datetime) -> None:
        self._day = LiveDay(self.site, read_knowledge(self.reader, self.site, day))
        self._day_until = now + KNOWN_FOR

    def _usual_of(self, day: date, now: datetime) -> UsualDay | None:
        """The usual day, looked up anew each hour, or each minute while too little is known."""
        known_for, until = self._usual_until
        if day != known_for or now >= until:
            self._usual = usual_day(self.reader, self.site, day)
            self._usual_until = (day, now + (KNOWN_FOR if self._usual else UNKNOWN_FOR))
        return self._usual
