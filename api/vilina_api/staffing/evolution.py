"""How many are in a queue as the day goes on, for many days at once: what a settled queue of each slot does not know.

Erlang C takes each slot for the rest of time: a slot with more load than staff has an endless queue in it, though in
half an hour only a short one grows, and the slot after it has none. Here shares of each number of customers go over
from slot to slot: the forward equations of M(t)/M/s(t)+M, in small steps. Two corrections make them those of other
service times: arrivals are those with the right lag (`effective_rates`), and who waits comes and goes in lumps of
`wait_scale` customers, a diffusion with the right variance, with waits as much longer or shorter as Whitt's for M/G/s.

A column is one day that may come, with staff of its own; all of them are taken a step further by the same additions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf, sqrt
from typing import Final

import numpy as np
from scipy.special import pdtrc

from vilina_api.staffing.service import Floats, Ints, Service

STEP: Final = 0.8
"""Greatest chance that anything happens in a step; with more than 1 shares would be negative."""
LONGEST_MIN: Final = 90.0
"""Nobody joins a queue of so many minutes, and who would is not seen any more."""
SMALLEST_ROOM: Final = 20
NEVER: Final = 1e-9
"""A share of days that is taken for none."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Shares (R, K) of K days with so many customers and `staff` (K,) at work; a row beyond staff is one lump who wait.

    Rows that are not there are empty.
    """

    staff: Ints
    shares: Floats

    def take(self, days: Ints | slice) -> "Crowd":
        """Only these days; the same one as often as it is named."""
        return Crowd(self.staff[days], self.shares[:, days])

    @classmethod
    def beside(cls, crowds: Sequence["Crowd"]) -> "Crowd":
        """The days of one crowd after those of another."""
        shares = np.zeros((max(len(one.shares) for one in crowds), sum(len(one.staff) for one in crowds)))
        at = 0
        for one in crowds:
            shares[: len(one.shares), at : at + len(one.staff)] = one.shares
            at += len(one.staff)
        return cls(np.concatenate([one.staff for one in crowds]), shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolution:
    """A unit's queue: who is served how, and the wait that is asked about."""

    service: Service
    within_min: float
    patience_min: float
    room: int

    @classmethod
    def of(
        cls, service: Service, *, within_min: float, patience_min: float = inf, most_load: float
    ) -> "Evolution":
        """With room for who may wait where the load is so many erlangs at the most."""
        lumps = most_load / service.mean_min * LONGEST_MIN / service.wait_scale
        return cls(
            service=service,
            within_min=within_min,
            patience_min=patience_min,
            room=ceil(lumps) + SMALLEST_ROOM,
        )

    def nobody(self, days: int) -> Crowd:
        return Crowd(np.zeros(days, np.int64), np.ones((1, days)))

    def with_people(self, staff: int, people: float) -> Crowd:
        """One day on which so many are with the unit, at its desks or waiting."""
        lumps = max(0.0, people - staff) / self.service.wait_scale
        place = min(min(people, staff) + lumps, staff + self.room - 1.0)
        low = int(place)
        shares = np.zeros((low + 2, 1))
        shares[low:, 0] = [1 - (place - low), place - low]
        return Crowd(np.array([staff]), shares)

    def run(self, crowd: Crowd, staff: Ints, *, rates: Floats, minutes: float) -> tuple[Crowd, Floats]:
        """A slot with so many staff (K,) and effective arrivals per minute (parts, K): who is there at its end, and the
        share (K,) of who comes in it that is served in time."""
        shares, width, scale = self._with(crowd, staff), minutes / len(rates), self.service.wait_scale
        join, leave = self._paces(staff)
        within, in_time = np.zeros(len(staff)), self._in_time(staff)
        for rate in rates:
            arrivals = float(rate.max()) * width * max(1.0, 1 / scale)
            rows = min(len(shares) + _reach(arrivals), len(join) + 1)
            more, fewer = rate * join[: rows - 1], leave[: rows - 1]
            steps = ceil(width * float((more + fewer).max()) / STEP) or 1
            more *= width / steps
            shares, seen = _let_pass(_higher(shares, rows), more, fewer * (width / steps), steps)
            within += np.einsum("rk,rk->k", seen, in_time[:rows])
        return Crowd(staff, shares), within / len(rates)

    def _paces(self, staff: Ints) -> tuple[Floats, Floats]:
        """(rows - 1, K): lumps that one arrival is, and how often per minute there is one customer, or lump, less."""
        number, scale = np.arange(int(staff.max()) + self.room)[:, None], self.service.wait_scale
        join = np.where(number < staff, 1.0, 1 / scale) * (number < staff + self.room)
        waiting = np.maximum(number + 1 - staff, 0)
        served = np.minimum(number + 1, staff) / self.service.mean_min
        return join, np.where(waiting > 0, served / scale + waiting / self.patience_min, served)

    def _in_time(self, staff: Ints) -> Floats:
        """(rows, K): the chance of who finds so many there to be served within the minutes asked about; 0 where none
        can be."""
        unlike, place = np.unique(staff, return_inverse=True)
        chances = np.zeros((int(unlike[-1]) + 1 + self.room, len(unlike)))
        for column, one in enumerate(unlike.tolist()):
            chances[: one + 1 + self.room, column] = served_in_time(self, one)
        return np.asarray(chances[:, place], np.float64)

    def _with(self, crowd: Crowd, staff: Ints) -> Floats:
        """(R, K): the same people where there are other staff; their mean does not change."""
        new = np.flatnonzero(crowd.staff != staff)
        kept = crowd.shares[: int(staff.max()) + 1 + self.room]
        if not len(new):
            return kept
        was, now, scale = crowd.staff[new], staff[new], self.service.wait_scale
        before = np.arange(len(crowd.shares), dtype=np.float64)[:, None]
        people = np.minimum(before, was) + np.maximum(before - was, 0.0) * scale
        place = np.minimum(people, now) + np.maximum(people - now, 0.0) / scale
        place = np.minimum(place, now + self.room)
        low = np.minimum(place.astype(np.int64), now + self.room - 1)
        rows = max(int(low.max()) + 2, len(kept))
        flat, up = low * len(new) + np.arange(len(new)), crowd.shares[:, new] * (place - low)
        moved = np.bincount(flat.ravel(), (crowd.shares[:, new] - up).ravel(), rows * len(new))
        moved += np.bincount(flat.ravel() + len(new), up.ravel(), rows * len(new))
        found = _higher(kept, rows)
        found[:, new] = moved.reshape(rows, len(new))
        return found


