"""Who usually crosses at a time of day. Where nobody was looking, as many as usual are taken to have crossed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Floats, Ints

TELLING: Final = 2
"""Days of a weekday from which on it stands for itself."""
UNUSUAL: Final = 0.3
"""How much another day differs from the usual one, standard deviation as a share."""
BLIND: Final = 1e-3
"""Variance, in people², that a bin which was not seen has at least."""
SLIVER: Final = 0.02
"""A share of a bin that is too short to be called unseen."""


@dataclass(frozen=True, slots=True, eq=False)
class PastDay:
    """Crossings (R, N) of any R series on one local day, NaN where nobody was looking; `clock` as in `Counts`."""

    weekday: int
    clock: Ints
    crossed: Floats


def usual_crossings(past: Sequence[PastDay], weekday: int, *, series: int, slots: int) -> Floats:
    """(R, slots): means over days of that weekday, or over all days where too few of them are known; else zero."""
    like = _sums([day for day in past if day.weekday == weekday], series, slots)
    every = _sums(past, series, slots)
    sums, days = (np.where(like[1] >= TELLING, a, b) for a, b in zip(like, every, strict=True))
    usual: Floats = sums / np.maximum(days, 1)
    return usual


def filled(crossed: Floats, coverage: Floats, clock: Ints, usual: Floats) -> tuple[Floats, Floats]:
    """Crossings (R, N) with what nobody saw as it usually is, and the variance of that part.

    `coverage` (R, N) is the share of each bin that was observed. What was seen is never changed.
    """
    unseen = np.where(coverage > 1 - SLIVER, 0.0, 1 - coverage)
    guess = unseen * usual[:, clock]
    variance = np.where(unseen > 0, (UNUSUAL * guess) ** 2 + guess + BLIND, 0.0)
    return np.nan_to_num(crossed) + guess, variance


def _sums(days: Sequence[PastDay], series: int, slots: int) -> tuple[Floats, Floats]:
    sums, known = np.zeros((slots, series)), np.zeros((slots, series))
    for day in days:
        np.add.at(sums, day.clock, np.nan_to_num(day.crossed).T)
        np.add.at(known, day.clock, ~np.isnan(day.crossed).T)
    return sums.T, known.T
