"""Weeks by their number, from Monday to Sunday (ISO 8601), as people plan by them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from vilina_api.errors import BadRequest

DAYS: Final = 7
WRITTEN: Final = re.compile(r"(\d{4})-W(\d{1,2})")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week that begins on `first`, a Monday."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        """The week that a local day is in."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Written like 2026-W10.

        Raises:
            BadRequest: there is no such week.
        """
        found = WRITTEN.fullmatch(text)
        try:
            if found:
                return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError:
            pass
        raise BadRequest(f"{text!r} is no week; write year and number of one, like 2026-W10.")

    @property
    def number(self) -> int:
        return self.first.isocalendar().week

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=DAYS - 1)

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(DAYS))

    def later(self, weeks: int) -> "Week":
        return Week(self.first + timedelta(weeks=weeks))

    def __str__(self) -> str:
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02}"
