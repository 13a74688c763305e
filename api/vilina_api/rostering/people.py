"""Who can work: skills, contract, availability and wishes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from vilina_ingest.site import Site, Unit

DAY_MIN = 1440


@dataclass(frozen=True, slots=True)
class Time:
    """A part of days: of a weekday (0 is Monday), of one date, or of every day if `on` is None. Minutes of the day."""

    on: int | date | None
    from_min: int = 0
    to_min: int = DAY_MIN

    def of(self, day: date) -> bool:
        """Whether it is about this day."""
        if isinstance(self.on, date):
            return self.on == day
        return self.on is None or self.on == day.weekday()

    def touches(self, day: date, start_min: int, end_min: int) -> bool:
        return self.of(day) and start_min < self.to_min and self.from_min < end_min

    def covers(self, day: date, start_min: int, end_min: int) -> bool:
        return self.of(day) and self.from_min <= start_min and end_min <= self.to_min


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the staff. `hours`: paid, a week, by contract.

    `available`: only within one of these; () is always. `away`: never then. `prefers` and `avoids` are wishes, which a
    roster keeps where it can: a shift in each preferred time, and none in an avoided one.
    """

    id: str
    name: str
    skills: frozenset[str]
    hours: float
    available: tuple[Time, ...] = ()
    away: tuple[Time, ...] = ()
    prefers: tuple[Time, ...] = ()
    avoids: tuple[Time, ...] = ()

    def can(self, day: date, start_min: int, end_min: int) -> bool:
        """Whether a shift then is possible at all."""
        if any(time.touches(day, start_min, end_min) for time in self.away):
            return False
        return not self.available or any(time.covers(day, start_min, end_min) for time in self.available)

    def broken(self, day: date, start_min: int, end_min: int) -> int:
        """How many avoided times a shift touches."""
        return sum(time.touches(day, start_min, end_min) for time in self.avoids)


def skills_of(unit: Unit) -> frozenset[str]:
    """What somebody must be able to do to work in a unit: all of its skills, or its name where it lists none."""
    return frozenset(unit.skills) or frozenset({unit.id})


def known_skills(site: Site) -> frozenset[str]:
    """Every skill that a unit of the site asks for."""
    return frozenset[str]().union(*(skills_of(unit) for unit in site.units))


def units_of(person: Person, units: Iterable[Unit]) -> tuple[str, ...]:
    """The units in which a person can work."""
    return tuple(unit.id for unit in units if skills_of(unit) <= person.skills)
