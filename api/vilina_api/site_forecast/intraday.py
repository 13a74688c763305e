"""Today moves with what has come so far: a day that began busier than expected stays busier, by as much as was seen.

The level of a day is a factor of everything expected on it. Before it begins the factor is 1, give or take its doubt;
each slot that is over is evidence with a Poisson's weight (a gamma prior and its posterior mean, as in Weinberg, Brown
and Stroud, "Bayesian forecasting of an inhomogeneous Poisson process with applications to call center data", JASA 102,
2007, in its simplest form). A zone's level leans to that of the whole site.
"""

from typing import Final

import numpy as np

from vilina_api.forecasting.counts import Floats

DOUBT: Final = 0.12**2
"""Variance of the whole site's level, ..."""
OWN_DOUBT: Final = 0.08**2
"""... and of a part's beside it."""
SEEN: Final = 0.2
"""The share of the day's people after which half of a level, as a log ratio, is taken to last."""
FARTHEST: Final = 3.0


def levels(said: Floats, came: Floats, parts: int) -> Floats:
    """(N,) factors for the rest of a day, from its medians (N, H) and counts so far (N, K); NaN is a gap.

    The first of the series are the parts that others are sums of.
    """
    known = np.isfinite(came)
    expected = np.where(known, said[:, : came.shape[1]], 0).sum(axis=1)
    true = np.where(known, came, 0).sum(axis=1)
    whole = _posterior(expected[:parts].sum(), true[:parts].sum(), DOUBT, 1.0)
    each = _posterior(expected, true, OWN_DOUBT, whole)
    day = said[:parts].sum()
    seen = expected[:parts].sum() / day if day > 0 else 0.0
    return np.clip(each ** (seen / (seen + SEEN)), 1 / FARTHEST, FARTHEST)


def _posterior(expected: Floats, true: Floats, doubt: float, prior: Floats | float) -> Floats:
    return np.asarray((prior / doubt + true) / (1 / doubt + expected))
