"""A first roster: for each day the shifts that cover it, group by group; then who has which of them.

A day is about groups, not people: how many of each group have which shift. People who can work in the same units are
alike in it, so the program is small, and units that share nobody are apart. Then people get the shifts of their group,
by their contracts and wishes. Both are looked for within what the linear program of the whole week gives each day.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, hstack, vstack

from vilina_api.rostering.highs import improve, solve_whole
from vilina_api.rostering.model import INFINITE, NO_DAY, UNCOVERED, Model
from vilina_api.rostering.shifts import Floats, Ints, Week

NEAR: Final = 1e-6
DAY_S: Final = 8.0
"""A day takes a second or two; one that takes so long is left as it is then."""
PEOPLE_S: Final = 10.0
WORKERS: Final = 2
A_SHIFT: Final = 0.25
"""Paid hours that a shift is taken to cost beside its own: fewer and longer ones leave people their free days."""
AGAIN: Final = 3
"""Times that days are made again at most."""
PACKED: Final = 0.98
"""Contracts cannot be filled to the last hour with whole shifts."""

Counts = Counter[tuple[int, int, int]]
"""How many have a shift: by day, start and end."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What a group may use on a day: people, and their paid hours."""

    people: float
    hours: float


def first_roster(model: Model, week: Week, root: Floats, *, slower: float = 1.0) -> Floats:
    """Values of all columns; `root` are those of the linear program, `slower` how much longer it takes than alone."""
    groups = group_of(week)
    with ThreadPoolExecutor(WORKERS) as pool:
        parts = list(
            pool.map(lambda part: _of_part(model, week, root, groups, part, slower), components(week))
        )
    x = np.zeros(len(model.cost))
    for part in parts:
        x[part] = 1.0
    return completed(model, x)


def completed(model: Model, x: Floats) -> Floats:
    """The other columns, where shifts are as they are."""
    short = x.copy()
    short[len(model.shifts) :] = 0.0
    # Nobody at a desk and everything uncovered is what any shifts allow, but for breaks and burdens: a plain program.
    found = improve(model, np.where(model.whole, short, 1e6), ~model.whole, seconds=INFINITE)
    assert found is not None, "desks, breaks and burdens follow from shifts"
    return found


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


def _of_part(
    model: Model, week: Week, root: Floats, groups: Ints, part: tuple[int, ...], slower: float
) -> list[int]:
    """The shifts that people of some groups get.

    Day after day, each leaving to later ones what the linear program has there. Where staff are missing then, once more
    with all that is left over; and once more with no reserve for contracts that do not fit.
    """
    shifts, days = model.shifts, range(len(week.required.days))
    mine, value = groups[shifts.person], root[: len(model.shifts)]
    wanted: dict[int, dict[int, Counts]] = {day: {} for day in days}
    lacks = dict.fromkeys(days, 1.0)
    for turn, packed in enumerate((PACKED, PACKED, 1.0)):
        for day in (day for day in days if lacks[day] > NEAR):
            left = {}
            for group in part:
                planned = [counts.get(group, Counts()) for other, counts in wanted.items() if other != day]
                later = value * ((mine == group) & (shifts.day > day)) if turn == 0 else np.zeros(len(value))
                left[group] = _left(week, group, planned, later, shifts.paid, packed)
            found, missing = _day(model, groups, day, left, DAY_S * slower)
            if turn == 0 or missing < lacks[day] - NEAR:
                wanted[day], lacks[day] = found, missing
    return _given(model, week, groups, part, wanted, DAY_S * slower)


def _given(
    model: Model,
    week: Week,
    groups: Ints,
    part: tuple[int, ...],
    wanted: dict[int, dict[int, Counts]],
    seconds: float,
) -> list[int]:
    """Who has which shift. Days with shifts that fit nobody's week are made again, with fewer of their groups."""
    shifts, nothing = model.shifts, np.zeros(len(model.shifts))
    of = {group: np.flatnonzero(groups[shifts.person] == group) for group in part}
    for turn in range(AGAIN + 1):
        given: list[int] = []
        for group in part:
            asked = sum((one.get(group, Counts()) for one in wanted.values()), Counts())
            given += _people(model, of[group], asked)
        have = Counter((int(shifts.day[i]), int(groups[shifts.person[i]])) for i in given)
        lost = {
            day: {group for group, counts in one.items() if sum(counts.values()) > have[day, group]}
            for day, one in wanted.items()
        }
        if turn == AGAIN or not any(lost.values()):
            return given
        for day in (day for day, those in lost.items() if those):
            left = {}
            for group in part:
                planned = [one.get(group, Counts()) for other, one in wanted.items() if other != day]
                budget = _left(week, group, planned, nothing, shifts.paid, PACKED)
                most = have[day, group] if group in lost[day] else budget.people
                left[group] = _Left(min(budget.people, most), budget.hours)
            wanted[day] = _day(model, groups, day, left, seconds)[0]
    return []


def _left(
    week: Week, group: int, planned: list[Counts], later: Floats, paid: Floats, packed: float
) -> _Left:  # fmt: skip
    """What a group has left for a day, beside what other days are planned to have, and later ones need."""
    members = week.groups[group][1]
    shifts = sum(sum(counts.values()) for counts in planned)
    hours = sum(
        week.rules.paid_hours(end - start) * n for one in planned for (_, start, end), n in one.items()
    )
    return _Left(
        packed * (len(members) * week.rules.most_days - float(later.sum())) - shifts,
        packed * (sum(week.most_hours(one) for one in members) - float(later @ paid)) - hours,
    )


