"""The filter: people inside and the day's miscount bias, from crossings, learned stays and closing time.

A Kalman filter (Kalman 1960) of all zones at once, and the Rauch-Tung-Striebel smoother (1965) over a whole day. Its
state is people inside; the bias of either direction; and how far from expected people stay, for a while and today as a
whole. The last two make the learned dwell a measurement that is wrong in the same way for hours, and not anew in every
bin.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Bools, Counts, Floats
from vilina_ingest.occupancy.learned import MISS, Learned
from vilina_ingest.occupancy.sharing import shared_out

PEOPLE, ENTERED, LEFT, STAY, TODAY = range(PARTS := 5)
FEW: Final = 0.05
"""People: the expectation below which its deviation is not smaller any more."""
LOOSE: Final = 0.05
"""Variance, in people², of the learned dwell beyond its deviation."""
EMPTY: Final = 0.25
"""Variance of nobody being inside after closing, in people²; grows with who still comes."""
STARTING: Final = 0.25
BY_EYE: Final = 0.02
"""Who counts people in a building errs by a few percent, because they walk about; standard deviation as a share."""
SLIP: Final = 0.25
"""Variance of the smallest count by eye, in people²."""
SAME_SIDE: Final = 0.02
"""What both directions miss alike shows in no balance; standard deviation as a share of people inside."""
NORMAL_90: Final = 1.6449
STILL: Final = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is known at an instant: `mean` (Z, 5) and `cov` (Z, 5, 5) of people, biases, and stays."""

    mean: Floats
    cov: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """People inside (Z, N) at the end of each bin, and their variance; never under zero."""

    people: Floats
    variance: Floats

    @property
    def low(self) -> Floats:
        """Lower end of the 90 % interval."""
        low: Floats = np.maximum(0.0, self.people - NORMAL_90 * self.deviation)
        return low

    @property
    def high(self) -> Floats:
        """Upper end of the 90 % interval."""
        high: Floats = self.people + NORMAL_90 * self.deviation
        return high

    @property
    def deviation(self) -> Floats:
        """Standard deviation, with what no balance can show."""
        deviation: Floats = np.sqrt(self.variance + (SAME_SIDE * self.people) ** 2)
        return deviation


def empty_morning(learned: Learned) -> State:
    """Nobody inside, and a day that is like those that were learned from."""
    count = len(learned.zones)
    mean, cov = np.zeros((count, PARTS)), np.zeros((count, PARTS, PARTS))
    cov[:, PEOPLE, PEOPLE] = STARTING
    cov[:, STAY, STAY] = learned.spread
    return next_morning(State(mean, cov), learned)


def next_morning(state: State, learned: Learned) -> State:
    """A new day: who is inside stays inside, but the day's biases and its stays are others."""
    mean, cov = state.mean.copy(), state.cov.copy()
    entered, left = learned.missed()
    for part, value, spread in (
        (ENTERED, entered, learned.bias_spread / 2**0.5),
        (LEFT, left, learned.bias_spread / 2**0.5),
        (TODAY, 0.0, learned.day_spread),
    ):
        mean[:, part] = value
        cov[:, part, :] = cov[:, :, part] = 0.0
        cov[:, part, part] = spread**2
    return State(mean, cov)


