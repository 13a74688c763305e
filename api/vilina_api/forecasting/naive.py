"""The two that everything is measured against: the same hour last week, and the mean of four weeks."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats
from vilina_api.forecasting.forecast import LEVELS, Forecast, forecast

JUDGED_WEEKS: Final = 8
"""Weeks whose errors say how wide an interval must be."""
ENOUGH: Final = 14
"""Errors at one time of day from which quantiles are taken; from fewer, only their spread is guessed."""
GUESSED: Final = 0.35
"""The spread of people in the same hour of another week, as a share, before anything is known."""


@dataclass(frozen=True, slots=True)
class Naive:
    """The mean of the same slot in the last `weeks` weeks in which it is known."""

    name: str
    weeks: int

    def fit(self, past: Counts, calendar: Calendar) -> "FittedNaive":
        """Nothing is learned before it is asked."""
        del past
        return FittedNaive(self.weeks, calendar)


@dataclass(frozen=True, slots=True)
class FittedNaive:
    weeks: int
    calendar: Calendar

    def predict(self, past: Counts, days: int) -> Forecast:
        week = same_slots(past.people, self.weeks)
        middle = np.concatenate([week] * -(-days // WEEK), axis=1)[:, :days]
        errors = past_errors(past.people, self.weeks)
        guess = np.sqrt(week.mean(axis=1) + (GUESSED * week.mean(axis=1)) ** 2)
        spread = error_quantiles(errors, guess)
        return forecast(past, self.calendar, middle[..., None] + spread[:, None])


SEASONAL: Final = Naive("same hour last week", 1)
FOUR_WEEKS: Final = Naive("mean of four weeks", 4)


def same_slots(people: Floats, weeks: int) -> Floats:
    """(S, 7, H): what the next seven days would be if they were like the last weeks, of D days in `people` (S, D, H).

    A slot that was not known in these weeks is taken from the latest one in which it was, then from the same time of
    other days; nobody is expected at a time at which nobody was ever counted.
    """
    series, days, slots = people.shape
    pad = np.full((series, -days % WEEK, slots), np.nan)
    by_week = np.concatenate([pad, people], axis=1).reshape(series, -1, WEEK, slots)
    found = _mean(by_week[:, -weeks:], 1)
    for earlier in range(weeks + 1, by_week.shape[1] + 1):
        if not np.isnan(found).any():
            break
        found = np.where(np.isnan(found), by_week[:, -earlier], found)
    found = np.where(np.isnan(found), _mean(people, 1)[:, None], found)
    return np.nan_to_num(found)


def past_errors(people: Floats, weeks: int) -> Floats:
    """(S, N, H): what came, less what the method would have said, on the days of up to eight weeks; gaps are NaN."""
    series, days, slots = people.shape
    judged = min(JUDGED_WEEKS * WEEK, days - WEEK)
    if judged <= 0:
        return np.empty((series, 0, slots))
    lags = [
        np.concatenate([np.full((series, lag, slots), np.nan), people[:, : days - lag]], axis=1)
        for lag in range(WEEK, min(weeks * WEEK, days - 1) + 1, WEEK)
    ]
    return (people - _mean(np.array(lags), 0))[:, days - judged :]


def error_quantiles(errors: Floats, guess: Floats) -> Floats:
    """(S, H, Q): quantiles of errors (S, N, H) by time of day; of few, from `guess` (S, H), a standard deviation."""
    normal = guess[..., None] * ndtri(np.array(LEVELS))
    if not errors.shape[1]:
        return normal
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a time of day without any error
        found = np.moveaxis(np.nanquantile(errors, LEVELS, axis=1), 0, -1)
    few = np.isfinite(errors).sum(axis=1) < ENOUGH
    return np.where(few[..., None], normal, found)


def _mean(values: Floats, axis: int) -> Floats:
    """The mean of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=axis)
    count = known.sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
