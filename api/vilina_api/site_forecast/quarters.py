"""Quarters of an hour from hours: forecasts are made by the hour, of which four times as many people tell.

A quarter's people are a share of its hour's. How sure they are follows from the hour: what makes a whole hour busier
makes each of its quarters busier, and chance adds to each what a Poisson count has of it.
"""

from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Bools, Counts, Floats, weekdays
from vilina_api.forecasting.forecast import HIGH, LOW, MEDIAN

QUARTERS: Final = 4
LEARNED_WEEKS: Final = 10
LIKE: Final = 60
"""People of one weekday's hour count beside those of all days as so many."""
ALL: Final = 60
"""And those of all days beside equal quarters."""
TENTHS: Final = 2 * 1.2816
"""Standard deviations from .1 to .9 of a normal distribution."""


def by_hour(people: Floats) -> Floats:
    """(S, D, 24) from quarters (S, D, 96); an hour with a gap is a gap."""
    hours = people.shape[2] // QUARTERS
    return np.asarray(people.reshape(*people.shape[:2], hours, QUARTERS).sum(axis=3))


def hours_of(counts: Counts) -> Counts:
    return Counts(names=counts.names, first=counts.first, people=by_hour(counts.people))


def quarter_shares(past: Counts, opened: Bools) -> Floats:
    """(S, 7, 96): the share of its hour that a quarter has on each weekday; `opened` (7, 96) on a usual week.

    Of an hour that the site is open for a part of, only that part has a share.
    """
    recent = past.before(past.end, weeks=LEARNED_WEEKS)
    weekday = weekdays(recent.first, recent.days)
    whole = np.isfinite(by_hour(recent.people)).repeat(QUARTERS, axis=2)
    people = np.where(whole, recent.people, 0)
    same = np.stack([people[:, weekday == day].sum(axis=1) for day in range(WEEK)], axis=1)
    everyday = _leaned(same.sum(axis=1), np.full(same.shape[::2], 1 / QUARTERS), ALL)
    shares = np.where(opened, _leaned(same, np.repeat(everyday[:, None], WEEK, axis=1), LIKE), 0)
    total = by_hour(shares).repeat(QUARTERS, axis=2)
    return np.asarray(shares / np.where(total > 0, total, 1))


def _leaned(people: Floats, share: Floats, weight: float) -> Floats:
    """Shares of hours (..., 96), leaned to others that count like so many people."""
    hours = people.reshape(*people.shape[:-1], -1, QUARTERS).sum(axis=-1).repeat(QUARTERS, axis=-1)
    return np.asarray((people + weight * share) / (hours + weight))


def quarter_quantiles(hours: Floats, medians: Floats) -> Floats:
    """(S, D, 96, Q) around medians (S, D, 96), from quantiles of their hours (S, D, 24, Q)."""
    each = np.repeat(hours, QUARTERS, axis=2)
    middle = each[..., MEDIAN]
    share = np.where(middle > 0, medians / np.where(middle > 0, middle, 1), 0)
    width = (each[..., HIGH] - each[..., LOW]) / TENTHS
    beyond = np.maximum(width**2 - middle, 0)
    wanted = np.sqrt(medians + share**2 * beyond)
    factor = np.where(width > 0, wanted / np.where(width > 0, width, 1), 0)
    moved = np.maximum(medians[..., None] + (each - middle[..., None]) * factor[..., None], 0)
    return np.asarray(np.sort(moved, axis=-1))