def _higher(shares: Floats, rows: int) -> Floats:
    """A copy with so many rows."""
    found = np.zeros((rows, shares.shape[1]))
    found[: len(shares)] = shares
    return found


def _let_pass(shares: Floats, more: Floats, fewer: Floats, steps: int) -> tuple[Floats, Floats]:
    """Take so many steps in `shares` (R, K), with chances of one more and of one less in each (R - 1, K).

    The shares after them as far as there are any, and the mean of them over the steps (R, K).
    """
    lower, upper, seen = shares[:-1], shares[1:], np.zeros_like(shares)
    up, down = np.empty_like(more), np.empty_like(more)
    for _ in range(steps):
        seen += shares
        np.multiply(lower, more, up)
        np.multiply(upper, fewer, down)
        up -= down
        lower -= up
        upper += up
    seen /= steps
    return shares[: int(np.flatnonzero(shares.max(axis=1) > NEVER)[-1]) + 1], seen


@lru_cache(maxsize=1024)
def served_in_time(queue: Evolution, staff: int) -> Floats:
    """(staff + 1 + room,): the chance of who finds so many there to be served within the minutes asked about.

    Who waits is served when all lumps before have gone and one more: a Poisson number of departures exceeds them.
    Where people give up, those before go faster, and who waits may go first: solved in steps.
    """
    found = np.ones(staff + 1 + queue.room)
    lumps = np.arange(1 + queue.room)
    pace = staff / queue.service.mean_min / queue.service.wait_scale
    if queue.patience_min == inf:
        found[staff:] = pdtrc(lumps, pace * queue.within_min)
        return found
    goes, gives_up = pace + lumps / queue.patience_min, 1 / queue.patience_min
    steps = ceil(queue.within_min * (goes.max() + gives_up) / STEP) or 1
    width = queue.within_min / steps
    chance = np.zeros(1 + queue.room)
    for _ in range(steps):
        before = np.concatenate([[1.0 if staff else 0.0], chance[:-1]])
        chance = chance + width * (goes * (before - chance) - gives_up * chance)
    found[staff:] = chance
    return found


def _reach(arrivals: float) -> int:
    """Rows that anything worth a look can climb while so many arrive, by four standard deviations."""
    return ceil(arrivals + 4 * sqrt(arrivals)) + 4
