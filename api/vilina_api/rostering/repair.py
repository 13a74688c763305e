"""Somebody is ill: another roster with few changes, by one whole program of the days that are lost.

Before all, as little as possible is uncovered; then as few people as possible notice anything; then as few times as
possible change; then hours. At most `at_most` others change at all, be it a time, a break or a desk.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from vilina_api.errors import RosterError
from vilina_api.rostering.burdens import INFINITE
from vilina_api.rostering.desks import Desks, at_desks
from vilina_api.rostering.highs import solve_whole
from vilina_api.rostering.making import assembled
from vilina_api.rostering.roster import AT_MOST, Change, Repaired, Roster, Shift, Stint
from vilina_api.rostering.sheet import Sheet
from vilina_api.rostering.shifts import Week, possible

UNCOVERED: Final = 2000.0
PERSON: Final = 300.0
TIMES: Final = 40.0
BROKEN: Final = 10.0
SECONDS: Final = 2.5


def repair(
    week: Week, roster: Roster, *, absent: str, days: Sequence[date], at_most: int = AT_MOST, seconds: float = SECONDS
) -> Repaired:  # fmt: skip
    """A roster in which somebody does not work on some days.

    Raises:
        RosterError: there is no such person or day.
    """
    if absent not in roster.by_person:
        raise RosterError(
            f"there is nobody called {absent!r} in the roster; it has {', '.join(roster.by_person)}"
        )
    wrong = [day for day in days if day not in roster.days]
    if wrong or not days:
        raise RosterError(
            f"{', '.join(map(str, wrong)) or 'no day'} is not in the roster; "
            f"it is of {roster.days[0]} to {roster.days[-1]}"
        )
    lost = [roster.days.index(day) for day in sorted(days) if day in roster.by_person[absent]]
    program = _Program(week, roster, absent, lost, at_most)
    proven = program.solve(seconds)
    fixed = _assembled(week, roster, program.days())
    changes = [
        Change(person=person, day=day, before=before, after=after)
        for person, mine in roster.by_person.items()
        if person != absent
        for day in roster.days
        if (before := mine.get(day)) != (after := fixed.by_person[person].get(day))
    ]
    return Repaired(roster=fixed, changes=tuple(changes), proven=proven)


class _Program:
    """Everybody else on the days that are lost; other days stay. Each person stays on a day as they are, or changes.

    Who changes is counted by group at the desks, as in `model.py`; who of them is where follows from their shifts.
    """

    def __init__(self, week: Week, roster: Roster, absent: str, lost: Sequence[int], at_most: int) -> None:
        self._week, self._roster, self._lost = week, roster, lost
        self._sheet, self._whole, self._start = Sheet(), set[int](), dict[int, float]()
        self._shifts = possible(week)
        self._stay: dict[tuple[int, int], int] = {}
        self._times: dict[tuple[int, int], dict[tuple[int, int], int]] = {}
        others = []
        for number, person in enumerate(week.people):
            if person.id != absent and week.skilled[number]:
                others.append(self._choice(PERSON))
                for day in lost:
                    self._person(number, day, others[-1])
                self._limits(number)
        self._sheet.row(0.0, float(at_most), [(other, 1.0) for other in others])
        for day in lost:
            self._cover(day)

    def solve(self, seconds: float) -> bool:
        """Whether the best is proven to be."""
        sheet, many = self._sheet, len(self._sheet.cost)
        cost = np.array(sheet.cost)
        found = solve_whole(
            cost, np.array(sheet.upper), sheet.matrix, (np.array(sheet.low), np.array(sheet.high)),
            np.isin(np.arange(many), list(self._whole)), seconds=seconds, good=TIMES / 2,
            start=np.array([self._start.get(column, 0.0) for column in range(many)]),
        )  # fmt: skip
        assert found is not None, "that nobody changes is a solution, and the start"
        self._found = found.x
        return bool(cost @ found.x - found.bound <= TIMES)

    def days(self) -> Mapping[int, Mapping[int, tuple[tuple[int, int], tuple[Stint, ...]]]]:
        """Of each lost day: times and stints of each person who works."""
        return {day: self._of_day(day) for day in self._lost}

    def _of_day(self, day: int) -> dict[int, tuple[tuple[int, int], tuple[Stint, ...]]]:
        week, found = self._week, dict[int, tuple[tuple[int, int], tuple[Stint, ...]]]()
        changed: dict[int, tuple[int, int]] = {}
        for (person, of), times in self._times.items():
            if of == day:
                stay = self._stay.get((person, day))
                if stay is not None and self._found[stay] > 0.5:
                    before = self._before(person, day)
                    assert before is not None, "who stays was there"
                    found[person] = (before.start_min, before.end_min), before.stints
                changed.update((person, key) for key, column in times.items() if self._found[column] > 0.5)
        lacks = week.required.need.copy()
        lacks[:, day] = _missing(week, day, {person: stints for person, (_, stints) in found.items()})
        left = replace(week, required=replace(week.required, need=lacks))
        desks = at_desks(left, day, changed)
        return {**found, **{person: (times, desks.stints[person]) for person, times in changed.items()}}

    def _choice(self, cost: float) -> int:
        column = self._sheet.column(cost, 1.0)
        self._whole.add(column)
        return column

    def _before(self, number: int, day: int) -> Shift | None:
        return self._roster.by_person[self._week.people[number].id].get(self._week.required.days[day])

    def _person(self, number: int, day: int, other: int) -> None:
        """Stays, or has another shift or other desks in the same one, or none."""
        shifts, sheet = self._shifts, self._sheet
        before = self._before(number, day)
        known = (before.start_min, before.end_min) if before else None
        mine = np.flatnonzero((shifts.person == number) & (shifts.day == day))
        times = {(int(shifts.start[i]), int(shifts.end[i])): int(i) for i in mine}
        chosen = {
            key: self._choice(
                0.0 if key == known else TIMES + BROKEN * int(shifts.broken[i]) + 2 * float(shifts.paid[i])
            )
            for key, i in times.items()
            if self._rested(number, day, key)
        }
        self._times[number, day] = chosen
        changes = [(column, 1.0) for column in chosen.values()]
        if before is None:
            sheet.row(-INFINITE, 0.0, [*changes, (other, -1.0)])
            return
        stay = self._stay[number, day] = self._choice(0.0)
        self._start[stay] = 1.0
        # Who is sent home notices it as much as who comes.
        home = self._choice(TIMES)
        sheet.row(1.0, 1.0, [*changes, (stay, 1.0), (home, 1.0)])
        sheet.row(1.0, INFINITE, [(stay, 1.0), (other, 1.0)])

    def _chosen(self, number: int, day: int) -> list[tuple[tuple[int, int], int]]:
        """Times that somebody may have on a lost day, and the columns that choose them."""
        found = list(self._times[number, day].items())
        before = self._before(number, day)
        if before is not None:
            found.append(((before.start_min, before.end_min), self._stay[number, day]))
        return found

    def _limits(self, number: int) -> None:
        """Days and hours of the whole week, and rest between lost days that follow each other."""
        week, sheet = self._week, self._sheet
        stays = [
            shift
            for shift in self._roster.by_person[week.people[number].id].values()
            if week.required.days.index(shift.day) not in self._lost
        ]
        chosen = [one for day in self._lost for one in self._chosen(number, day)]
        hours = week.most_hours(number) - sum(shift.paid_hours for shift in stays)
        paid = [(column, week.rules.paid_hours(end - start)) for (start, end), column in chosen]
        sheet.row(
            -INFINITE, float(week.rules.most_days - len(stays)), [(column, 1.0) for _, column in chosen]
        )
        sheet.row(-INFINITE, hours, paid)
        for day in self._lost:
            if day + 1 in self._lost:
                today, tomorrow = self._chosen(number, day), self._chosen(number, day + 1)
                for end in sorted({end for (_, end), _ in today}):
                    early = [column for (start, _), column in tomorrow if not week.rested(day, end, start)]
                    late = [column for (_, until), column in today if until >= end]
                    if early:
                        sheet.row(-INFINITE, 1.0, [(column, 1.0) for column in (*late, *early)])

    def _cover(self, day: int) -> None:
        """What nobody covers costs: of those who stay, and of those who change, by group."""
        week, sheet, block = self._week, self._sheet, self._week.required.block_min
        cover: dict[tuple[int, int], int] = {}
        lacks = week.required.need[:, day].copy()
        there: dict[tuple[int, int], list[tuple[int, float]]] = {}
        for (number, of), stay in self._stay.items():
            before = self._before(number, day)
            if of == day and before is not None:
                for unit, t in _blocks(week, before.stints):
                    there.setdefault((unit, t), []).append((stay, 1.0))
                    lacks[unit, t] -= 1
        for unit, t in np.argwhere(week.required.need[:, day]):
            short = sheet.column(UNCOVERED, INFINITE)
            self._start[short] = max(0.0, float(lacks[unit, t]))
            stays = there.get((int(unit), int(t)), [])
            needed = float(week.required.need[unit, day, t])
            cover[int(unit), int(t)] = sheet.row(needed, INFINITE, [*stays, (short, 1.0)])
        for units, members in week.groups:
            changes = [
                (times, column)
                for person in members
                for times, column in self._times.get((person, day), {}).items()
            ]
            present: dict[int, int] = {}
            for (start, end), column in changes:
                for t in range(start // block, end // block):
                    if t not in present:
                        here = [(unit, sheet.column(0.0, INFINITE)) for unit in units if (unit, t) in cover]
                        present[t] = sheet.row(-INFINITE, 0.0, [(desk, 1.0) for _, desk in here])
                        sheet.entries += [(cover[unit, t], desk, 1.0) for unit, desk in here]
                    sheet.entries.append((present[t], column, -1.0))
            self._pauses(changes, present)

    def _pauses(self, changes: Sequence[tuple[tuple[int, int], int]], present: Mapping[int, int]) -> None:
        """A break in each long shift."""
        rules, sheet, block = self._week.rules, self._sheet, self._week.required.block_min
        begun: dict[int, list[tuple[int, float]]] = {}
        for (start, end), column in changes:
            if rules.has_break(end - start):
                begun.setdefault(start, []).append((column, 1.0))
        for start, long in begun.items():
            row = sheet.row(0.0, 0.0, long)
            for minute in rules.break_starts(start):
                pause = sheet.column(0.0, INFINITE)
                sheet.entries.append((row, pause, -1.0))
                sheet.entries += [
                    (present[minute // block + n], pause, 1.0) for n in range(rules.break_min // block)
                ]

    def _rested(self, number: int, day: int, times: tuple[int, int]) -> bool:
        """From and to the shifts of days that stay."""
        week = self._week
        mine = self._roster.by_person[week.people[number].id]
        for other in (day - 1, day + 1):
            if not 0 <= other < len(week.required.days) or other in self._lost:
                continue
            shift = mine.get(week.required.days[other])
            if shift is None:
                continue
            early, late = (
                ((other, shift.end_min), times[0]) if other < day else ((day, times[1]), shift.start_min)
            )
            if not week.rested(*early, late):
                return False
        return True


def _assembled(
    week: Week, roster: Roster, days: Mapping[int, Mapping[int, tuple[tuple[int, int], tuple[Stint, ...]]]]
) -> Roster:
    """The roster with other lost days."""
    times, desks = [], []
    for number, date_ in enumerate(week.required.days):
        if number in days:
            now = days[number]
        else:
            now = {
                person: ((shift.start_min, shift.end_min), shift.stints)
                for person, one in enumerate(week.people)
                if (shift := roster.by_person[one.id].get(date_)) is not None
            }
        times.append({person: when for person, (when, _) in now.items()})
        stints = {person: one for person, (_, one) in now.items()}
        desks.append(Desks(stints, _missing(week, number, stints)))
    quality = roster.quality
    known = quality.cost, quality.bound, quality.unavoidable, quality.seconds
    fixed = assembled(week, times, desks, known)
    hours = fixed.quality.paid_hours - quality.paid_hours
    # What a repaired roster would cost anew is not asked: it is judged by its changes.
    return replace(fixed, quality=replace(fixed.quality, cost=quality.cost + hours))


def _missing(
    week: Week, day: int, stints: Mapping[int, Sequence[Stint]]
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    lacks = week.required.need[:, day].copy()
    for mine in stints.values():
        for unit, t in _blocks(week, mine):
            lacks[unit, t] -= 1
    return np.maximum(0, lacks)


def _blocks(week: Week, stints: Sequence[Stint]) -> Iterator[tuple[int, int]]:
    """Units and blocks in which somebody is at a desk."""
    block = week.required.block_min
    for stint in stints:
        if stint.unit is not None:
            unit = week.required.units.index(stint.unit)
            yield from ((unit, t) for t in range(stint.start_min // block, stint.end_min // block))
