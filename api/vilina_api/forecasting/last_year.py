"""Which day of last year a day is held against: holidays against holidays, wherever they were, and other days not."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Ints

YEAR: Final = 52 * WEEK
NEAR: Final = 3
"""Days that a holiday of a fixed date, or of a fixed weekday, is off after 364 days."""
FAR: Final = 5 * WEEK
"""And so many if it follows the moon, as Easter does."""
BESIDE: Final = (-2, 2, -1, 1)
"""Days that a holiday changes, around it; those next to it last, so that they are its own."""
WEEKS: Final = (0, -WEEK, WEEK, -2 * WEEK, 2 * WEEK)
"""Where a usual day is looked for, the nearest first."""


def same_days_last_year(past: Counts, calendar: Calendar, days: int) -> Ints:
    """(days,): the day of last year for each from the first of the past on; -1 before the counts begin.

    It is 364 days back; for a holiday, where that of the same name was. Days beside one that has moved by whole weeks,
    as Easter does, move with it. Other days are never held against a holiday, nor against days beside one that has
    moved, but against those of a week before or after.
    """
    names = {(at - past.first).days: name for at, name in calendar.holidays.items()}
    shifts = {day: _shift(names, day) for day in names}
    moved = {day: shift for day, shift in shifts.items() if abs(shift) > NEAR}
    with_it = {day + n: shift for n in BESIDE for day, shift in moved.items() if not shift % WEEK}
    unlike = {*names, *(day - YEAR + shift + n for n in BESIDE for day, shift in moved.items())}

    def last(day: int) -> int:
        if day in names:
            return day - YEAR + shifts[day]
        beside = day - YEAR + with_it.get(day, 0)
        if day in with_it and beside not in names:
            return beside
        like = day - YEAR
        return like + next((n for n in WEEKS if like + n not in unlike), 0)

    found = np.array([last(day) for day in range(days)], np.int64)
    return np.where(found >= 0, found, -1)


def _shift(names: Mapping[int, str], day: int) -> int:
    """How many days after 364 days back the holiday of a day was; 0 if it was not."""
    places = (n for n in sorted(range(-FAR, FAR + 1), key=abs) if names.get(day - YEAR + n) == names[day])
    return next(places, 0)
