"""How many will come to a unit: not a number for each slot but what is likely, as a forecast says it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Final, Self

import numpy as np
from scipy.special import ndtr, ndtri

from vilina_api.errors import StaffingError
from vilina_api.forecasting.forecast import LEVELS, MEDIAN
from vilina_api.staffing.service import Floats

DAY_MIN: Final = 24 * 60
_CUTS: Final = np.array([-np.inf, -1.2, -0.6, -0.2, 0.2, 0.6, 1.0, 1.4, 1.8, 2.2, np.inf])
"""Normal scores that cut all days into ten slices: thin ones where levels fall, on days busier than usual."""
CHANCES: Final = np.diff(ndtr(_CUTS))
"""How likely each slice is."""
SCORES: Final = -np.diff(np.exp(-(_CUTS**2) / 2)) / np.sqrt(2 * np.pi) / CHANCES
"""The mean of each slice, the day that stands for it. Levels are within half a point of those of 61 days at spreads
up to 50 %, as 25 days of equal chances were not."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Arrivals at a unit: `quantiles` (N, 7) people in slots that begin at `starts` (N,), in order.

    Slots that are not there are closed. A day that is busier than expected is so in all its slots, which is the
    hardest for who waits: the same level of likelihood makes one day.

    Raises:
        StaffingError: no such demand can be.
    """

    unit: str
    starts: tuple[datetime, ...]
    slot_min: float
    quantiles: Floats

    def __post_init__(self) -> None:
        if self.quantiles.shape != (len(self.starts), len(LEVELS)) or not self.starts:
            raise StaffingError(
                f"{self.unit}: demand needs {len(LEVELS)} quantiles for each slot, and a slot"
            )
        known = np.isfinite(self.quantiles)
        for bad, said in (
            (~known, "demand is not a number; a gap cannot be staffed for"),
            (self.quantiles < 0, "a demand cannot be negative; nobody is 0"),
            (
                np.diff(np.where(known, self.quantiles, 0.0), axis=1) < 0,
                "quantiles fall; a likelier quantile is never lower",
            ),
        ):
            if bad.any():
                at = self.starts[int(np.argmax(bad.any(axis=1)))]
                raise StaffingError(f"{self.unit}, {at:%Y-%m-%d %H:%M}: {said}")
        if any(after - before < self.slot for before, after in pairwise(self.starts)):
            raise StaffingError(f"{self.unit}: slots overlap or are not in order")

    @property
    def slot(self) -> timedelta:
        return timedelta(minutes=self.slot_min)

    @classmethod
    def around(
        cls, unit: str, starts: tuple[datetime, ...], *, slot_min: float, mean: Floats, spread: float
    ) -> Self:
        """Lognormal around `mean` (N,) people a slot, with a standard deviation that is `spread` of it.

        Raises:
            StaffingError: no such demand can be.
        """
        if not (isfinite(spread) and 0 <= spread <= 2):
            raise StaffingError(f"a spread of demand of {100 * spread:g} % cannot be; give 0 to 200 %")
        sigma = np.sqrt(np.log1p(spread**2))
        factors = np.exp(sigma * ndtri(np.array(LEVELS)) - sigma**2 / 2)
        return cls(unit, starts, slot_min, np.asarray(mean)[:, None] * factors)

    def without_chance(self) -> "Demand":
        """How busy slots may be, where quantiles are of the people counted in them, as those of a forecast are.

        Who comes in a slot of known busyness still varies as a Poisson number does, and that is no reason to take the
        whole day for a busy one; plays draw it again. What is left is the variance that the mean does not explain.
        """
        mean = self.mean()[:, None]
        variance = ((self.quantiles[:, -2] - self.quantiles[:, 1]) / (2 * ndtri(LEVELS[-2])))[:, None] ** 2
        left = np.sqrt(np.maximum(0.0, variance - mean) / np.where(variance > 0, variance, 1.0))
        return replace(self, quantiles=np.maximum(0.0, mean + left * (self.quantiles - mean)))

    def times(self, factor: Floats | float) -> "Demand":
        """So many times as many people in each slot: a factor, or one for each (N,)."""
        return replace(self, quantiles=self.quantiles * np.reshape(factor, (-1, 1)))

    def wider(self, cv: Floats) -> "Demand":
        """People times something of mean 1 that is not known better than by a standard deviation of `cv` (N,).

        Exact if both are lognormal and know nothing of each other: squares of logarithms of distances add up.
        """
        sigma, scores = np.sqrt(np.log1p(cv**2))[:, None], ndtri(np.array(LEVELS))
        middle = self.quantiles[:, [MEDIAN]]
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.log(self.quantiles / middle)
        around = middle * np.exp(np.sign(scores) * np.hypot(away, sigma * scores))
        # Where nobody comes on half of the days there is no middle to measure from; where nobody comes, nobody will.
        found = np.where(middle > 0, around, self.quantiles * np.exp(sigma * scores))
        found = np.where(self.quantiles > 0, found, 0.0) * np.exp(-(sigma**2) / 2)
        return replace(self, quantiles=np.maximum.accumulate(found, axis=1))

    def only(self, kept: Sequence[int]) -> "Demand":
        """The slots with these numbers, of which there is one at least."""
        starts = tuple(self.starts[i] for i in kept)
        return replace(self, starts=starts, quantiles=self.quantiles[list(kept)])

    def in_slots(self, minutes: float) -> "Demand":
        """Wider slots, which begin at multiples of so many minutes of the local day; busy slots go with busy ones.

        Raises:
            StaffingError: they are not multiples of those of now.
        """
        many = minutes / self.slot_min
        if many != round(many) or many < 1 or DAY_MIN % minutes:
            raise StaffingError(f"slots of {self.slot_min:g} minutes cannot be put together to {minutes:g}")
        begins = [at - timedelta(minutes=(at.hour * 60 + at.minute) % minutes) for at in self.starts]
        cuts = [0] + [i for i, (a, b) in enumerate(pairwise(begins), start=1) if a != b]
        return Demand(
            self.unit, tuple(begins[i] for i in cuts), minutes, np.add.reduceat(self.quantiles, cuts, axis=0)
        )

    def split(self, parts: int) -> "Demand":
        """Each slot cut into so many; who comes in it comes at any time of it."""
        if parts == 1:
            return self
        step = self.slot / parts
        starts = tuple(at + n * step for at in self.starts for n in range(parts))
        return Demand(
            self.unit, starts, self.slot_min / parts, np.repeat(self.quantiles / parts, parts, axis=0)
        )

    def at(self, levels: Floats) -> Floats:
        """People (K, N) in each slot at levels of likelihood (K,): linear in normal scores, beyond the ends, too."""
        return self._at(ndtri(levels))

    def _at(self, asked: Floats) -> Floats:
        known = ndtri(np.array(LEVELS))
        below = np.clip(np.searchsorted(known, asked) - 1, 0, len(LEVELS) - 2)
        share = (asked - known[below]) / (known[below + 1] - known[below])
        low, high = self.quantiles[:, below], self.quantiles[:, below + 1]
        return np.asarray(np.maximum(0.0, low + share * (high - low)).T, np.float64)

    def scenarios(self) -> Floats:
        """Days from the quietest to the busiest, with the CHANCES they have: people (K, N)."""
        return self._at(SCORES)

    def mean(self) -> Floats:
        """Expected people (N,)."""
        return np.asarray(CHANCES @ self.scenarios(), np.float64)

    def stretches(self) -> list[slice]:
        """Slots without a closed one between them: each begins with nobody waiting."""
        cuts = [i for i, (a, b) in enumerate(pairwise(self.starts), start=1) if b - a != self.slot]
        return [slice(a, b) for a, b in pairwise([0, *cuts, len(self.starts)])]
