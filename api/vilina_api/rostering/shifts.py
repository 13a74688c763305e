"""Every shift that each person could have in a week, and what it would mean to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vilina_api.errors import RosterError
from vilina_api.rostering.people import DAY_MIN, Person, units_of
from vilina_api.rostering.required import Required
from vilina_api.rostering.rules import ShiftRules
from vilina_ingest.site import Site

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SATURDAY = 5


@dataclass(frozen=True, eq=False)
class Week:
    """What a roster is made of: who there is, how many are needed, and the rules.

    Raises:
        RosterError: nobody can be rostered.
    """

    site: Site
    people: tuple[Person, ...]
    required: Required
    rules: ShiftRules

    def __post_init__(self) -> None:
        if not self.people:
            raise RosterError("there are no people to roster; the file needs a row for each")

    @cached_property
    def skilled(self) -> tuple[tuple[int, ...], ...]:
        """For each person, the units in which they can work, as indices of `required.units`."""
        index = {unit: number for number, unit in enumerate(self.required.units)}
        return tuple(
            tuple(index[unit] for unit in units_of(person, self.site.units)) for person in self.people
        )

    @cached_property
    def groups(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """People who can work in the same units: the units, and the people."""
        found: dict[tuple[int, ...], list[int]] = {}
        for person, units in enumerate(self.skilled):
            if units:
                found.setdefault(units, []).append(person)
        return tuple((units, tuple(members)) for units, members in sorted(found.items()))

    def most_hours(self, person: int) -> float:
        return min(self.people[person].hours, self.rules.most_hours)

    def lost_min(self, day: int) -> int:
        """Minutes that the night after a day of the week is shorter than others: when clocks go forward."""
        noons = [
            datetime.combine(self.required.first + timedelta(days=day + n), time(12), self.site.tz)
            for n in (0, 1)
        ]
        before, after = (noon.utcoffset() or timedelta() for noon in noons)
        return int((after - before) / timedelta(minutes=1))

    def rested(self, day: int, end_min: int, next_start_min: int) -> bool:
        """Whether there is enough rest from the end of a shift on a day to the start of one on the next."""
        return DAY_MIN - end_min + next_start_min - self.lost_min(day) >= self.rules.rest_min

    def is_unpopular(self, day: date, end_min: int) -> bool:
        """Evenings and weekends, which are to be shared."""
        return end_min > self.rules.late_from_min or day.weekday() >= SATURDAY


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """Possible shifts, one in each row: person, day of the week, minutes of the day."""

    person: Ints
    day: Ints
    start: Ints
    end: Ints
    paid: Floats
    unpopular: npt.NDArray[np.bool_]
    broken: Ints
    """Wishes that the shift breaks, less those that it keeps."""

    def __len__(self) -> int:
        return len(self.person)


def possible(week: Week) -> Shifts:
    """All that rules, availability and opening allow.

    A preferred time is a wish that is kept by a shift that touches it; so it counts as -1 there.
    """
    rows: list[tuple[int, int, int, int]] = []
    for number in range(len(week.required.days)):
        rows += _of_day(week, number)
    if not rows:
        raise RosterError(
            "nobody can have any shift in this week: check availability, skills and the shortest shift"
        )
    person, day, start, end = np.array(rows, np.int64).T
    days = week.required.days
    detail = [(week.people[p], days[d], s, e) for p, d, s, e in rows]
    return Shifts(
        person=person, day=day, start=start, end=end,
        paid=np.array([week.rules.paid_hours(e - s) for _, _, s, e in rows]),
        unpopular=np.array([week.is_unpopular(d, e) for _, d, _, e in detail]),
        broken=np.array([p.broken(d, s, e) - kept(p, d, s, e) for p, d, s, e in detail], np.int64),
    )  # fmt: skip


def kept(person: Person, day: date, start_min: int, end_min: int) -> int:
    """Preferred times of one date or weekday in which this shift is."""
    return sum(time.touches(day, start_min, end_min) for time in person.prefers)


def wishes(week: Week, person: int) -> int:
    """How many preferred times a person has in the week: each is a wish for a shift."""
    return sum(time.of(day) for time in week.people[person].prefers for day in week.required.days)


def times_of_day(rules: ShiftRules, opens: int, closes: int) -> list[tuple[int, int]]:
    """Starts and ends of shifts within opening, on the grid that begins with it; the end of opening is on it, too."""
    grid = list(range(opens, closes, rules.start_every_min))
    ends = [*grid, closes]
    starts = sorted({*grid, *(closes - (closes - at) // rules.block_min * rules.block_min for at in grid)})
    return [
        (start, end) for start in starts for end in ends if rules.shortest_min <= end - start <= rules.longest_min
    ]  # fmt: skip


def _of_day(week: Week, number: int) -> Sequence[tuple[int, int, int, int]]:
    opened = week.required.opens(number)
    if opened is None:
        return ()
    day, found = week.required.days[number], []
    for start, end in times_of_day(week.rules, *opened):
        blocks = slice(start // week.required.block_min, end // week.required.block_min)
        wanted = week.required.need[:, number, blocks].sum(axis=1)
        for person, units in enumerate(week.skilled):
            if any(wanted[unit] for unit in units) and week.people[person].can(day, start, end):
                found.append((person, number, start, end))
    return found
