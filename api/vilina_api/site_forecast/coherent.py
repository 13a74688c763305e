"""Forecasts of parts and totals made to agree: least squares weighted by how sure each is.

This is minimum trace reconciliation with a diagonal covariance (Wickramasuriya, Athanasopoulos and Hyndman, "Optimal
forecast reconciliation for hierarchical and grouped time series through trace minimization", JASA 114, 2019), slot by
slot, with negative parts set to zero (Di Fonzo and Girolimetto 2023). Medians then add up; the other quantiles of a
series move along with its median.
"""

from typing import Final

import numpy as np

from vilina_api.forecasting.counts import Floats
from vilina_api.forecasting.forecast import HIGH, LOW, MEDIAN

LEAST: Final = 1e-6
"""Variance of what is certain, such as nobody at night; it is not moved."""


def reconciled(quantiles: Floats, matrix: Floats) -> Floats:
    """(N, D, H, Q) from base forecasts of the same shape; `matrix` (N, B) says of which parts a series is the sum."""
    series, parts = matrix.shape
    if series == parts:
        return quantiles
    shape = quantiles.shape[1:3]
    base = quantiles[..., MEDIAN].reshape(series, -1).T
    spread = (quantiles[..., HIGH] - quantiles[..., LOW]).reshape(series, -1).T
    weight = spread**2 + LEAST
    # What must be zero: each total less its parts.
    constraint = np.concatenate([-matrix[parts:], np.eye(series - parts)], axis=1)
    found = np.empty((len(base), parts))
    for n, (one, how_unsure) in enumerate(zip(base, weight, strict=True)):
        if not one.any():
            found[n] = 0
            continue
        moved = constraint * how_unsure
        gap = np.linalg.solve(moved @ constraint.T, constraint @ one)
        found[n] = (one - moved.T @ gap)[:parts]
    medians = (np.maximum(found, 0) @ matrix.T).T.reshape(series, *shape)
    return with_medians(quantiles, medians)


def with_medians(quantiles: Floats, medians: Floats) -> Floats:
    """Quantiles (..., Q) moved along to medians (...): by the same factor, or by as many where nobody was expected."""
    old = quantiles[..., MEDIAN]
    known = old > 0
    factor = np.where(known, medians / np.where(known, old, 1), 1)
    shift = np.where(known, 0, medians - old)
    moved = np.maximum(quantiles * factor[..., None] + shift[..., None], 0)
    moved[..., MEDIAN] = medians
    return np.asarray(np.sort(moved, axis=-1))