class Filter:
    """The steps through `counts`; `before` (Z, B) is who came in the B bins before them."""

    def __init__(self, counts: Counts, learned: Learned, before: Floats) -> None:
        self._counts = counts
        self._learned = learned
        lead = before.shape[1]
        came = np.concatenate([before, counts.entered], axis=1)
        clock = np.concatenate([np.zeros(lead, np.int64), counts.clock])
        self._expected = learned.expected(came, clock)[:, lead:]
        self._stretch = learned.stretch(came, clock)[:, lead:]
        unseen = np.concatenate([np.zeros_like(before), counts.unseen], axis=1)
        self._doubt = LOOSE + learned.doubt(unseen)[:, lead:]
        self._recently = _sum_of_last_hour(came, counts.slots)[:, lead:]

    def predicted(self, state: State, i: int) -> tuple[State, Floats]:
        """The state at the end of bin i by its crossings, and the transition (Z, 5, 5) that led there."""
        counts, learned = self._counts, self._learned
        entered, left = counts.entered[:, i], counts.left[:, i]
        step = np.broadcast_to(np.eye(PARTS), state.cov.shape).copy()
        step[:, PEOPLE, ENTERED] = entered
        step[:, PEOPLE, LEFT] = -left
        step[:, STAY, STAY] = learned.memory
        mean = np.einsum("zij,zj->zi", step, state.mean)
        mean[:, PEOPLE] += entered - left
        cov = step @ state.cov @ step.swapaxes(1, 2)
        cov[:, PEOPLE, PEOPLE] += MISS * (entered + left) + counts.unseen[:, i] + STILL
        for part in (ENTERED, LEFT, TODAY):
            cov[:, part, part] += STILL
        cov[:, STAY, STAY] += learned.spread * (1 - learned.memory**2)
        return State(mean, cov), step

    def measured(self, state: State, i: int) -> State:
        """The state after everything else that is known of bin i."""
        # Of a bin that is not over, those who come later are not there yet: by stays, too few would be expected.
        if not (self._counts.open_end and i == len(self._counts) - 1):
            state = self._by_stays(state, i)
        state = self._by_areas(state, i)
        if self._counts.closed[i]:
            everyone = np.ones(len(state.mean), np.bool_)
            state = inside_is(state, 0.0, EMPTY + (self._recently[:, i] / 2) ** 2, where=everyone)
        return self._by_person(never_negative(state), i)

    def _by_stays(self, state: State, i: int) -> State:
        expected = self._expected[:, i]
        row = np.zeros_like(state.mean)
        row[:, PEOPLE] = 1.0
        row[:, STAY] = -np.sqrt(np.maximum(expected, FEW))
        row[:, TODAY] = -self._stretch[:, i]
        return _update(state, row, expected, self._doubt[:, i], where=np.ones(len(expected), np.bool_))

    def _by_areas(self, state: State, i: int) -> State:
        """An area sees a part of a zone: as many are inside at least, and by experience some times as many."""
        seen, learned = self._counts.seen[:, i], self._learned
        looked = ~np.isnan(seen)
        if not looked.any():
            return state
        known = looked & ~np.isnan(learned.covers)
        inside = np.where(known, seen * learned.covers, 0.0)
        variance = np.where(known, learned.covers_spread * np.maximum(inside, 1.0), 1.0)
        state = inside_is(state, inside, variance, where=known)
        least = np.where(looked, seen, 0.0)
        return inside_is(state, least, np.maximum(least, 1.0), where=looked & (state.mean[:, PEOPLE] < least))

    def _by_person(self, state: State, i: int) -> State:
        counts = self._counts
        if np.isnan(counts.recounted[:, i]).all():
            return state
        crossed = MISS * (counts.entered[:, i] + counts.left[:, i]) + counts.unseen[:, i]
        return as_counted(state, counts.recounted[:, i], crossed)


def run(counts: Counts, learned: Learned, start: State, before: Floats) -> tuple[Estimates, State]:
    """Filter forward from `start`, knowing who came `before`; the estimates, and the state at the end."""
    steps, state = Filter(counts, learned, before), start
    people, variance = np.zeros_like(counts.entered), np.zeros_like(counts.entered)
    for i in range(len(counts)):
        state, _ = steps.predicted(state, i)
        state = steps.measured(state, i)
        people[:, i] = np.maximum(0.0, state.mean[:, PEOPLE])
        variance[:, i] = state.cov[:, PEOPLE, PEOPLE] * learned.widening**2
    return Estimates(people, variance), state


