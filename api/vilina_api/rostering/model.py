"""A roster as a linear program whose shifts are whole: minimise uncovered hours, paid hours and what is unfair.

Columns: a possible shift (0 or 1); people of a group at a unit in a block; breaks of a group that begin in a block;
uncovered staff; and steps of what each person has to bear. A group is people who can work in the same units: with whole
shifts, who of them is where is a transport problem, whose solutions are whole by themselves, so that these columns need
not be.

Rows: cover (a unit's block), presence (a group's block), breaks (of those who begin at a time), one shift a day, days
and hours a week, rest, and a person's burdens.

What a person has to bear is in `burdens.py`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csc_array

from vilina_api.rostering.burdens import INFINITE, burdens
from vilina_api.rostering.sheet import NO_DAY, Sheet
from vilina_api.rostering.shifts import Floats, Ints, Shifts, Week

UNCOVERED: Final = 100.0
"""Paid hours that an uncovered hour weighs: far more than anything that could cover it."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Minimise cost @ x for lower <= x <= upper, row_lower <= matrix @ x <= row_upper; the first columns are shifts."""

    shifts: Shifts
    cost: Floats
    upper: Floats
    matrix: csc_array
    row_lower: Floats
    row_upper: Floats
    day: Ints
    """Of each column; NO_DAY for what is about a person's week."""
    row_day: Ints
    """Of each row, likewise; NO_DAY for rules and burdens of a person."""
    uncovered: Ints
    """Columns of uncovered staff, a block each."""
    needed: Floats
    """Staff in each of these blocks."""


def build(week: Week, shifts: Shifts) -> Model:
    """The program of a week."""
    sheet = Sheet()
    for paid, day in zip(shifts.paid, shifts.day, strict=True):
        sheet.column(float(paid), 1.0, int(day))
    needed = _cover(sheet, week, shifts)
    _rules(sheet, week, shifts)
    for person in range(len(week.people)):
        _burdens(sheet, week, shifts, person)
    return Model(
        shifts=shifts, cost=np.array(sheet.cost), upper=np.array(sheet.upper),
        matrix=sheet.matrix,
        row_lower=np.array(sheet.low), row_upper=np.array(sheet.high),
        day=np.array(sheet.day, np.int64), row_day=np.array(sheet.row_day, np.int64),
        uncovered=np.array(list(needed), np.int64), needed=np.array(list(needed.values())),
    )  # fmt: skip


def _cover(sheet: Sheet, week: Week, shifts: Shifts) -> dict[int, float]:
    """Cover, presence and breaks of each day; the columns of what is not covered, and the staff needed there."""
    need, block = week.required.need, week.required.block_min
    needed: dict[int, float] = {}
    for day in range(len(week.required.days)):
        cover: dict[tuple[int, int], int] = {}
        for unit, at in np.argwhere(need[:, day]):
            short = sheet.column(UNCOVERED * block / 60, INFINITE, day)
            needed[short] = float(need[unit, day, at])
            cover[int(unit), int(at)] = sheet.row(needed[short], INFINITE, [(short, 1.0)], day)
        for units, members in week.groups:
            mine = np.flatnonzero((shifts.day == day) & np.isin(shifts.person, members))
            if len(mine):
                _presence(sheet, week, shifts, mine, units, cover)
    return needed


def _presence(
    sheet: Sheet, week: Week, shifts: Shifts, mine: Ints, units: tuple[int, ...], cover: dict[tuple[int, int], int]
) -> None:  # fmt: skip
    block, day = week.required.block_min, int(shifts.day[mine[0]])
    first, last = int(shifts.start[mine].min()) // block, int(shifts.end[mine].max()) // block
    present = {at: sheet.row(-INFINITE, 0.0, day=day) for at in range(first, last)}
    for at, row in present.items():
        for unit in units:
            if (unit, at) in cover:
                there = sheet.column(0.0, INFINITE, day)
                sheet.entries += [(row, there, 1.0), (cover[unit, at], there, 1.0)]
    begun: dict[int, list[tuple[int, float]]] = {}
    for shift in mine:
        start, end = int(shifts.start[shift]), int(shifts.end[shift])
        sheet.entries += [(present[at], int(shift), -1.0) for at in range(start // block, end // block)]
        if week.rules.has_break(end - start):
            begun.setdefault(start, []).append((int(shift), 1.0))
    for start, long in begun.items():
        row = sheet.row(0.0, 0.0, long, day)
        for minute in week.rules.break_starts(start):
            pause = sheet.column(0.0, INFINITE, day)
            sheet.entries.append((row, pause, -1.0))
            sheet.entries += [
                (present[minute // block + n], pause, 1.0) for n in range(week.rules.break_min // block)
            ]


def _rules(sheet: Sheet, week: Week, shifts: Shifts) -> None:
    """One shift a day, days and hours a week, rest."""
    for person in range(len(week.people)):
        mine = np.flatnonzero(shifts.person == person)
        by_day = [mine[shifts.day[mine] == day] for day in range(len(week.required.days))]
        for today in by_day:
            if len(today):
                sheet.row(0.0, 1.0, [(int(i), 1.0) for i in today])
        sheet.row(0.0, float(week.rules.most_days), [(int(i), 1.0) for i in mine])
        sheet.row(0.0, week.most_hours(person), [(int(i), float(shifts.paid[i])) for i in mine])
        for day in range(len(by_day) - 1):
            _rest(sheet, week, shifts, by_day[day], by_day[day + 1])


def _rest(sheet: Sheet, week: Week, shifts: Shifts, today: Ints, tomorrow: Ints) -> None:
    """For each end of a shift: who works until then or later does not begin too early on the next day."""
    if not len(today) or not len(tomorrow):
        return
    day = int(shifts.day[today[0]])
    for end in sorted({int(at) for at in shifts.end[today]}):
        early = [int(i) for i in tomorrow if not week.rested(day, end, int(shifts.start[i]))]
        if early:
            late = [int(i) for i in today if shifts.end[i] >= end]
            sheet.row(0.0, 1.0, [(i, 1.0) for i in (*late, *early)])


def _burdens(sheet: Sheet, week: Week, shifts: Shifts, person: int) -> None:
    for one in burdens(week, shifts, person):
        steps = [sheet.column(price, wide, NO_DAY) for price, wide in zip(one.prices, one.wide, strict=True)]
        amounts = [(int(i), -float(n)) for i, n in zip(one.shifts, one.amount, strict=True) if n]
        sheet.row(one.start, INFINITE, [*amounts, *((step, 1.0) for step in steps)])
