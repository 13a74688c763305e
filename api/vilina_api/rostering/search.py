"""A roster, and a bound on how good one can be: a linear program, a first roster near it, and many small programs.

Each small program frees the shifts of some people on some days, while all else stays: mostly where staff are missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from math import ceil
from time import monotonic, process_time
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from vilina_api.rostering.first import components, first_roster, group_of
from vilina_api.rostering.highs import Relaxation, improve
from vilina_api.rostering.model import NO_DAY, Model
from vilina_api.rostering.shifts import Floats, Week

PART_S: Final = 5.0
"""A part takes a second or two; one that takes so long is left."""
NEAR: Final = 1e-6
ANYWHERE: Final = 0.03
"""How often a part is chosen for each person in it; each missing block in it counts 1."""
Kind = Literal["day", "near", "two days", "week"]
KINDS: Final[tuple[Kind, ...]] = ("day", "near", "two days", "near", "week")


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
    """Values of a model's columns; `bound` on the cost; and how many blocks are proven to be `unavoidable`."""

    x: Floats
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
    # Where others share the machine, a second on the clock is less than a second of work: parts get so much longer.
    slower = (
        max(1.0, (monotonic() - wall) / max(process_time() - work, NEAR)) if monotonic() - wall > 1 else 1.0
    )
    assert root is not None, "nobody at work is always allowed"
    tell(Stage(bound=root.bound, best=None, uncovered=None))
    x = first_roster(model, week, root.x, slower=slower)
    parts = _parts(model, week, np.random.default_rng(seed))
    while True:
        stage = Stage(bound=root.bound, best=float(model.cost @ x), uncovered=missing(model, x))
        tell(stage)
        if stop() or (stage.gap or 0.0) <= good:
            break
        better = improve(model, x, next(parts)(x), seconds=PART_S * slower)
        x = x if better is None else better
    unavoidable = _unavoidable(model, relaxation) if missing(model, x) else 0
    return Found(x, float(model.cost @ x), root.bound, unavoidable)


def missing(model: Model, x: Floats) -> int:
    """Blocks times staff that are not covered."""
    return int(np.round(x[model.uncovered].sum()))


def _unavoidable(model: Model, relaxation: Relaxation) -> int:
    """Blocks that no roster covers, whatever else it costs: the linear program of nothing but them, rounded up."""
    cost = np.zeros(len(model.cost))
    cost[model.uncovered] = 1.0
    relaxation.set_costs(cost)
    solved = relaxation.solve()
    return 0 if solved is None else ceil(solved.bound - 1e-4)


Mask = npt.NDArray[np.bool_]


def _parts(model: Model, week: Week, dice: np.random.Generator) -> Iterator[Callable[[Floats], Mask]]:
    """Which columns are free next, of a roster."""
    parts = _Parts(model, week, dice)
    for kind in cycle(KINDS):
        yield lambda x, kind=kind: parts.free(x, kind)  # type: ignore[misc]


class _Parts:
    """Draws parts of a roster that are to be improved."""

    def __init__(self, model: Model, week: Week, dice: np.random.Generator) -> None:
        self._model, self._dice = model, dice
        self._group = group_of(week)[model.shifts.person]
        self._sizes = np.array([len(members) for _, members in week.groups])
        self._days, self._step = len(week.required.days), week.rules.start_every_min
        self._same = {group: part for part in components(week) for group in part}

    def free(self, x: Floats, kind: Kind) -> Mask:
        """Some shifts, and the desks, breaks and burdens that follow from them.

        Of people who share units: all shifts on a day or two; those near their own in the whole week, and on free days
        those where staff are missing. Or of two groups all in the week.
        """
        model, day_of = self._model, self._model.shifts.day
        day, group = self._drawn(x)
        same = self._same[group]
        if kind == "week":
            chosen = np.isin(self._group, (group, self._dice.choice(same)))
        elif kind == "near":
            chosen = np.isin(self._group, same) & self._near(x)
        else:
            days = (day,) if kind == "day" else (day, int(self._dice.integers(self._days)))
            chosen = np.isin(self._group, same) & np.isin(day_of, days)
        free = ~model.whole & ((model.day < 0) | np.isin(model.day, np.unique(day_of[chosen])))
        free[: len(model.shifts)] = chosen
        return free

    def _near(self, x: Floats) -> Mask:
        """Shifts that begin and end a step at most from who has one that day; on free days, those where it lacks."""
        shifts, step = self._model.shifts, self._step
        taken = np.flatnonzero(x[: len(shifts)] > 0.5)
        start = np.full((int(shifts.person.max()) + 1, self._days), NO_DAY)
        end = start.copy()
        start[shifts.person[taken], shifts.day[taken]] = shifts.start[taken]
        end[shifts.person[taken], shifts.day[taken]] = shifts.end[taken]
        begins, ends = start[shifts.person, shifts.day], end[shifts.person, shifts.day]
        near = (begins >= 0) & (abs(shifts.start - begins) <= step) & (abs(shifts.end - ends) <= step)
        lacks = np.zeros((self._days, len(self._sizes)), bool)
        for column in self._model.uncovered[x[self._model.uncovered] > 0.5]:
            lacks[self._model.day[column], list(self._model.able[int(column)])] = True
        chosen: Mask = near | ((begins < 0) & lacks[shifts.day, self._group])
        return chosen

    def _drawn(self, x: Floats) -> tuple[int, int]:
        """A day and a group: likelier where staff are missing whom the group could replace."""
        weight = np.tile(ANYWHERE * self._sizes, (self._days, 1))
        for column in self._model.uncovered[x[self._model.uncovered] > 0.5]:
            weight[self._model.day[column], list(self._model.able[int(column)])] += 1
        drawn = self._dice.choice(weight.size, p=weight.ravel() / weight.sum())
        day, group = divmod(int(drawn), len(self._sizes))
        return day, group
