"""Who is at which unit in each block of a shift, and has a break when: as many covered as can be, and few changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from scipy.sparse import coo_array, csc_array

from vilina_api.rostering.burdens import INFINITE
from vilina_api.rostering.highs import solve_whole
from vilina_api.rostering.roster import Stint
from vilina_api.rostering.shifts import Week

MISSING: Final = 1000.0
"""What an uncovered block weighs against one move to another unit."""
DAY_S: Final = 5.0
BREAK: Final = -1

Times = Mapping[int, tuple[int, int]]
"""Start and end of the shift of each person who works on a day, in minutes."""


@dataclass(frozen=True, slots=True)
class Desks:
    """Stints of each person on a day, and `missing` (units, blocks): staff who lack."""

    stints: Mapping[int, tuple[Stint, ...]]
    missing: np.ndarray[tuple[int, int], np.dtype[np.int64]]


class _Program:
    """A program, as it is written down."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.entries: list[tuple[int, int, float]] = []

    def column(self, cost: float = 0.0) -> int:
        self.cost.append(cost)
        return len(self.cost) - 1

    def row(self, low: float, high: float, entries: Sequence[tuple[int, float]]) -> None:
        self.entries += [(len(self.low), column, value) for column, value in entries]
        self.low.append(low)
        self.high.append(high)

    def solve(self, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        rows, columns, values = zip(*self.entries, strict=True)
        matrix = csc_array(coo_array((values, (rows, columns)), shape=(len(self.low), len(self.cost))))
        many = len(self.cost)
        bounds = np.array(self.low), np.array(self.high)
        cost, upper = np.array(self.cost), np.full(many, INFINITE)
        found = solve_whole(cost, upper, matrix, bounds, np.ones(many, bool), seconds=seconds)
        # Without moves it is a transport problem, whose corners are whole.
        without = np.where(cost == MISSING, cost, 0.0)
        if found is None:
            found = solve_whole(without, upper, matrix, bounds, np.zeros(many, bool), seconds=INFINITE)
        assert found is not None, "staff may be missing anywhere, so there is always a way"
        return found.x


def at_desks(week: Week, day: int, times: Times) -> Desks:
    """Desks and breaks of one day, for the shifts that are given."""
    block, need = week.required.block_min, week.required.need[:, day]
    program = _Program()
    at = {
        (person, t, unit): program.column()
        for person, (start, end) in times.items()
        for t in range(start // block, end // block)
        for unit in week.skilled[person]
    }
    pauses: dict[tuple[int, int], list[int]] = {}
    for person, (start, end) in times.items():
        _one(program, week, at, pauses, person, (start, end))
    for unit, t in np.argwhere(need):
        there = [
            (column, 1.0) for person in times if (column := at.get((person, int(t), int(unit)))) is not None
        ]
        program.row(float(need[unit, t]), INFINITE, [*there, (program.column(MISSING), 1.0)])
    if not times:
        return Desks({}, need.copy())
    value = program.solve(DAY_S)
    where: dict[int, dict[int, int]] = {person: {} for person in times}
    present = np.zeros_like(need)
    for (person, t, unit), column in at.items():
        if value[column] > 0.5:
            where[person][t] = unit
            present[unit, t] += 1
    stints = {person: stints_of(week, times[person], where[person]) for person in times}
    return Desks(stints, np.maximum(0, need - present))


def _one(
    program: _Program, week: Week, at: dict[tuple[int, int, int], int], pauses: dict[tuple[int, int], list[int]],
    person: int, times: tuple[int, int],
) -> None:  # fmt: skip
    """In each block at one unit or on a break; moves cost."""
    block, (start, end) = week.required.block_min, times
    if week.rules.has_break(end - start):
        begins = []
        for minute in week.rules.break_starts(start):
            column = program.column()
            begins.append((column, 1.0))
            for n in range(week.rules.break_min // block):
                pauses.setdefault((person, minute // block + n), []).append(column)
        program.row(1.0, 1.0, begins)
    for t in range(start // block, end // block):
        here = [(at[person, t, unit], 1.0) for unit in week.skilled[person]]
        program.row(1.0, 1.0, [*here, *((pause, 1.0) for pause in pauses.get((person, t), ()))])
        if t > start // block:
            for unit in week.skilled[person]:
                moved = program.column(1.0)
                program.row(
                    0.0, INFINITE, [(moved, 1.0), (at[person, t, unit], -1.0), (at[person, t - 1, unit], 1.0)]
                )


def stints_of(week: Week, times: tuple[int, int], where: Mapping[int, int]) -> tuple[Stint, ...]:
    """From the unit in each block: stretches at one unit, and the break where there is none."""
    block, (start, end) = week.required.block_min, times
    found = []
    for unit, blocks in groupby(range(start // block, end // block), key=lambda t: where.get(t, BREAK)):
        stretch = list(blocks)
        found.append(
            Stint(
                start_min=stretch[0] * block,
                end_min=(stretch[-1] + 1) * block,
                unit=None if unit == BREAK else week.required.units[unit],
            )
        )
    return tuple(found)
