"""A roster, and a bound on how good one can be: a linear program of the week, then day after day of it made whole.

The linear program says what the week costs at least, and what people do on days that are not made yet. Each day is then
the best that it can be with all others as they are (`days.py`). Days and hours of a person's week are soft at first:
what is too much has a price, which grows for those who have too much, until nobody has. So the days find out who has
time for what, while staff are missing only where all else is dearer. Then limits are hard, and days are made better.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from time import monotonic, process_time
from typing import Final

import numpy as np

from vilina_api.rostering.burdens import Burden, burdens, limits
from vilina_api.rostering.days import NEAR, Day, components, group_of
from vilina_api.rostering.highs import Relaxation
from vilina_api.rostering.model import Model
from vilina_api.rostering.shifts import Floats, Ints, Week

WORKERS: Final = 2
DAY_S: Final = 6.0
FIRST: Final = 4.0
"""A day takes some seconds; one that takes so long is left as it is then. The first time it takes so much longer."""
HURRY_S: Final = 2.0
"""The same when time is up and there is no roster yet."""
PRICE: Final = 2.0
"""Paid hours that a day of work too many costs at first."""
SCARCE: Final = 200.0
"""The same where not even the linear program covers all: an hour is worth half of what it could cover there."""
DEARER: Final = 2.0
HARD: Final = 1e5
"""More than anything that could be covered on a day."""
ROUGH: Final = 0.01
FINE: Final = 0.001
"""How far a day may be from its best, as a share of the hours that are needed on it: at first, and at last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How far a search is. `best`: cost of the best roster yet, `uncovered` blocks in it; None before it."""

    bound: float
    best: float | None
    uncovered: int | None

    @property
    def gap(self) -> float | None:
        """By how much the best may be worse than the best there is, as a share of it."""
        if self.best is None:
            return None
        return max(0.0, self.best - self.bound) / max(self.best, NEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Shifts that are taken, as rows of all that are possible; `bound` on the cost; and how many blocks are proven
    to be `unavoidable`."""

    shifts: Ints
    cost: float
    bound: float
    unavoidable: int


def search(
    model: Model, week: Week, *, good: float, stop: Callable[[], bool], tell: Callable[[Stage], None],
    seed: int = 1,
) -> Found:  # fmt: skip
    """The best roster until `stop`, or until it is within `good` of the bound. The first one is waited for."""
    relaxation = Relaxation(model)
    wall, work = monotonic(), process_time()
    root = relaxation.solve()
    # Where others share the machine, a second on the clock is less than a second of work: days get so much longer.
    slower = (
        max(1.0, (monotonic() - wall) / max(process_time() - work, NEAR)) if monotonic() - wall > 1 else 1.0
    )
    assert root is not None, "nobody at work is always allowed"
    tell(Stage(bound=root.bound, best=None, uncovered=None))
    dice = np.random.default_rng(seed).spawn(len(week.groups))
    parts = [
        _Part(model, week, groups, root.x, dice=dice[number], seconds=DAY_S * slower)
        for number, groups in enumerate(components(week))
        if np.isin(group_of(week)[model.shifts.person], groups).any()
    ]
    able = np.concatenate([part.uncovered for part in parts])
    nobody, needed = (one[~np.isin(model.uncovered, able)] for one in (model.uncovered, model.needed))
    with ThreadPoolExecutor(WORKERS) as pool:
        while True:
            list(pool.map(lambda part: part.sweep(stop), parts))
            if any(part.best is None for part in parts):
                continue
            stage = Stage(
                bound=root.bound, best=sum(part.cost for part in parts) + float(model.cost[nobody] @ needed),
                uncovered=sum(part.missing for part in parts) + round(needed.sum()),
            )  # fmt: skip
            tell(stage)
            if stop() or (stage.gap or 0.0) <= good:
                break
    shifts = np.concatenate([part.best for part in parts])
    assert stage.best is not None, "the loop ends with a roster"
    unavoidable = _unavoidable(model, relaxation) if stage.uncovered else 0
    return Found(shifts, stage.best, root.bound, unavoidable)


