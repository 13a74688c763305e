"""The keeper: once a minute writes who is inside and what happens to the building; settles days; forgets what is old.

It lives beside ingest and never stops it. Everything it writes can be written again: what it knows of itself is in
the store, so it may be killed at any time, and several of them do no harm.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Final

import numpy as np

from vilina_edge.clock import Clock
from vilina_ingest.calendar import day_start, hours_of, quarters_of_day
from vilina_ingest.errors import StoreError
from vilina_ingest.events import changed_events, counters, crowding, drifted
from vilina_ingest.occupancy.around import counted_per_bin, sides_of
from vilina_ingest.occupancy.knowledge import (
    LiveDay,
    Seen,
    read_day,
    read_knowledge,
    read_live_day,
    settled_day,
)
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay
from vilina_ingest.site import Site
from vilina_ingest.store import Reader, Store

log = logging.getLogger(__name__)

MINUTE: Final = timedelta(minutes=1)
LEARN_EVERY: Final = timedelta(hours=6)
SETTLE_EVERY: Final = timedelta(hours=1)
AFTER_CLOSING: Final = timedelta(hours=1)
RESETTLED_DAYS: Final = 7
"""Days for which late reports are looked for."""
LASTING: Final = timedelta(days=400)
"""So long ago an event may have begun that still lasts."""
AUTHOR: Final = "vilina"


class Keeper:
    """Of one site: `reader` is its own, so that long reading holds nobody up; `store` is written."""

    def __init__(self, *, site: Site, reader: Reader, store: Store, clock: Clock) -> None:
        self._site = site
        self._reader = reader
        self._store = store
        self._clock = clock
        self._day: LiveDay | None = None
        self._learn_at = self._settle_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._retained: date | None = None

    def tick(self) -> None:
        """What is due now.

        Raises:
            StoreError: some of it is not done; the next tick does it.
        """
        now = self._clock.now()
        today = self._site.local(now).date()
        self._keep_live(now, today)
        if now >= self._settle_at:
            self._settle_days(now, today)
            self._settle_at = self._next_settling(now, today)
        if self._retained != today:
            self._store.retain(self._site.id, self._site.retention, now)
            self._retained = today

    def _today(self, now: datetime, today: date) -> LiveDay:
        """What earlier days teach about today."""
        if self._day is None or self._day.known.day != today or now >= self._learn_at:
            self._day = LiveDay(self._site, read_knowledge(self._reader, self._site, today))
            self._learn_at = now + LEARN_EVERY
        return self._day

    def _keep_live(self, now: datetime, today: date) -> None:
        """Live estimates of this minute, and the events that they and the counters make."""
        seen = read_live_day(self._reader, self._site, quarters_of_day(self._site, today, until=now))
        estimates = self._today(now, today).estimate(seen, now)
        minute = now.replace(second=0, microsecond=0)
        people, low, high = (
            part[:, -1].tolist() for part in (estimates.people, estimates.low, estimates.high)
        )
        zones = sides_of(self._site).zones
        rows = zip(zones, people, low, high, strict=True)
        self._store.write_live(
            self._site.id, [OccupancyPoint(zone, minute, *inside) for zone, *inside in rows]
        )
        lasting = [
            e for e in self._reader.events(self._site.id, now - LASTING, now + MINUTE) if e.until is None
        ]
        conditions = [
            *crowding(self._site, dict(zip(zones, people, strict=True)), now),
            *counters(self._site, self._reader.counters(self._site.id), now),
        ]
        if changed := changed_events(lasting, conditions, now):
            self._store.write_events(self._site.id, changed)

    def _settle_days(self, now: datetime, today: date) -> None:
        """Settle past days that have no record of all their reports; and today, if it is closed."""
        first = today - timedelta(days=RESETTLED_DAYS)
        settled: dict[date, list[SettledDay]] = defaultdict(list)
        for record in self._reader.settled(self._site.id, first, today):
            settled[record.day].append(record)
        for offset in range(RESETTLED_DAYS + 1):
            day = first + timedelta(days=offset)
            if day == today and now < self._closes(day):
                continue
            seen = read_day(self._reader, self._site, quarters_of_day(self._site, day))
            if not self._is_settled(day, seen, settled[day], now):
                self._settle(day, seen, now)

    def _is_settled(self, day: date, seen: Seen, known: list[SettledDay], now: datetime) -> bool:
        """Whether records are of the whole day, and of the counts as they are now; nobody counted needs none."""
        entered, left = (
            side.sum(axis=1).astype(int).tolist() for side in counted_per_bin(seen.flows, self._site)
        )
        if not known:
            return not any(entered) and not any(left)
        counted = dict(zip(sides_of(self._site).zones, zip(entered, left, strict=True), strict=True))
        over = day_start(self._site, day + timedelta(days=1))
        return all(
            (one.settled_at >= over or now < over) and counted.get(one.zone) == (one.entered, one.left)
            for one in known
        )

    def _settle(self, day: date, seen: Seen, now: datetime) -> None:
        """Balance a day, and enter into the ledger what that changes."""
        known = self._today(now, self._site.local(now).date()).known
        records = settled_records(seen, self._site, day, settled_day(seen, self._site, day, known), now)
        start, end = day_start(self._site, day), day_start(self._site, day + timedelta(days=1))
        ledger = [
            entry
            for entry in self._reader.corrections(self._site.id, start, end + MINUTE)
            if entry.reason == "settled" and entry.at == end
        ]
        self._store.write_settled(self._site.id, records)
        for record in records:
            if (entry := settling(record, ledger, end, now)) is not None:
                self._store.write_correction(self._site.id, entry)
        if events := [event for record in records if (event := drifted(self._site, record)) is not None]:
            self._store.write_events(self._site.id, events)
        whole = records[0]
        log.info("settled %s: %d entered, %d left, drift %+d", day, whole.entered, whole.left, whole.drift)

    def _closes(self, day: date) -> datetime:
        """When a day can be settled: an hour after closing, or when it is over."""
        hours = hours_of(self._site, day)
        over = day_start(self._site, day + timedelta(days=1))
        if hours is None:
            return over
        return min(
            over, datetime.combine(day, hours.closes, self._site.tz).astimezone(over.tzinfo) + AFTER_CLOSING
        )

    def _next_settling(self, now: datetime, today: date) -> datetime:
        """Each hour, and as soon as the site has closed."""
        closes = self._closes(today)
        return min(now + SETTLE_EVERY, closes) if closes > now else now + SETTLE_EVERY


def settled_records(seen: Seen, site: Site, day: date, people: np.ndarray, now: datetime) -> list[SettledDay]:
    """A day's records of the site, first, and its zones; `people` (Z, N), NaN where nobody was looking."""
    entered, left = counted_per_bin(seen.flows, site)
    return [
        SettledDay(
            zone=zone, day=day, edges=seen.bins.edges,
            people=tuple(None if np.isnan(one) else round(float(one), 2) for one in people[row]),
            entered=int(entered[row].sum()), left=int(left[row].sum()),
            drift=int(entered[row].sum() - left[row].sum()), settled_at=now,
        )
        for row, zone in enumerate(sides_of(site).zones)
    ]  # fmt: skip


