"""Intervals made as wide as they should have been: from weeks that trees forecast without having seen them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import Floats, Ints
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.forecasting.spread import NORMAL, PARTS, dayparts

PRIOR_DAYS: Final = 25
"""The guess counts like so many days of a series."""
GUESS: Final = 1.08
"""What was not learned from is a little less sure than trees believe."""
NARROWEST: Final = 0.85
WIDEST: Final = 1.6
LEAST: Final = 0.02
"""The narrowest side of an interval, as a log ratio."""
TENTH: Final = LEVELS.index(0.1)
NINTH: Final = LEVELS.index(0.9)
UNIT: Final = NORMAL / NORMAL[NINTH]
"""Levels of a normal distribution, whose .1 and .9 are -1 and 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Widths:
    """`factors` (PARTS, Q): how many widths of its side a level lies from the median, by part of the day."""

    factors: Floats
    part: Ints

    def quantiles(self, said: Floats) -> Floats:
        """(..., H, Q) from .1, .5 and .9 (..., H, 3), all log ratios."""
        middle = said[..., 1:2]
        side = np.where(UNIT < 0, _sides(said)[0][..., None], _sides(said)[1][..., None])
        return np.asarray(middle + side * self.factors[self.part])


def learned_widths(said: Floats, came: Floats) -> Widths:
    """From .1, .5 and .9 said (S, N, H, 3) of days that were not learned from, and what came (S, N, H)."""
    slots = came.shape[2]
    part = dayparts(slots)
    low, high = _sides(said)
    error = came - said[..., 1]
    factors = np.empty((PARTS, len(LEVELS)))
    for one in range(PARTS):
        pick = part == one
        known = np.isfinite(error[..., pick])
        days = known.any(axis=2).sum()
        share = days / (days + PRIOR_DAYS)
        for level, unit in enumerate(UNIT):
            guess = GUESS * unit
            if not unit or not days:
                factors[one, level] = guess
                continue
            scaled = (error / (low if unit < 0 else high))[..., pick][known]
            found = share * np.quantile(scaled, LEVELS[level]) + (1 - share) * guess
            factors[one, level] = np.sign(unit) * np.clip(
                found * np.sign(unit), NARROWEST * abs(unit), WIDEST * abs(unit)
            )
    return Widths(factors, part)


def guessed_widths(slots: int) -> Widths:
    """Where nothing was forecast out of sample."""
    return Widths(np.tile(GUESS * UNIT, (PARTS, 1)), dayparts(slots))


def _sides(said: Floats) -> tuple[Floats, Floats]:
    return (
        np.maximum(said[..., 1] - said[..., 0], LEAST),
        np.maximum(said[..., 2] - said[..., 1], LEAST),
    )
