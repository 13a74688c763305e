"""Counts of the past on a regular grid of the local clock, and the calendar of the place they were made at."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
DAY_MINUTES: Final = 24 * 60
WEEK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """S series over D local days of H equal slots each, from midnight to midnight of the local clock.

    `people` (S, D, H) is how many came in a slot; NaN is a gap, never zero. The hour that a clock change leaves out is
    a gap. Days that are not over are filled up with gaps.

    Raises ValueError where shapes, signs or the width of slots cannot be.
    """

    names: tuple[str, ...]
    first: date
    people: Floats

    def __post_init__(self) -> None:
        if self.people.ndim != 3 or self.people.shape[0] != len(self.names):
            raise ValueError(f"people must be ({len(self.names)}, days, slots), not {self.people.shape}")
        if DAY_MINUTES % self.slots:
            raise ValueError(f"{self.slots} slots do not divide a day")
        if np.any(self.people < 0) or np.any(np.isinf(self.people)):
            raise ValueError("counts are finite and not negative")

    @property
    def slots(self) -> int:
        """Slots of a day."""
        return int(self.people.shape[2])

    @property
    def minutes(self) -> int:
        """The width of a slot."""
        return DAY_MINUTES // self.slots

    @property
    def days(self) -> int:
        return int(self.people.shape[1])

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.first + timedelta(days=self.days)

    def before(self, day: date, *, weeks: int | None = None) -> Self:
        """What was known at the midnight that begins a day; only the last weeks of it, if so many are asked for."""
        stop = max(0, min(self.days, (day - self.first).days))
        begin = 0 if weeks is None else max(0, stop - WEEK * weeks)
        return replace(self, first=self.first + timedelta(days=begin), people=self.people[:, begin:stop])

    def of(self, day: date, days: int) -> Floats:
        """(S, days, H) from a day on; gaps where nothing is known."""
        found = np.full((len(self.names), days, self.slots), np.nan)
        begin = (day - self.first).days
        low, high = max(0, begin), min(self.days, begin + days)
        if low < high:
            found[:, low - begin : high - begin] = self.people[:, low:high]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When the place is open, and which days are holidays.

    `opens` and `closes` are minutes of the local day; without them it never closes. `weekly` says the same by weekday
    (0 is Monday), where days differ; a weekday that it does not name is closed. `holidays` are names by local
    day, also of days to come; a holiday may be open or closed, which the past tells. `closed` are days on which it is
    known to be closed, by the calendar or an operator's word.
    """

    opens: int = 0
    closes: int = DAY_MINUTES
    weekly: Mapping[int, tuple[int, int]] | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        for opens, closes in ((self.opens, self.closes), *(self.weekly or {}).values()):
            if not 0 <= opens < closes <= DAY_MINUTES:
                raise ValueError(f"a place cannot open at minute {opens} and close at {closes}")

    def is_open(self, day: date, *, days: int, slots: int) -> Bools:
        """(days, H) from a day on: the slots that begin within the opening hours."""
        begins = np.arange(slots) * (DAY_MINUTES // slots)
        hours = np.array([self._hours(day + timedelta(days=n)) for n in range(days)]).reshape(-1, 2, 1)
        return (begins >= hours[:, 0]) & (begins < hours[:, 1])

    def _hours(self, day: date) -> tuple[int, int]:
        """Minutes of opening and closing; the same twice if it does not open."""
        if day in self.closed:
            return 0, 0
        return (self.opens, self.closes) if self.weekly is None else self.weekly.get(day.weekday(), (0, 0))

    def is_holiday(self, day: date, days: int) -> Bools:
        """(days,) from a day on."""
        return np.array([day + timedelta(days=n) in self.holidays for n in range(days)], np.bool_)


def weekdays(day: date, days: int) -> Ints:
    """(days,) from a day on: 0 is Monday."""
    return (day.weekday() + np.arange(days)) % WEEK
