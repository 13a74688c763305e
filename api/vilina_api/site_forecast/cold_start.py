"""From the first day on: a guess, then more and more of what the past teaches, without a jump."""

from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats, Ints, weekdays
from vilina_api.site_forecast.hierarchy import Hierarchy
from vilina_api.site_forecast.prior import prior_day, prior_quantiles, scaled_to
from vilina_ingest.site import Site

KNOWN_DAYS: Final = 14
"""After so many days with counts nothing of the guess is left."""
POWER: Final = 3
"""The first days teach most; no day changes the weight by more than this over KNOWN_DAYS."""


def weight_of_past(days: Ints) -> Floats:
    """What the past weighs against the guess after so many days with counts: 0 after none, 1 from KNOWN_DAYS on."""
    return np.asarray(1 - (1 - np.minimum(days, KNOWN_DAYS) / KNOWN_DAYS) ** POWER)


def known_days(past: Counts) -> Ints:
    """(N,): days on which somebody was counted."""
    return np.asarray((np.nan_to_num(past.people) > 0).any(axis=2).sum(axis=1))


def guess(site: Site, found: Hierarchy, calendar: Calendar, past: Counts, *, days: int) -> Floats:
    """(N, days, 24, Q) after the past, by the hour: the prior, scaled to what has come; closed days are empty."""
    week = np.stack([found.summed(prior_day(site, found, calendar, day)) for day in range(WEEK)], axis=1)
    weekday = weekdays(past.first, past.days + days)
    opened = calendar.is_open(past.end, days=days, slots=24)
    level = scaled_to(week, past, weekday[: past.days])
    middle = (level[:, None, None] * week)[:, weekday[past.days :]] * opened
    return prior_quantiles(middle)


def blended(learned: Floats, guessed: Floats, weight: Floats) -> Floats:
    """(N, D, H, Q) of both, by the weight (N,) of what was learned."""
    share = weight[:, None, None, None]
    return share * learned + (1 - share) * guessed
