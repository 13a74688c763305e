"""One day of people who share units, while their other days stay: the best of all shifts that they could have.

How many of each group have which shift must be whole, but who of them has it need not be asked for: with the other days
as they are, each shift has its price for each person, and giving shifts to people is a transport problem, whose corners
are whole. So people who are alike are no burden to the search, and a day is solved in a second or two.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, hstack, vstack

from vilina_api.rostering.burdens import INFINITE, Burden
from vilina_api.rostering.highs import solve_whole
from vilina_api.rostering.model import Model
from vilina_api.rostering.sheet import NO_DAY
from vilina_api.rostering.shifts import Floats, Ints, Week

NEAR: Final = 1e-6


def group_of(week: Week) -> Ints:
    """Of each person; -1 for who can work nowhere."""
    groups = np.full(len(week.people), -1, np.int64)
    for number, (_, members) in enumerate(week.groups):
        groups[list(members)] = number
    return groups


def components(week: Week) -> list[tuple[int, ...]]:
    """Groups that share units, directly or through others."""
    apart: list[tuple[set[int], set[int]]] = []
    for number, (units, _) in enumerate(week.groups):
        touching = [one for one in apart if one[0] & set(units)]
        apart = [one for one in apart if one not in touching]
        apart.append(
            (
                set(units).union(*(u for u, _ in touching)),
                {number}.union(*(g for _, g in touching)),
            )
        )
    return [tuple(sorted(numbers)) for _, numbers in apart]


class Day:
    """The program of a day for some groups that share no unit with others."""

    def __init__(self, model: Model, week: Week, day: int, groups: Collection[int]) -> None:
        self._model, self._week, self._day = model, week, day
        shifts, of = model.shifts, group_of(week)[model.shifts.person]
        self.shifts = np.flatnonzero((shifts.day == day) & np.isin(of, list(groups)))
        self.people = np.unique(shifts.person[self.shifts])
        self._other, rows = _around(model, self.shifts)
        self._columns = np.concatenate([self.shifts, self._other])
        keys: dict[tuple[int, int, int], int] = {}
        self._kind = np.array(
            [
                keys.setdefault((int(of[i]), int(shifts.start[i]), int(shifts.end[i])), len(keys))
                for i in self.shifts
            ],
            np.int64,
        )
        self._kinds = len(keys)
        number = np.arange(len(self.shifts))
        one_each = _ones(np.searchsorted(self.people, shifts.person[self.shifts]), number, len(self._columns))
        counted = _ones(self._kind, number, len(self._columns))
        by_row = csc_array(model.matrix[:, self._columns])[rows]
        nothing = coo_array((by_row.shape[0] + one_each.shape[0], self._kinds))
        left = vstack([by_row, one_each, counted])
        right = vstack([nothing, coo_array(-np.eye(self._kinds))])
        self._matrix = csc_array(hstack([left, right]))
        self.uncovered = np.intersect1d(self._other, model.uncovered)
        self.needed = model.needed[np.searchsorted(model.uncovered, self.uncovered)]
        self._nobody = np.zeros(len(self._columns))
        self._nobody[np.searchsorted(self._columns, self.uncovered)] = self.needed
        spare = np.zeros(self._kinds)
        self._rows = (
            np.concatenate([model.row_lower[rows], np.zeros(len(self.people)), spare]),
            np.concatenate([model.row_upper[rows], np.ones(len(self.people)), spare]),
        )

    def solve(
        self, x: Floats, bears: Mapping[int, Sequence[Burden]], made: Collection[int], *, good: float, seconds: float
    ) -> None:  # fmt: skip
        """Change the day's columns of `x` to the best, or to ones whose cost is `good` above that at most.

        `bears` is what each person has to bear; `made` are days with whole shifts, from and to which there is rest.
        """
        model, many = self._model, len(self.shifts)
        allowed = self._rested(x, made)
        borne = np.zeros(many)
        for person in self.people:
            here = model.shifts.person[self.shifts] == person
            borne[here] = _extra(x, bears[int(person)], self.shifts[here])
        cost = np.concatenate([model.cost[self._columns], np.zeros(self._kinds)])
        cost[:many] += borne
        upper = np.concatenate([allowed, model.upper[self._other], np.full(self._kinds, INFINITE)])
        known = x[self._columns] if self._day in made else self._nobody
        start = np.concatenate([known, np.bincount(self._kind, known[:many], self._kinds)])
        whole = np.arange(len(cost)) >= len(self._columns)
        # A corner is what HiGHS nearly always stops at; where it does not, shifts are asked to be whole, too.
        for exact in (False, True):
            whole[:many] = exact
            found = solve_whole(
                cost, upper, self._matrix, self._rows, whole, seconds=seconds, start=start, good=good
            )
            if found is not None and np.all(np.abs(found.x[:many] - np.round(found.x[:many])) < NEAR):
                known = found.x[: len(self._columns)]
                break
        x[self._columns] = known
        x[self.shifts] = np.round(x[self.shifts])

    def at_work(self, x: Floats, people: Collection[int]) -> bool:
        """Whether one of them has a shift on it."""
        return bool(x[self.shifts] @ np.isin(self._model.shifts.person[self.shifts], list(people)) > NEAR)

    def _rested(self, x: Floats, made: Collection[int]) -> Floats:
        """1 for shifts that leave enough rest from and to those of the days that are made."""
        shifts, week = self._model.shifts, self._week
        allowed = np.ones(len(self.shifts))
        for other in {self._day - 1, self._day + 1} & set(made):
            for i in np.flatnonzero((shifts.day == other) & (x[: len(shifts)] > 0.5)):
                for n in np.flatnonzero(shifts.person[self.shifts] == shifts.person[i]):
                    first, second = sorted((int(i), int(self.shifts[n])), key=lambda at: int(shifts.day[at]))
                    day, end = min(other, self._day), int(shifts.end[first])
                    if not week.rested(day, end, int(shifts.start[second])):
                        allowed[n] = 0.0
        return allowed


def _extra(x: Floats, bears: Sequence[Burden], mine: Ints) -> Floats:
    """What each of a person's possible shifts of a day costs beside its hours, with other days as they are."""
    extra = np.zeros(len(mine))
    for one in bears:
        here = np.isin(one.shifts, mine)
        without = one.much(x) - float(one.amount[here] @ x[one.shifts[here]])
        extra += one.cost(without + one.amount[here]) - one.cost(np.array(without))
    return extra


def _around(model: Model, ours: Ints) -> tuple[Ints, Ints]:
    """Columns and rows of the desks, breaks and units that some shifts of a day are about."""
    by_row = model.matrix.tocsr()
    rows = _touched(model.matrix, ours)
    rows = rows[model.row_day[rows] != NO_DAY]
    other = np.unique(by_row[rows].indices)
    rows = _touched(model.matrix, other[other >= len(model.shifts)])
    uncovered = np.intersect1d(np.unique(by_row[rows].indices), model.uncovered)
    return np.union1d(other[other >= len(model.shifts)], uncovered), rows


def _touched(matrix: csc_array, columns: Ints) -> Ints:
    return np.unique(csc_array(matrix[:, columns]).indices).astype(np.int64)


def _ones(row: npt.ArrayLike, column: npt.ArrayLike, wide: int) -> coo_array:
    row = np.asarray(row)
    return coo_array((np.ones(len(row)), (row, np.asarray(column))), shape=(int(row.max()) + 1, wide))
