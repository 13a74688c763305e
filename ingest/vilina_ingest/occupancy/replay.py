"""Recorded days played through the live estimate and the settling, each with what the days before it taught."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Bools, Counts, Floats, Ints
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.hindcast import taught
from vilina_ingest.occupancy.learned import looks_reversed
from vilina_ingest.occupancy.live import Live, Midnight, first_midnight
from vilina_ingest.occupancy.settled import settle
from vilina_ingest.occupancy.usual import PastDay, UsualCrossings, filled

LEARN_DAYS: Final = 28
"""Past local days that one learns from: four of each weekday, and recent enough to follow a change."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedDay:
    """One local day at one place: N bins that begin at `starts` (local time).

    `entered` and `left` (N,) are people, NaN where nothing is known; `true` (N,) is who is inside at the bin's end.
    """

    day: date
    starts: tuple[datetime, ...]
    clock: Ints
    slots: int
    closed: Bools
    entered: Floats
    left: Floats
    true: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedDay:
    """A recorded day with its estimates (1, N)."""

    recorded: RecordedDay
    live: Estimates
    settled: Estimates
    bias: float

    @property
    def known(self) -> Bools:
        """(N,): whether somebody was looking."""
        known: Bools = ~np.isnan(self.recorded.entered + self.recorded.left)
        return known

    @property
    def entered(self) -> int:
        return int(np.nansum(self.recorded.entered))

    @property
    def left(self) -> int:
        return int(np.nansum(self.recorded.left))

    @property
    def drift(self) -> int:
        """Who was counted in more than out, over the day."""
        return self.entered - self.left

    @property
    def looks_reversed(self) -> bool:
        """Whether entered and left seem to be exchanged."""
        return looks_reversed(np.nan_to_num(self.recorded.entered), np.nan_to_num(self.recorded.left))


def replay(days: Iterable[RecordedDay]) -> Iterator[ReplayedDay]:
    """Day by day. Nothing of a day, and nothing after it, is known before it is over."""
    past: deque[tuple[PastDay, Counts]] = deque(maxlen=LEARN_DAYS)
    midnight: Midnight | None = None
    for day in days:
        learned = taught([counts for _, counts in past], (None,), day.slots)
        crossed = np.stack([day.entered, day.left])
        counts = _counts(day, crossed, [one for one, _ in past])
        live = Live(learned, midnight or first_midnight(learned))
        estimates, midnight = live.estimate(counts), live.midnight
        yield ReplayedDay(day, estimates, settle(counts, learned), float(learned.bias[0]))
        past.append((PastDay(day.day.weekday(), day.clock, crossed), counts))


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute error of people inside, in percent of the mean of those who truly were."""

    live_percent: float
    settled_percent: float
    carry_over_percent: float
    night_reset_percent: float


def errors(days: Sequence[ReplayedDay]) -> Errors | None:
    """How wrong the estimates of days with known truth are, and what plain counting does; None without truth.

    Carry-over counts on since the first day; night reset begins each local day at nobody.
    """
    known = [day for day in days if day.recorded.true is not None]
    if not known:
        return None
    true = np.concatenate([day.recorded.true for day in known if day.recorded.true is not None])
    inside = float(true.sum())
    if not inside:
        return None
    nets = [np.nan_to_num(day.recorded.entered - day.recorded.left) for day in days]
    carried = np.split(np.cumsum(np.concatenate(nets)), np.cumsum([len(net) for net in nets])[:-1])
    curves = (
        [day.live.people[0] for day in known],
        [day.settled.people[0] for day in known],
        [curve for curve, day in zip(carried, days, strict=True) if day.recorded.true is not None],
        [np.cumsum(net) for net, day in zip(nets, days, strict=True) if day.recorded.true is not None],
    )
    return Errors(*(100 * float(np.nansum(np.abs(np.concatenate(c) - true))) / inside for c in curves))


def _counts(day: RecordedDay, crossed: Floats, past: Sequence[PastDay]) -> Counts:
    """The day's counts, with gaps filled by what earlier days usually had."""
    usual = UsualCrossings(past, series=2, slots=day.slots).on(day.day.weekday())
    whole, variance = filled(crossed, (~np.isnan(crossed)).astype(float), day.clock, usual)
    return Counts.of(
        (None,), whole[:1], whole[1:], clock=day.clock, slots=day.slots, closed=day.closed,
        unseen=variance.sum(axis=0, keepdims=True),
    )  # fmt: skip
