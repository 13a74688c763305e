"""How good a forecast was: WAPE, MASE, weighted quantile loss and coverage, over what really came."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Bools, Counts, Floats
from vilina_api.forecasting.forecast import HIGH, LEVELS, LOW, MEDIAN, Forecast

WEIGHED: Final = (LOW, MEDIAN, HIGH)
"""Levels that the weighted quantile loss is the mean of."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What scores are made of, added up over slots that are open and known; each (S,), by series."""

    slots: Floats
    people: Floats
    absolute: Floats
    pinball: Floats
    inside: Floats
    scaled: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Scores:
    """Percent, but `mase`, which is a ratio; NaN where nothing came that it could be a share of.

    `wape`: sum of absolute errors of the median over the sum of people. `loss`: twice the pinball loss over the sum of
    people, mean over .1, .5 and .9 (as in the M5 and GluonTS). `coverage`: share of slots inside the 80 % interval.
    `mase`: mean absolute error over that of the same hour a week before, in the past (Hyndman and Koehler 2006).
    """

    wape: float
    mase: float
    loss: float
    coverage: float


def sums(said: Forecast, came: Floats, *, past: Counts, opened: Bools) -> Sums:
    """Of one forecast against what came, (S, D, H) with gaps, in open slots (D, H)."""
    known = np.isfinite(came) & opened
    true = np.where(known, came, 0)
    error = np.where(known, true - said.median, 0)
    pinball = np.zeros(len(said.names))
    for level in WEIGHED:
        over = np.where(known, true - said.people[..., level], 0)
        pinball += 2 * np.maximum(LEVELS[level] * over, (LEVELS[level] - 1) * over).sum((1, 2)) / len(WEIGHED)
    within = known & (came >= said.people[..., LOW]) & (came <= said.people[..., HIGH])
    absolute = np.abs(error).sum((1, 2))
    return Sums(
        slots=known.sum((1, 2)).astype(float),
        people=true.sum((1, 2)),
        absolute=absolute,
        pinball=pinball,
        inside=within.sum((1, 2)).astype(float),
        scaled=absolute / weekly_error(past, np.asarray(opened.any(axis=0))),
    )


def weekly_error(past: Counts, opened: Bools) -> Floats:
    """(S,): mean absolute difference from a week before in the open slots (H,); NaN if no two weeks are known."""
    change = np.abs(past.people[:, WEEK:] - past.people[:, :-WEEK])[..., opened]
    known = np.isfinite(change)
    count = known.sum((1, 2))
    total = np.where(known, change, 0).sum((1, 2))
    return np.where((count > 0) & (total > 0), total / np.maximum(count, 1), np.nan)


def scores(found: Sums, series: int | None = None) -> Scores:
    """Of all series together, or of one; the MASE of all is the mean of theirs."""
    pick = slice(None) if series is None else slice(series, series + 1)
    people, slots = found.people[pick].sum(), found.slots[pick].sum()
    scaled = (found.scaled / np.maximum(found.slots, 1))[pick]
    known = scaled[np.isfinite(scaled)]
    return Scores(
        wape=_percent(found.absolute[pick].sum(), people),
        mase=float(known.mean()) if known.size else float("nan"),
        loss=_percent(found.pinball[pick].sum(), people),
        coverage=_percent(found.inside[pick].sum(), slots),
    )


def _percent(part: float, whole: float) -> float:
    return 100 * float(part) / float(whole) if whole > 0 else float("nan")
