"""How much of a usual day a holiday is: told by the holidays of the past, or by Sundays before there were any."""

from datetime import date, timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.cleaning import weekday_medians
from vilina_api.forecasting.counts import Calendar, Counts, Floats, weekdays

SUNDAY: Final = 6
PRIOR: Final = 1.0
"""The guess from Sundays counts like so many holidays."""
LEAST_GUESS: Final = 0.3
"""A place that is closed on Sundays may be open on a holiday: to expect nobody would be wrong by a whole day."""
MOST: Final = 3.0


def holiday_shares(past: Counts, calendar: Calendar, people: Floats) -> Floats:
    """(S, 7): people on a holiday that falls on each weekday, against that weekday without one.

    `people` is what may be learned from, without holidays. A holiday that is missing as a whole was closed, if the day
    a week before or after it is not missing, too.
    """
    weekday = weekdays(past.first, past.days)
    usual = weekday_medians(people, weekday).sum(axis=2)
    sunday = np.where(usual > 0, usual[:, SUNDAY, None] / np.maximum(usual, 1e-9), 1.0)
    guess = np.clip(sunday, LEAST_GUESS, 1)
    total, count = PRIOR * guess, np.full(usual.shape, PRIOR)
    known = np.isfinite(past.people)
    came = np.where(known, past.people, 0).sum(axis=2)
    used = known.any(axis=1)
    for index in np.flatnonzero(calendar.is_holiday(past.first, past.days)):
        day = int(weekday[index])
        seen = known[:, index].sum(axis=1) > 0.5 * used.sum(axis=1)
        near = [known[:, i].any(axis=1) for i in (index - 7, index + 7) if 0 <= i < past.days]
        shut = (
            ~known[:, index].any(axis=1) & np.array(near).any(axis=0) if near else np.zeros(len(seen), bool)
        )
        share = np.where(seen, came[:, index] / np.maximum(usual[:, day], 1e-9), 0.0)
        told = (seen | shut) & (usual[:, day] > 0)
        alike = [other for other in range(7) if (other < 5) == (day < 5)]
        total[:, alike] += np.where(told, np.clip(share, 0, MOST), 0)[:, None]
        count[:, alike] += told[:, None]
    return np.asarray(total / count)


def shares_of(shares: Floats, calendar: Calendar, first: date, days: int) -> Floats:
    """(S, days): what to multiply days with; 1 where there is no holiday."""
    found = np.ones((shares.shape[0], days))
    for n in range(days):
        if first + timedelta(days=n) in calendar.holidays:
            found[:, n] = shares[:, (first + timedelta(days=n)).weekday()]
    return found
