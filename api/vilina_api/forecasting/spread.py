"""How far from a forecast people come: quantiles of past errors, each against the spread that its size lets expect.

Working days and weekends, times of the day, and this month and the last say something of each other, but not all.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from vilina_api.forecasting.counts import Floats, Ints
from vilina_api.forecasting.forecast import LEVELS

DAYPARTS: Final = (6, 10, 16, 20)
"""Hours at which another part of the day begins."""
PARTS: Final = len(DAYPARTS) + 1
PRIOR_ERRORS: Final = 60
"""A usual excess counts like so many errors of the past."""
NORMAL_ERRORS: Final = 30
"""And a normal distribution like so many where quantiles are taken."""
NEIGHBOUR: Final = 0.4
"""How much less an error says of the slot beside its own."""
SAME_PART: Final = 0.12
"""What an error says at least of slots in the same part of the day."""
OTHER_KIND: Final = 0.15
"""What errors of working days say of weekends, and the other way round."""
FADING: Final = 0.9
"""What an error says after each week."""
PRIOR_EXCESS: Final = 0.06
"""Variance over that of Poisson, against the square of the mean, before anything is known: a quarter of the mean."""
WIDER: Final = 1.1
"""Without past errors, one is a little less sure."""
WORKDAYS: Final = 5
NORMAL: Final = ndtri(np.array(LEVELS))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """For working days and weekends: `excess` (S, 2) over Poisson, `factors` (S, 2, H, Q) of the deviation from it."""

    excess: Floats
    factors: Floats

    def quantiles(self, middle: Floats, weekday: Ints) -> Floats:
        """(S, D, H, Q) around a middle (S, D, H) of days with these weekdays (D,); the median is the middle."""
        kind = kinds(weekday)
        off = deviation(middle, self.excess[:, kind])[..., None] * self.factors[:, kind]
        return np.asarray(middle[..., None] + off)


def learned_spread(said: Floats, came: Floats, weekday: Ints, weeks_ago: Ints) -> Spread:
    """From what was said and what came, both (S, N, H), on N days of the past, and how many weeks ago they were."""
    slots = said.shape[2]
    part, place = dayparts(slots), np.arange(slots)
    near = 1 - NEIGHBOUR * np.abs(place[:, None] - place)
    like = np.maximum(near, np.where(part[:, None] == part, SAME_PART, 0))
    kind = kinds(weekday)
    both = _excess(said, came, np.full(len(said), PRIOR_EXCESS))
    excess = np.stack([_excess(said[:, kind == k], came[:, kind == k], both) for k in (0, 1)], axis=1)
    scaled = (came - said) / deviation(said, excess[:, kind])
    factors = np.empty((len(said), 2, slots, len(LEVELS)))
    for k in (0, 1):
        day = np.where(kind == k, 1.0, OTHER_KIND) * FADING**weeks_ago
        for series, errors in enumerate(scaled):
            factors[series, k] = _quantiles(errors, day, like)
    return Spread(excess, factors)


def guessed_spread(series: int, slots: int) -> Spread:
    """Before anything has been forecast."""
    return Spread(np.full((series, 2), PRIOR_EXCESS), np.tile(NORMAL * WIDER, (series, 2, slots, 1)))


def dayparts(slots: int) -> Ints:
    """(H,): the part of the day of each slot."""
    return np.searchsorted(DAYPARTS, np.arange(slots) * 24 / slots, side="right")


def kinds(weekday: Ints) -> Ints:
    """0 for working days, 1 for weekends."""
    return (weekday >= WORKDAYS).astype(np.int64)


def deviation(middle: Floats, excess: Floats) -> Floats:
    """The standard deviation of a count around a mean (S, D, H), as in a negative binomial; `excess` is (S, D)."""
    return np.sqrt(np.maximum(middle, 0) + 0.5 + excess[:, :, None] * middle**2)


def _excess(said: Floats, came: Floats, prior: Floats) -> Floats:
    """(S,): by moments, leaned to a prior (S,); large counts say most."""
    square = (came - said) ** 2 - said
    known = np.isfinite(square) & (said > 0)
    count = known.sum((1, 2))
    under = np.where(known, said**2, 0).sum((1, 2))
    lean = PRIOR_ERRORS * under / np.maximum(count, 1)
    over = np.where(known, square, 0).sum((1, 2)) + lean * prior
    return np.where(count > 0, np.clip(over / np.maximum(under + lean, 1e-9), 0.002, 1.0), prior)


def _quantiles(errors: Floats, day: Floats, like: Floats) -> Floats:
    """(H, Q) of errors (N, H), weighted by their day (N,) and by their slot (H, H), leaned to a normal distribution."""
    days, slots = np.nonzero(np.isfinite(errors))
    if not days.size:
        return np.tile(NORMAL * WIDER, (len(like), 1))
    values = errors[days, slots]
    order = np.argsort(values)
    weight = (day[days, None] * like[slots])[order]
    upto = np.cumsum(weight, axis=0)
    total = upto[-1]
    upto -= weight / 2
    found = np.array(
        [
            np.interp(np.array(LEVELS) * all_of, one, values[order])
            for one, all_of in zip(upto.T, total, strict=True)
        ]
    )
    share = (total / (total + NORMAL_ERRORS))[:, None]
    leaned = share * found + (1 - share) * NORMAL
    return np.where(NORMAL > 0, np.maximum(leaned, 0), np.where(NORMAL < 0, np.minimum(leaned, 0), 0.0))