def _unavoidable(model: Model, relaxation: Relaxation) -> int:
    """Blocks that no roster covers, whatever else it costs: the linear program of nothing but them, rounded up."""
    cost = np.zeros(len(model.cost))
    cost[model.uncovered] = 1.0
    relaxation.set_costs(cost)
    solved = relaxation.solve()
    return 0 if solved is None else ceil(solved.bound - 1e-4)


class _Part:
    """The week of people who share units, apart from all others."""

    def __init__(
        self, model: Model, week: Week, groups: Collection[int], root: Floats, *, dice: np.random.Generator,
        seconds: float,
    ) -> None:  # fmt: skip
        self._model, self._dice, self._seconds = model, dice, seconds
        self._block_h = week.required.block_min / 60
        self._x = root.copy()
        days = np.unique(model.shifts.day[np.isin(group_of(week)[model.shifts.person], list(groups))])
        self._days = {int(day): Day(model, week, int(day), groups) for day in days}
        self.uncovered = np.concatenate([day.uncovered for day in self._days.values()])
        self._shifts = np.concatenate([day.shifts for day in self._days.values()])
        self._people = sorted({int(person) for day in self._days.values() for person in day.people})
        self._burdens = {one: tuple(burdens(week, model.shifts, one)) for one in self._people}
        self._limits = {one: tuple(limits(week, model.shifts, one)) for one in self._people}
        self._first = SCARCE if root[self.uncovered].sum() > NEAR else PRICE
        self._price = dict.fromkeys(self._people, self._first)
        self._made: set[int] = set()
        self._next = list(self._days)
        self._share = ROUGH
        self.best: Ints | None = None
        """Shifts that are taken in the best roster of these people, if there is one yet."""
        self.cost = float("inf")
        self.missing = 0

    def sweep(self, stop: Callable[[], bool]) -> None:
        """Make days once more, in any order; at first the busiest first. Without a roster yet, it goes on."""
        order = [int(day) for day in self._dice.permutation(self._next)]
        if not self._made:
            order.sort(key=lambda day: -float(self._days[day].needed.sum()))
        for day in order:
            if self.best is not None and stop():
                return
            hours = float(self._days[day].needed.sum()) * self._block_h
            seconds = self._seconds if day in self._made else FIRST * self._seconds
            if stop():
                seconds = min(seconds, HURRY_S)
            self._days[day].solve(
                self._x, self._bears(), self._made, good=self._share * hours, seconds=seconds
            )
            self._made.add(day)
        self._judge(stop())

    def _bears(self) -> dict[int, Sequence[Burden]]:
        """Of each person, with limits at their price."""
        return {
            one: (*borne, *(limit.dearer(self._price[one]) for limit in self._limits[one]))
            for one, borne in self._burdens.items()
        }

    def _judge(self, hurry: bool) -> None:
        """What there is now, and how to go on."""
        over = [one for one in self._people if self._over(one)]
        self._next = [day for day, those in self._days.items() if not over or those.at_work(self._x, over)]
        if over:
            dearer = {one: self._price[one] * DEARER for one in over}
            self._price |= dict.fromkeys(self._people, HARD) if hurry else dearer
            return
        cost = self._cost()
        if cost < self.cost - NEAR:
            self.cost, self.missing = cost, round(self._x[self.uncovered].sum())
            self.best = self._shifts[self._x[self._shifts] > 0.5]
        elif self._share > FINE:
            self._share /= 2
        else:
            # Nothing better from here: limits are soft again, and lead elsewhere.
            self._share, self._price = ROUGH, dict.fromkeys(self._people, self._first)
            return
        self._price = dict.fromkeys(self._people, HARD)

    def _over(self, person: int) -> bool:
        """Whether somebody has more days or hours than they may."""
        return any(one.much(self._x) > NEAR for one in self._limits[person])

    def _cost(self) -> float:
        """Of what there is: hours, what is missing, and what people bear."""
        counted = np.concatenate([self._shifts, self.uncovered])
        borne = sum(
            float(one.cost(np.array(one.much(self._x)))) for those in self._burdens.values() for one in those
        )
        return float(self._model.cost[counted] @ self._x[counted]) + borne
