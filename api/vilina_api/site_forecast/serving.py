"""The outlook of a running API: made at the first use of a day, moved each quarter of an hour, never made twice."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from vilina_api.errors import BadRequest, NotReady
from vilina_api.forecasting.counts import Counts, Floats
from vilina_api.forecasting.forecast import Fitted, Forecast
from vilina_api.forecasting.profiles import Profiles
from vilina_api.site_forecast.card import ModelCard
from vilina_api.site_forecast.hierarchy import counts_of, zone_key
from vilina_api.site_forecast.outlook import Outlook
from vilina_api.site_forecast.site_model import Place, SiteForecast, learn, site_forecast, told
from vilina_api.site_forecast.store_crossings import SLOTS, read_crossings, read_past
from vilina_api.site_forecast.store_models import ModelStore
from vilina_api.site_forecast.store_said import Said, SaidStore
from vilina_api.site_forecast.today import moved
from vilina_api.site_forecast.training import gaps_percent
from vilina_edge.clock import Clock
from vilina_ingest.calendar import day_start
from vilina_ingest.errors import StoreError
from vilina_ingest.store import Reader

log = logging.getLogger(__name__)

HORIZON: Final = 28
"""Days that can be asked for; scores are known of fourteen."""
WEEKS: Final = 66
"""Of the past that a forecast looks at: a year and a little."""
LATE_DAYS: Final = 8
"""Days that are read again each day: late reports still change them."""
REPORTED_MIN: Final = 3
"""Minutes after which a counter that has not reported will not do so soon."""
LOOK_S: Final = 15.0
"""How often is looked whether there is a new quarter of an hour, day, or model."""


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What stands for a whole day: what was known at its midnight, and what was said then."""

    past: Counts
    midnight: SiteForecast
    card: ModelCard
    version: str | None


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A forecast that is of now. `came` (N, 96) is of today, NaN where nothing is known yet."""

    said: SiteForecast
    came: Floats
    card: ModelCard
    made_at: datetime


class SiteOutlook(Outlook):
    """An `Outlook` over one store, for one event loop. Everything that takes time runs in a thread, one at a time."""

    def __init__(self, *, place: Place, reader: Reader, clock: Clock, models: Path | None = None) -> None:
        self.place = place
        self._reader = reader
        self._clock = clock
        self._models = None if models is None else ModelStore(models, place.site.id)
        self._said = SaidStore(models, place.site.id)
        self._day: Day | None = None
        self._view: View | None = None
        self._slot = (date.min, -1)
        self._lock = asyncio.Lock()

    async def forecast(self, *, first: date, days: int) -> Forecast:
        """As `Outlook` says: zones by the quarter of an hour, today and up to HORIZON days ahead."""
        view = await self.view()
        begin = self.offset(view, first, days)
        names = {zone_key(zone.id): zone.id for zone in self.place.site.zones}
        whole = told(view.said, names)
        return Forecast(names=whole.names, first=first, people=whole.people[:, begin : begin + days])

    async def view(self) -> View:
        """The forecast that is of now.

        Raises:
            NotReady: the store cannot be read.
        """
        async with self._lock:
            now = self._clock.now()
            local = self.place.site.local(now)
            slot = (local.date(), (local.hour * 60 + local.minute) // 15)
            if self._view is None or slot != self._slot:
                try:
                    self._view = await asyncio.to_thread(self._make, slot, now)
                except StoreError as error:
                    raise NotReady(f"The store cannot be read: {error}. Try again in a moment.") from error
                # Counters report up to a minute after a quarter is over; until then it is looked at again.
                whole = np.isfinite(self._view.came[:, : slot[1]]).all()
                self._slot = slot if whole or local.minute % 15 >= REPORTED_MIN else (slot[0], -1)
            return self._view

    async def run(self) -> None:
        """Keep the outlook of now until cancelled; whatever goes wrong is said, and tried again."""
        while True:
            try:
                await self.refresh()
            except NotReady as error:
                log.warning("%s", error)
            except Exception:
                # Nobody awaits this; who asks is told what is wrong.
                log.exception("the forecast could not be made; trying again")
            await asyncio.sleep(LOOK_S)

    def said_of(self, day: date, key: str) -> tuple[Said, int]:
        """What was said at the beginning of a day, and which of its series has a key of the hierarchy.

        Raises:
            NotFound: nothing is kept of it.
        """
        return self._said.of_key(day, key)

    def came_of(self, day: date) -> Floats:
        """(N, 96) people who came on a past day or today; NaN in gaps.

        Raises:
            StoreError: the store cannot be read.
        """
        counts = counts_of(self.place.hierarchy, read_crossings(self._reader, self.place.site, day, 1))
        return self._until_now(counts.people[:, 0], day)

    def offset(self, view: View, first: date, days: int) -> int:
        """Which day of the forecast is the first one asked for.

        Raises:
            BadRequest: it is in the past, or too far ahead.
        """
        begin = (first - view.said.first).days
        if begin < 0:
            raise BadRequest(
                f"{first} is over: ask for {view.said.first} or later, or what was forecast then."
            )
        if days < 1 or begin + days > view.said.days:
            last = view.said.first + timedelta(days=view.said.days - 1)
            raise BadRequest(f"Forecasts reach until {last}; ask for fewer days or an earlier first one.")
        return begin

    def midnight(self, day: date) -> datetime:
        """When a day began."""
        return day_start(self.place.site, day)

    async def refresh(self) -> None:
        """Make what is to be told now, so that nobody waits for it; by a new model, if there is one.

        Raises:
            NotReady: the store cannot be read.
        """
        if self._models is not None and self._day is not None:
            version = await asyncio.to_thread(self._models.version)
            if version != self._day.version:
                async with self._lock:
                    self._day = self._view = None
        await self.view()

    def _make(self, slot: tuple[date, int], now: datetime) -> View:
        today, _ = slot
        if self._day is None or self._day.midnight.first != today:
            self._day = self._new_day(today)
            self._said.keep(self._day.midnight, self._day.card.line)
        came = self.came_of(today)
        known = np.flatnonzero(np.isfinite(came).any(axis=0))
        over = min(slot[1], int(known[-1]) + 1) if known.size else 0
        return View(moved(self._day.midnight, came[:, :over]), came, self._day.card, now)

    def _new_day(self, today: date) -> Day:
        past = self._past(today)
        stored = None if self._models is None else self._models.current(self.place)
        fitted: Fitted | None
        if stored is not None:
            fitted, card = stored.fitted, stored.card
        else:
            fitted, card = learn(self.place, past, Profiles()), self._untrained(past)
        version = None if self._models is None else self._models.version()
        return Day(past, site_forecast(self.place, fitted, past, days=HORIZON), card, version)

    def _past(self, today: date) -> Counts:
        """Whole days until yesterday; those that are known are not read again, but for the last."""
        before = self._day
        if before is None or not before.past.days or not 0 <= (today - before.past.end).days < LATE_DAYS:
            return read_past(self._reader, self.place.site, self.place.hierarchy, today, weeks=WEEKS)
        again = max(before.past.first, before.past.end - timedelta(days=LATE_DAYS))
        fresh = read_crossings(self._reader, self.place.site, again, (today - again).days)
        new = counts_of(self.place.hierarchy, fresh)
        people = np.concatenate([before.past.before(again).people, new.people], axis=1)
        joined = Counts(names=new.names, first=before.past.first, people=people)
        return joined.before(today, weeks=WEEKS)

    def _until_now(self, came: Floats, day: date) -> Floats:
        """Without slots that are not over; the one that is open has only a part of its people yet."""
        local = self.place.site.local(self._clock.now())
        if day != local.date():
            return came
        over = (local.hour * 60 + local.minute) // 15
        return np.where(np.arange(SLOTS) < over, came, np.nan)

    def _untrained(self, past: Counts) -> ModelCard:
        method = "weighted profiles" if past.days else "a guess from the site file"
        return ModelCard(
            site=self.place.site.id, method=method, version=None, trained_at=None, trained_until=None,
            first=past.first if past.days else None, days=past.days, series=len(past.names),
            gaps_percent=gaps_percent(self.place, past), backtest=None, in_use=True,
            verdict="No model has been trained yet; `vilina forecast train` does it.",
        )  # fmt: skip