def _day(
    model: Model, groups: Ints, day: int, left: dict[int, _Left], seconds: float
) -> tuple[dict[int, Counts], float]:
    """How many of each group have which shift on a day, and how many blocks are not covered by them."""
    shifts = model.shifts
    mine = np.flatnonzero((shifts.day == day) & np.isin(groups[shifts.person], list(left)))
    first: dict[tuple[int, int, int], int] = {}
    many: Counter[tuple[int, int, int]] = Counter()
    for shift in mine:
        key = int(groups[shifts.person[shift]]), int(shifts.start[shift]), int(shifts.end[shift])
        first.setdefault(key, int(shift))
        many[key] += 1
    ours = np.array(list(first.values()), np.int64)
    if not len(ours):
        return {}, 0.0
    ours_of = np.array([group for group, _, _ in first])
    other, rows = _around(model, ours)
    matrix = model.matrix[:, np.concatenate([ours, other])][rows]
    limits, most = [], []
    for group, budget in left.items():
        members = len(set(shifts.person[mine][groups[shifts.person[mine]] == group].tolist()))
        of = (ours_of == group).astype(float)
        blank = np.zeros(len(other))
        limits += [np.concatenate([of, blank]), np.concatenate([of * shifts.paid[ours], blank])]
        most += [max(0.0, min(members, np.floor(budget.people + 0.5))), max(0.0, budget.hours)]
    stacked = csc_array(vstack([matrix, coo_array(np.array(limits))]))
    columns = np.concatenate([ours, other])
    low = np.concatenate([model.row_lower[rows], np.full(len(most), -INFINITE)])
    high = np.concatenate([model.row_upper[rows], most])
    upper = np.concatenate([[float(many[key]) for key in first], model.upper[other]])
    value = solve_whole(
        model.cost[columns] + A_SHIFT * model.whole[columns], upper, stacked, (low, high), model.whole[columns],
        seconds=seconds,
    )  # fmt: skip
    found = {group: Counts() for group in left}
    missing = 0.0 if value is None else float(value[np.isin(columns, model.uncovered)].sum())
    if value is not None:
        for (group, start, end), n in zip(first, value[: len(ours)], strict=True):
            if n > 0:
                found[group][day, start, end] = int(n)
    return found, missing


def _around(model: Model, ours: Ints) -> tuple[Ints, Ints]:
    """Columns and rows of the desks, breaks and units that some shifts of a day are about."""
    by_row = model.matrix.tocsr()
    rows = _rows(model.matrix, ours)
    rows = rows[model.row_day[rows] != NO_DAY]
    other = np.unique(by_row[rows].indices)
    rows = _rows(model.matrix, other[other >= len(model.shifts)])
    uncovered = np.intersect1d(np.unique(by_row[rows].indices), model.uncovered)
    return np.union1d(other[other >= len(model.shifts)], uncovered), rows


def _rows(matrix: csc_array, columns: Ints) -> Ints:
    return np.unique(csc_array(matrix[:, columns]).indices).astype(np.int64)


def _people(model: Model, mine: Ints, wanted: Counts) -> list[int]:
    """Who of a group has which of its shifts: all that fit, and as fairly as they can be."""
    shifts = model.shifts
    keys = {key: number for number, key in enumerate(wanted)}
    of = {
        int(i): keys[key]
        for i in mine
        if (key := (int(shifts.day[i]), int(shifts.start[i]), int(shifts.end[i]))) in keys
    }
    if not of:
        return []
    ours = np.array(list(of), np.int64)
    burdens = np.flatnonzero((model.day == NO_DAY) & _touched(model, ours))
    columns = np.concatenate([ours, burdens])
    rows = np.flatnonzero(model.row_day == NO_DAY)
    matrix = csc_array(model.matrix[:, columns])[rows]
    rows = rows[_used := np.flatnonzero(np.diff(matrix.tocsr().indptr))]
    matrix = matrix[_used]
    entries = [(keys_of, place, 1.0) for place, keys_of in enumerate(of.values())]
    entries += [(number, len(columns) + number, 1.0) for number in keys.values()]
    row, column, value = zip(*entries, strict=True)
    exact = coo_array((value, (row, column)), shape=(len(keys), len(columns) + len(keys)))
    spare = coo_array((matrix.shape[0], len(keys)))
    stacked = csc_array(vstack([_beside(matrix, spare), exact]))
    counts = np.array([float(n) for n in wanted.values()])
    missed = UNCOVERED * np.array([(end - start) / 60 for _, start, end in wanted])
    solved = solve_whole(
        np.concatenate([model.cost[columns], missed]),
        np.concatenate([model.upper[columns], counts]),
        stacked,
        (np.concatenate([model.row_lower[rows], counts]), np.concatenate([model.row_upper[rows], counts])),
        np.concatenate([model.whole[columns], np.zeros(len(keys), bool)]),
        seconds=PEOPLE_S,
    )
    return [] if solved is None else [int(i) for i in ours[solved[: len(ours)] > 0.5]]


def _touched(model: Model, ours: Ints) -> npt.NDArray[np.bool_]:
    """Columns of burdens that share a row with these shifts."""
    rows = np.unique(csc_array(model.matrix[:, ours]).indices)
    rows = rows[model.row_day[rows] == NO_DAY]
    touched = np.zeros(len(model.cost), bool)
    touched[np.unique(model.matrix.tocsr()[rows].indices)] = True
    return touched


def _beside(left: csc_array, right: coo_array) -> csc_array:
    return csc_array(hstack([left, right]))
