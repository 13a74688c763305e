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


class UsualCrossings:
    """Means over days of the same weekday, or over all days where too few of them are known."""

    def __init__(self, past: Sequence[PastDay], *, series: int, slots: int) -> None:
        """`past` are days of R = `series` series, whose clocks have so many `slots`."""
        nothing = np.zeros((2, series, slots))
        self._of_weekday = {weekday: nothing.copy() for weekday in range(7)}
        for day in past:
            at = np.eye(slots)[day.clock]  # an hour that comes twice is two bins at one time of day
            self._of_weekday[day.weekday] += np.nan_to_num(day.crossed) @ at, ~np.isnan(day.crossed) @ at
        self._of_all = sum(self._of_weekday.values(), nothing)

    def on(self, weekday: int) -> Floats:
        """(R, slots) of a day, 0 for Monday; zero where nothing is known."""
        like = self._of_weekday[weekday]
        sums, days = np.where(like[1] >= TELLING, like, self._of_all)
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
