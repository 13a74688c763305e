"""How much of a usual day a holiday is, and how sure that is: told by the holidays of the past, or guessed."""

from typing import Final

import numpy as np

from vilina_api.forecasting.cleaning import weekday_medians
from vilina_api.forecasting.counts import Calendar, Counts, Floats, weekdays
from vilina_api.forecasting.forecast import LEVELS

SUNDAY: Final = 6
WORKDAYS: Final = 5
PRIOR: Final = 2.0
"""Before anything is known, a holiday is closed, like a Sunday, or like any day: these count like so many holidays."""
LEAST_GUESS: Final = 0.3
"""A place that is closed on Sundays may be open on a holiday: to expect nobody would be wrong by a whole day."""
MOST: Final = 3.0


def observed_shares(past: Counts, calendar: Calendar, usual: Floats) -> Floats:
    """(S, D): people on each holiday of the past against those `usual` (S, 7) on its weekday; NaN where not known.

    A holiday that is missing as a whole was closed, if the day a week before or after it is not missing, too.
    """
    weekday = weekdays(past.first, past.days)
    known = np.isfinite(past.people)
    came = np.where(known, past.people, 0).sum(axis=2)
    used = known.any(axis=1)
    found = np.full(came.shape, np.nan)
    for index in np.flatnonzero(calendar.is_holiday(past.first, past.days)):
        expected = usual[:, weekday[index]]
        seen = known[:, index].sum(axis=1) > 0.5 * used.sum(axis=1)
        near = [known[:, i].any(axis=1) for i in (index - 7, index + 7) if 0 <= i < past.days]
        shut = ~known[:, index].any(axis=1) & (np.array(near).any(axis=0) if near else False)
        share = np.where(seen, np.clip(came[:, index] / np.maximum(expected, 1e-9), 0, MOST), 0.0)
        found[:, index] = np.where((seen | shut) & (expected > 0), share, np.nan)
    return found


def expected_shares(past: Counts, calendar: Calendar, people: Floats, days: int) -> Floats:
    """(S, days, Q): quantiles of what to multiply the days after the past with; 1 where there is no holiday.

    `people` (S, D, H) is what may be learned from, without holidays.
    """
    found = np.ones((len(past.names), days, len(LEVELS)))
    holidays = np.flatnonzero(calendar.is_holiday(past.end, days))
    if not holidays.size:
        return found
    weekday = weekdays(past.first, past.days + days)
    usual = usual_days(past, people)
    seen = observed_shares(past, calendar, usual)
    sunday = np.where(usual > 0, usual[:, SUNDAY, None] / np.maximum(usual, 1e-9), 1.0)
    guess = np.clip(sunday, LEAST_GUESS, 1)
    for n in holidays:
        day = weekday[past.days + n]
        alike = seen[:, (weekday[: past.days] < WORKDAYS) == (day < WORKDAYS)]
        found[:, n] = [_quantiles(one, mean) for one, mean in zip(alike, guess[:, day], strict=True)]
    return found


def usual_days(past: Counts, people: Floats) -> Floats:
    """(S, 7): people on a usual day, by weekday."""
    return np.asarray(weekday_medians(people, weekdays(past.first, past.days)).sum(axis=2))


def _quantiles(seen: Floats, guess: float) -> Floats:
    """(Q,) of shares, each seen one counting for one holiday."""
    told = seen[np.isfinite(seen)]
    shares = np.concatenate([told, [0.0, guess, 1.0]])
    weight = np.concatenate([np.ones(told.size), np.full(3, PRIOR / 3)])
    order = np.argsort(shares)
    upto = np.cumsum(weight[order]) - weight[order] / 2
    return np.asarray(np.interp(LEVELS, upto / weight.sum(), shares[order]))
