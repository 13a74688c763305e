"""Somebody is ill: another roster with few changes. CP-SAT, for the days that are lost.

Before all, as little as possible is uncovered; then as few people as possible notice anything; then as few times as
possible change; then hours. At most `at_most` others change at all, be it a time, a break or a desk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from vilina_api.errors import RosterError
from vilina_api.rostering.desks import Desks, stints_of
from vilina_api.rostering.making import assembled
from vilina_api.rostering.roster import AT_MOST, Change, Repaired, Roster, Stint
from vilina_api.rostering.shifts import Shifts, Week, possible

UNCOVERED: Final = 2000
PERSON: Final = 300
TIMES: Final = 40
BROKEN: Final = 10
SECONDS: Final = 4.0
WORKERS: Final = 2


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


@dataclass(slots=True)
class _Day:
    """One person on one day, in the program: shifts by the literals that choose them, and units by block."""

    shifts: dict[tuple[int, int], cp_model.IntVar]
    units: dict[tuple[int, int], cp_model.IntVar]


class _Program:
    """Everybody else on the days that are lost; other days stay."""

    def __init__(self, week: Week, roster: Roster, absent: str, lost: Sequence[int], at_most: int) -> None:
        self._week, self._roster, self._lost = week, roster, lost
        self._model = cp_model.CpModel()
        self._solver = cp_model.CpSolver()
        self._found: dict[tuple[int, int], _Day] = {}
        self._cost: list[cp_model.LinearExprT] = []
        shifts = possible(week)
        changed = []
        for number, person in enumerate(week.people):
            if person.id == absent or not week.skilled[number]:
                continue
            other = self._model.new_bool_var("")
            changed.append(other)
            self._cost.append(PERSON * other)
            for day in lost:
                self._person(shifts, number, day, other)
            self._limits(number)
        self._model.add(sum(changed) <= at_most)
        self._cover()
        self._model.minimize(sum(self._cost))

    def solve(self, seconds: float) -> bool:
        """Whether the best is proven to be."""
        self._solver.parameters.max_time_in_seconds = seconds
        self._solver.parameters.num_workers = WORKERS
        self._solver.parameters.random_seed = 1
        status = self._solver.solve(self._model)
        if status == cp_model.UNKNOWN:
            # A busy machine may not even have looked; any repair is better than none.
            self._solver.parameters.max_time_in_seconds = 10 * seconds
            status = self._solver.solve(self._model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE), (
            "that nobody changes is a solution, and the hint"
        )
        return status == cp_model.OPTIMAL

    def days(self) -> Mapping[int, Mapping[int, tuple[tuple[int, int], tuple[Stint, ...]]]]:
        """Of each lost day: times and stints of each person who works."""
        found: dict[int, dict[int, tuple[tuple[int, int], tuple[Stint, ...]]]] = {
            day: {} for day in self._lost
        }
        for (person, day), one in self._found.items():
            for times, chosen in one.shifts.items():
                if self._solver.boolean_value(chosen):
                    where = {
                        t: unit for (t, unit), here in one.units.items() if self._solver.boolean_value(here)
                    }
                    found[day][person] = times, stints_of(self._week, times, where)
        return found

    def _person(self, shifts: Shifts, number: int, day: int, other: cp_model.IntVar) -> None:
        week, model, block = self._week, self._model, self._week.required.block_min
        before = self._roster.by_person[week.people[number].id].get(week.required.days[day])
        mine = np.flatnonzero((shifts.person == number) & (shifts.day == day))
        times = {(int(shifts.start[i]), int(shifts.end[i])): int(i) for i in mine}
        known = (before.start_min, before.end_min) if before else None
        if known is not None:
            times.setdefault(known, -1)
        one = _Day({key: model.new_bool_var("") for key in times if self._rested(number, day, key)}, {})
        self._found[number, day] = one
        model.add(sum(one.shifts.values()) <= 1)
        for key, i in times.items():
            if key in one.shifts and key != known:
                model.add_implication(one.shifts[key], other)
                self._cost.append(
                    (TIMES + BROKEN * int(shifts.broken[i]) + 2 * int(shifts.paid[i])) * one.shifts[key]
                )
        if known is not None:
            model.add(one.shifts[known] == 1).only_enforce_if(~other)
            # Who is sent home notices it as much as who comes.
            self._cost.append(TIMES * (1 - one.shifts[known]))
        was = {
            (t, week.required.units.index(stint.unit))
            for stint in (before.stints if before else ())
            if stint.unit is not None
            for t in range(stint.start_min // block, stint.end_min // block)
        }
        self._desks(number, one, was, other)
        for key, chosen in one.shifts.items():
            model.add_hint(chosen, int(key == known))
        for key, here in one.units.items():
            model.add_hint(here, int(key in was))
        model.add_hint(other, 0)

    def _desks(self, number: int, one: _Day, was: set[tuple[int, int]], other: cp_model.IntVar) -> None:
        """In each block of the shift at one unit or on a break; and all as it was, if nothing is to change."""
        week, model, block = self._week, self._model, self._week.required.block_min
        starts: dict[int, list[cp_model.IntVar]] = {}
        for (start, end), chosen in one.shifts.items():
            if week.rules.has_break(end - start):
                starts.setdefault(start, []).append(chosen)
        pauses: dict[int, list[cp_model.IntVar]] = {}
        for start, long in starts.items():
            begins = []
            for minute in week.rules.break_starts(start):
                begin = model.new_bool_var("")
                begins.append(begin)
                for n in range(week.rules.break_min // block):
                    pauses.setdefault(minute // block + n, []).append(begin)
            model.add(sum(begins) == sum(long))
        blocks = {t for start, end in one.shifts for t in range(start // block, end // block)}
        for t in sorted(blocks):
            here = []
            for unit in week.skilled[number]:
                there = one.units[t, unit] = model.new_bool_var("")
                here.append(there)
                if (t, unit) in was:
                    model.add_bool_or(there, other)
                else:
                    model.add_implication(there, other)
            present = [
                chosen for (start, end), chosen in one.shifts.items() if start // block <= t < end // block
            ]
            model.add(sum(here) + sum(pauses.get(t, ())) == sum(present))

    def _limits(self, number: int) -> None:
        """Days and hours of the whole week, and rest between lost days that follow each other."""
        week, person = self._week, self._week.people[number]
        stays = [
            shift
            for shift in self._roster.by_person[person.id].values()
            if week.required.days.index(shift.day) not in self._lost
        ]
        chosen = [
            (times, literal)
            for day in self._lost
            for times, literal in self._found[number, day].shifts.items()
        ]
        hours = sum(shift.paid_hours for shift in stays)
        self._model.add(sum(literal for _, literal in chosen) <= week.rules.most_days - len(stays))
        self._model.add(
            sum(round(60 * week.rules.paid_hours(e - s)) * literal for (s, e), literal in chosen)
            <= round(60 * (week.most_hours(number) - hours))
        )
        for day in self._lost:
            if day + 1 in self._lost:
                for (_, end), today in self._found[number, day].shifts.items():
                    for (start, _), tomorrow in self._found[number, day + 1].shifts.items():
                        if not week.rested(day, end, start):
                            self._model.add_bool_or(~today, ~tomorrow)

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

    def _cover(self) -> None:
        """What nobody covers costs."""
        need = self._week.required.need
        for day in self._lost:
            there: dict[tuple[int, int], list[cp_model.IntVar]] = {}
            for (_, of), one in self._found.items():
                if of == day:
                    for (t, unit), here in one.units.items():
                        there.setdefault((t, unit), []).append(here)
            for unit, t in np.argwhere(need[:, day]):
                staff = int(need[unit, day, t])
                short = self._model.new_int_var(0, staff, "")
                self._model.add(short >= staff - sum(there.get((int(t), int(unit)), [])))
                self._cost.append(UNCOVERED * short)


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
    block = week.required.block_min
    for mine in stints.values():
        for stint in mine:
            if stint.unit is not None:
                lacks[
                    week.required.units.index(stint.unit), stint.start_min // block : stint.end_min // block
                ] -= 1
    return np.maximum(0, lacks)
