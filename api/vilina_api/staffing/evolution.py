"""How many are in a queue as the day goes on, for many days at once: what a settled queue of each slot does not know.

Erlang C takes each slot for the rest of time: a slot with more load than staff has an endless queue in it, though in
half an hour only a short one grows, and the slot after it has none. Here shares of each number of customers go over
from slot to slot: the forward equations of M(t)/M/s(t)+M, in small steps. Two corrections make them those of other
service times: arrivals are those with the right lag (`effective_rates`), and who waits comes and goes in lumps of
`wait_scale` customers, a diffusion with the right variance, with waits as much longer or shorter as Whitt's for M/G/s.
"""

from dataclasses import dataclass
from math import ceil, inf, sqrt
from typing import Final

import numpy as np
from scipy.stats import poisson

from vilina_api.staffing.service import Floats, Service

STEP: Final = 0.8
"""Greatest chance that anything happens in a step; with more than 1 shares would be negative."""
LONGEST_MIN: Final = 90.0
"""Nobody joins a queue of so many minutes, and who would is not seen any more."""
SMALLEST_ROOM: Final = 20
NEVER: Final = 1e-12
"""A share of days that is taken for none."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Shares (K, staff + 1 + room) of days with so many customers; beyond `staff` a column is one lump who wait."""

    staff: int
    shares: Floats


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
        shares = np.zeros((days, 1 + self.room))
        shares[:, 0] = 1.0
        return Crowd(0, shares)

    def with_people(self, staff: int, people: float) -> Crowd:
        """One day on which so many are with the unit, at its desks or waiting."""
        shares = np.zeros((1, staff + 1 + self.room))
        lumps = max(0.0, people - staff) / self.service.wait_scale
        place = min(min(people, staff) + lumps, staff + self.room - 1.0)
        low = int(place)
        shares[0, low : low + 2] = [1 - (place - low), place - low]
        return Crowd(staff, shares)

    def run(self, crowd: Crowd, staff: int, *, rates: Floats, minutes: float) -> tuple[Crowd, Floats]:
        """A slot with so many staff and effective arrivals per minute (K, parts): who is there at its end, and the
        share (K,) of who comes in it that is served in time."""
        shares, down = self._with(crowd, staff), self._down(staff)
        lumps = np.where(np.arange(staff + self.room) < staff, 1.0, 1 / self.service.wait_scale)
        in_time, width = self.in_time(staff), minutes / rates.shape[1]
        within = np.zeros(len(shares))
        for part in range(rates.shape[1]):
            up = rates[:, part, None] * lumps
            top = _reach(shares, float(up.max()) * width)
            seen = _pass(shares[:, : top + 1], up[:, :top], down[:top], width)
            within += seen @ in_time[: top + 1]
        return Crowd(staff, shares), within / rates.shape[1]

    def in_time(self, staff: int) -> Floats:
        """(staff + 1 + room,): the chance of who finds so many there to be served within the minutes asked about.

        Who waits is served when all lumps before have gone and one more: a Poisson number of departures exceeds them.
        Where people give up, those before go faster, and who waits may go first: solved in steps.
        """
        found = np.ones(staff + 1 + self.room)
        lumps = np.arange(1 + self.room)
        pace = staff / self.service.mean_min / self.service.wait_scale
        if self.patience_min == inf:
            found[staff:] = poisson.sf(lumps, pace * self.within_min)
            return found
        goes, gives_up = pace + lumps / self.patience_min, 1 / self.patience_min
        steps = ceil(self.within_min * (goes.max() + gives_up) / STEP) or 1
        width = self.within_min / steps
        chance = np.zeros(1 + self.room)
        for _ in range(steps):
            before = np.concatenate([[1.0 if staff else 0.0], chance[:-1]])
            chance = chance + width * (goes * (before - chance) - gives_up * chance)
        found[staff:] = chance
        return found

    def _down(self, staff: int) -> Floats:
        """(staff + room,): how often per minute there is one customer, or one lump, less."""
        served = np.minimum(np.arange(1, staff + 1 + self.room), staff) / self.service.mean_min
        waiting = np.maximum(np.arange(1, staff + 1 + self.room) - staff, 0)
        return np.where(waiting > 0, served / self.service.wait_scale + waiting / self.patience_min, served)

    def _with(self, crowd: Crowd, staff: int) -> Floats:
        """The same people where there are other staff; their mean does not change."""
        scale = self.service.wait_scale
        before = np.arange(crowd.shares.shape[1], dtype=np.float64)
        people = np.where(before <= crowd.staff, before, crowd.staff + (before - crowd.staff) * scale)
        place = np.where(people <= staff, people, staff + (people - staff) / scale)
        place = np.minimum(place, staff + self.room)
        low = np.minimum(place.astype(np.int64), staff + self.room - 1)
        moves = np.zeros((len(before), staff + 1 + self.room))
        rows = np.arange(len(before))
        moves[rows, low] = 1 - (place - low)
        moves[rows, low + 1] += place - low
        return np.asarray(crowd.shares @ moves, np.float64)


def _reach(shares: Floats, arrivals: float) -> int:
    """The last column that anything worth a look can reach while so many arrive, by eight standard deviations."""
    used = int(np.flatnonzero(shares.max(axis=0) > NEVER)[-1])
    return min(int(shares.shape[1]) - 1, used + ceil(arrivals + 8 * sqrt(arrivals)) + 10)


def _pass(shares: Floats, up: Floats, down: Floats, minutes: float) -> Floats:
    """Let the minutes pass in `shares` (K, C + 1), with chances per minute of one more (K, C) and of one less (C,).

    The mean of the shares over these minutes (K, C + 1).
    """
    steps = ceil(minutes * (up.max() + down.max()) / STEP) or 1
    more, fewer = up * (minutes / steps), down * (minutes / steps)
    seen = np.zeros_like(shares)
    for _ in range(steps):
        seen += shares
        moved = shares[:, :-1] * more - shares[:, 1:] * fewer
        shares[:, :-1] -= moved
        shares[:, 1:] += moved
    return seen / steps