def settling(day: SettledDay, ledger: list[Correction], end: datetime, now: datetime) -> Correction | None:
    """The ledger's entry for a settled day: what is to be taken off, beyond what earlier entries have; None if nothing.

    The ledger only grows: if late reports change a settled day's drift, the difference is entered.
    """
    earlier = [entry for entry in ledger if entry.zone == day.zone]
    people = -day.drift - sum(entry.people for entry in earlier)
    if not people:
        return None
    key = f"settled {day.zone} {day.day} {len(earlier)} {people}"
    why = "after late reports " if earlier else ""
    return Correction(
        id=blake2b(key.encode(), digest_size=8).hexdigest(), zone=day.zone, at=end, people=float(people),
        reason="settled", author=AUTHOR, made_at=now,
        note=f"{day.day} balanced {why}after closing: {day.entered} entered, {day.left} left",
    )  # fmt: skip


@contextmanager
def kept(keeper: Keeper) -> Iterator[None]:
    """Let a keeper work in a thread of its own while the context lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=_work, args=(keeper, stop), name="keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _work(keeper: Keeper, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            keeper.tick()
        except StoreError as error:
            log.warning("the keeper waits: %s", error)
        except Exception:
            # Counting matters more than estimates: whatever is wrong with them is said, and ingest goes on.
            log.exception("the keeper failed; it tries again in a minute")
        stop.wait(MINUTE.total_seconds())
