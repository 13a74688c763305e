"""What comes of it: who works when, at which unit, with a break when; what is not covered; and how good it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

AT_MOST: Final = 3
"""Others who may change when somebody is ill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """Some minutes of a shift: work at a unit, or a break (`unit` is None). Minutes of the local day."""

    start_min: int
    end_min: int
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person's day of work; stints follow each other and fill it."""

    person: str
    day: date
    start_min: int
    end_min: int
    paid_hours: float
    stints: tuple[Stint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """Staff that a unit lacks, and why: one sentence."""

    unit: str
    day: date
    start_min: int
    end_min: int
    staff: int
    why: str

    @property
    def hours(self) -> float:
        return self.staff * (self.end_min - self.start_min) / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person in a roster, and what it asks of them. `unpopular`: evenings and weekend days."""

    id: str
    name: str
    contract_hours: float
    hours: float
    unpopular: int
    wishes: int
    wishes_kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a roster is. Its cost is in paid hours, with what is uncovered and unfair weighed in; `bound`: no roster
    costs less. `uncovered` blocks times staff are missing, of which `unavoidable` are proven to be so."""

    cost: float
    bound: float
    paid_hours: float
    required_hours: float
    uncovered: int
    unavoidable: int
    seconds: float

    @property
    def gap(self) -> float:
        """By how much the cost may be above the least there is, as a share of it."""
        return max(0.0, self.cost - self.bound) / self.cost if self.cost else 0.0


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A week. `shifts` are in the order of people and days; times are those of the site's clock."""

    site: str
    time_zone: str
    first: date
    days: tuple[date, ...]
    units: Mapping[str, str]
    """Names of the units by their ids."""
    workers: tuple[Worker, ...]
    shifts: tuple[Shift, ...]
    uncovered: tuple[Uncovered, ...]
    quality: Quality

    @cached_property
    def by_person(self) -> Mapping[str, Mapping[date, Shift]]:
        found: dict[str, dict[date, Shift]] = {worker.id: {} for worker in self.workers}
        for shift in self.shifts:
            found[shift.person][shift.day] = shift
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is another for somebody on a day; None is a free day."""

    person: str
    day: date
    before: Shift | None
    after: Shift | None


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """The roster without who is absent, and what changed for others; `proven` if nothing better can be."""

    roster: Roster
    changes: tuple[Change, ...]
    proven: bool

    @property
    def others(self) -> int:
        """How many other people change."""
        return len({change.person for change in self.changes})


def clock(minute: int) -> str:
    """A minute of the day as people write it: 07:30; midnight at the end of it is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
