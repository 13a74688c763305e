"""How far from a forecast people come: quantiles of past errors, each against the spread that its size lets expect."""

from collections.abc import Sequence
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
"""A normal spread counts like so many errors of the past."""
PART_ERRORS: Final = 30
"""Errors of the same part of the day count like so many of a slot."""
PRIOR_EXCESS: Final = 0.06
"""Variance over that of Poisson, against the square of the mean, before anything is known: a quarter of the mean."""
WIDER: Final = 1.1
"""Errors of a blend are smaller in the weeks that chose it than in those to come."""
NORMAL: Final = ndtri(np.array(LEVELS))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """`excess` (S,) over Poisson, and `factors` (S, H, Q) of the deviation that follows from it."""

    excess: Floats
    factors: Floats

    def quantiles(self, middle: Floats) -> Floats:
        """(S, D, H, Q) around a middle (S, D, H); the median is the middle."""
        return middle[..., None] + deviation(middle, self.excess)[..., None] * self.factors[:, None]


def learned_spread(weeks: Sequence[tuple[Floats, Floats]], slots: int) -> Spread:
    """From what was said and what came, both (S, days, H), in past weeks; at least one.

    A place without past weeks is given by `guessed_spread`.
    """
    part = dayparts(slots)
    said = np.concatenate([s[:, : came.shape[1]] for s, came in weeks], axis=1)
    came = np.concatenate([came for _, came in weeks], axis=1)
    excess = _excess(said, came)
    scaled = (came - said) / deviation(said, excess)
    return Spread(excess, np.array([_by_slot(one, part) for one in scaled]))


def guessed_spread(series: int, slots: int) -> Spread:
    """Before anything has been forecast."""
    return Spread(np.full(series, PRIOR_EXCESS), np.tile(NORMAL * WIDER, (series, slots, 1)))


def dayparts(slots: int) -> Ints:
    """(H,): the part of the day of each slot."""
    return np.searchsorted(DAYPARTS, np.arange(slots) * 24 / slots, side="right")


def deviation(middle: Floats, excess: Floats) -> Floats:
    """The standard deviation of a count around a mean (S, D, H), as in a negative binomial distribution."""
    return np.sqrt(np.maximum(middle, 0) + 0.5 + excess[:, None, None] * middle**2)


def _excess(said: Floats, came: Floats) -> Floats:
    """(S,): by moments, leaned to the prior; large counts say most."""
    square = (came - said) ** 2 - said
    known = np.isfinite(square) & (said > 0)
    over = np.where(known, square, 0).sum((1, 2)) + PRIOR_ERRORS * PRIOR_EXCESS * _mean_square(said, known)
    under = np.where(known, said**2, 0).sum((1, 2)) + PRIOR_ERRORS * _mean_square(said, known)
    return np.asarray(np.clip(over / np.maximum(under, 1e-9), 0.002, 1.0))


def _mean_square(said: Floats, known: np.ndarray) -> Floats:
    return np.asarray(np.where(known, said**2, 0).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1))


def _by_slot(scaled: Floats, part: Ints) -> Floats:
    """(H, Q) of errors (D, H): of a slot and those beside it, leaned to its part of the day, and that to a normal."""
    parts = [_leaned(scaled[:, part == one], NORMAL, PRIOR_ERRORS) for one in range(PARTS)]
    slots = len(part)
    found = [
        _leaned(scaled[:, max(0, slot - 1) : slot + 2], parts[part[slot]], PART_ERRORS)
        for slot in range(slots)
    ]
    ordered = WIDER * np.array(found)
    return np.where(NORMAL > 0, np.maximum(ordered, 0), np.where(NORMAL < 0, np.minimum(ordered, 0), 0.0))


def _leaned(scaled: Floats, prior: Floats, errors: int) -> Floats:
    """(Q,): quantiles of errors, leaned to others that count like so many errors; the median is to be moved to zero."""
    known = scaled[np.isfinite(scaled)]
    if not known.size:
        return prior
    share = known.size / (known.size + errors)
    return np.asarray(share * np.quantile(known, LEVELS) + (1 - share) * prior)
