"""Why a slot is not covered: who could be there, and what keeps each of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from vilina_api.rostering.people import Person, skills_of
from vilina_api.rostering.roster import Shift, Uncovered, clock
from vilina_api.rostering.shifts import Ints, Week, times_of_day

NEAR: Final = 1e-6
COULD: Final = "could come, at the cost of other slots"
BY_NAME: Final = 3
"""So many are told by name; of more, how many are kept by what."""

Shifts = Mapping[str, Mapping[date, Shift]]
"""Of each person, by day."""


def uncovered(week: Week, missing: Sequence[Ints], shifts: Shifts) -> tuple[Uncovered, ...]:
    """Stretches of time in which a unit lacks so many, day by day; `missing` (units, blocks) of each day."""
    found = []
    for day, lacks in enumerate(missing):
        for unit, first, last in _stretches(lacks):
            start, end = first * week.required.block_min, last * week.required.block_min
            staff = int(lacks[unit, first])
            why = _why(week, unit, day, (start, end), staff, shifts)
            found.append(
                Uncovered(
                    unit=week.required.units[unit], day=week.required.days[day], start_min=start, end_min=end,
                    staff=staff, why=why,
                )
            )  # fmt: skip
    return tuple(found)


def _stretches(lacks: Ints) -> Iterator[tuple[int, int, int]]:
    """Unit, first block and the one after the last, while the same number is missing."""
    for unit, row in enumerate(lacks):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        for first, last in pairwise(edges):
            if row[first]:
                yield unit, first, last


def _why(week: Week, unit: int, day: int, times: tuple[int, int], staff: int, shifts: Shifts) -> str:
    known = week.site.units[unit]
    when = f"{week.required.days[day]:%A} {clock(times[0])}–{clock(times[1])}"
    lacks = f"{known.name} lacks {staff} on {when}"
    needs = " and ".join(sorted(skills_of(known)))
    able = [one for number, one in enumerate(week.people) if unit in week.skilled[number]]
    if not able:
        return f"{lacks}: nobody has {needs}. Teach or hire somebody, or ask for less in the plan."
    kept = [(one, *_kept(week, known.id, one, day, times, shifts.get(one.id, {}))) for one in able]
    if len(able) <= BY_NAME:
        names = ", ".join(one.name for one in able[:-1]) + " and " * (len(able) > 1) + able[-1].name
        told = ", ".join(f"{one.name} {why}" for one, _, why in kept)
        return f"{lacks}: only {names} {'has' if len(able) == 1 else 'have'} {needs}; {told}."
    sums: dict[str, int] = {}
    for _, kind, _ in kept:
        sums[kind] = sums.get(kind, 0) + 1
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(sums.items(), key=lambda one: -one[1]))
    return f"{lacks}: of {len(able)} who have {needs}, {told}."


def _kept(
    week: Week, unit: str, person: Person, day: int, times: tuple[int, int], mine: Mapping[date, Shift]
) -> tuple[str, str]:
    """What keeps somebody: as it is counted, and as it is told of one."""
    today = week.required.days[day]
    if today in mine:
        return _at_work(week, unit, mine[today], times)
    if not person.can(today, *times):
        return "are not available then", "is not available then"
    if len(mine) >= week.rules.most_days:
        return f"have their {week.rules.most_days} days", f"has {len(mine)} days of work already"
    return _no_shift(week, person, day, times, mine) or (COULD, COULD)


def _no_shift(
    week: Week, person: Person, day: int, times: tuple[int, int], mine: Mapping[date, Shift]
) -> tuple[str, str] | None:
    """Why somebody with a free day has no shift then; None if nothing of their own keeps them."""
    opens = week.required.opens(day)
    assert opens is not None, "somebody is needed on this day"
    fitting = [
        (start, end)
        for start, end in times_of_day(week.rules, *opens)
        if start < times[1] and times[0] < end and person.can(week.required.days[day], start, end)
    ]
    if not fitting:
        return "have no shift that fits their availability", "is available too briefly for a shift"
    limit = min(person.hours, week.rules.most_hours)
    used = sum(shift.paid_hours for shift in mine.values())
    if used + min(week.rules.paid_hours(end - start) for start, end in fitting) > limit + NEAR:
        return "have their hours", f"has {used:g} of {limit:g} h"
    if not any(_rested(week, day, start, end, mine) for start, end in fitting):
        rest = f"{week.rules.rest_min / 60:g} h of rest"
        return f"need {rest}", f"needs {rest} between shifts"
    return None


def _at_work(week: Week, unit: str, shift: Shift, times: tuple[int, int]) -> tuple[str, str]:
    names = {unit.id: unit.name for unit in week.site.units}
    for stint in shift.stints:
        if stint.start_min < times[1] and times[0] < stint.end_min:
            if stint.unit is None:
                return "have a break", "has a break"
            if stint.unit == unit:
                return "are there", "is there"
            return "work elsewhere then", f"is at {names[stint.unit]}"
    hours = f"{clock(shift.start_min)}–{clock(shift.end_min)}"
    return "work at another time of that day", f"works {hours} on that day"


def _rested(week: Week, day: int, start: int, end: int, mine: Mapping[date, Shift]) -> bool:
    days = week.required.days
    before = mine.get(days[day - 1]) if day else None
    after = mine.get(days[day + 1]) if day + 1 < len(days) else None
    return (before is None or week.rested(day - 1, before.end_min, start)) and (
        after is None or week.rested(day, end, after.start_min)
    )