def smooth(counts: Counts, learned: Learned) -> Estimates:
    """A whole day, from nobody in the morning to nobody at its end, with every bin knowing all others."""
    steps, state = Filter(counts, learned, counts.entered[:, :0]), empty_morning(learned)
    forward: list[tuple[State, Floats, State]] = []
    for i in range(len(counts)):
        ahead, step = steps.predicted(state, i)
        forward.append((state, step, ahead))
        state = steps.measured(ahead, i)
    state = inside_is(state, 0.0, np.full(len(state.mean), STILL), where=np.ones(len(state.mean), np.bool_))
    people, variance = np.zeros_like(counts.entered), np.zeros_like(counts.entered)
    for i in reversed(range(len(counts))):
        people[:, i] = np.maximum(0.0, state.mean[:, PEOPLE])
        variance[:, i] = np.maximum(0.0, state.cov[:, PEOPLE, PEOPLE])
        before, step, ahead = forward[i]
        gain = np.linalg.solve(ahead.cov, step @ before.cov).swapaxes(1, 2)
        mean = before.mean + np.einsum("zij,zj->zi", gain, state.mean - ahead.mean)
        state = State(mean, before.cov + gain @ (state.cov - ahead.cov) @ gain.swapaxes(1, 2))
    return Estimates(people, variance)


def inside_is(state: State, people: Floats | float, variance: Floats, *, where: Bools) -> State:
    """The state after hearing how many are inside, in the zones `where` (Z,) that is known."""
    row = np.zeros_like(state.mean)
    row[:, PEOPLE] = 1.0
    return _update(state, row, people, variance, where=where)


def as_counted(state: State, people: Floats, doubt: Floats) -> State:
    """The state after a person has counted `people` (Z,) inside, NaN where nobody did; `doubt` is variance besides.

    It is exactly as many afterwards, because so it stands in the ledger. A surprise beyond what was thought possible
    means people whom no line saw, of whom biases and stays shall not learn more than from a likely one. Zones and site
    are held together: the rest moves by how unsure it was, and is then as sure as the others let it be.
    """
    known = ~np.isnan(people)
    variance = np.where(known, (BY_EYE * people) ** 2 + SLIP + doubt, state.cov[:, PEOPLE, PEOPLE])
    people = np.where(known, people, state.mean[:, PEOPLE])
    if len(people) > 1:
        people = shared_out(people[:, None], variance[:, None], ~known[:, None])[:, 0]
        variance = np.where(known, variance, variance.sum() - variance)
    cov = state.cov.copy()
    surprise = people - state.mean[:, PEOPLE]
    cov[:, PEOPLE, PEOPLE] += np.maximum(0.0, surprise**2 - cov[:, PEOPLE, PEOPLE] - variance)
    heard = inside_is(State(state.mean, cov), people, variance, where=np.ones(len(people), np.bool_))
    mean = heard.mean.copy()
    mean[:, PEOPLE] = people
    return State(mean, heard.cov)


def never_negative(state: State) -> State:
    """Fewer than nobody is nobody: what was missed must have come in."""
    short = state.mean[:, PEOPLE] < 0
    if not short.any():
        return state
    return inside_is(state, 0.0, 0.1 * state.cov[:, PEOPLE, PEOPLE] + STILL, where=short)


def _update(state: State, row: Floats, value: Floats | float, variance: Floats, *, where: Bools) -> State:
    """A measurement of `row` (Z, 5) times the state, in the zones `where` there is one."""
    across = np.einsum("zij,zj->zi", state.cov, row)
    total = np.einsum("zi,zi->z", row, across) + variance
    gain = np.where(where[:, None], across / total[:, None], 0.0)
    surprise = value - np.einsum("zi,zi->z", row, state.mean)
    mean = state.mean + gain * surprise[:, None]
    cov = state.cov - gain[:, :, None] * across[:, None, :]
    return State(mean, (cov + cov.swapaxes(1, 2)) / 2)


def _sum_of_last_hour(came: Floats, slots: int) -> Floats:
    """(Z, N): who came in the hour up to the end of each bin."""
    bins = max(1, slots // 24)
    sums = np.cumsum(came, axis=1)
    hour = sums.copy()
    hour[:, bins:] -= sums[:, :-bins]
    return hour
