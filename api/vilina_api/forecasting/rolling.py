"""Means over the past of arrays with gaps, along their days (axis 1)."""

import numpy as np

from vilina_api.forecasting.counts import WEEK, Floats


def shifted(values: Floats, days: int) -> Floats:
    """What was `days` before; NaN before the first."""
    if not days:
        return values
    found = np.full(values.shape, np.nan)
    if days < values.shape[1]:
        found[:, days:] = values[:, :-days]
    return found


def lagged(values: Floats, days: int, since: int) -> Floats:
    """What was `days` before each day from `since` on."""
    if since >= days:
        return values[:, since - days : values.shape[1] - days]
    return shifted(values, days)[:, since:]


def known_mean(stack: Floats, *, weights: Floats | None = None) -> Floats:
    """The mean over axis 0 of what is known; NaN where nothing is."""
    known = np.isfinite(stack)
    factor = (np.ones(len(stack)) if weights is None else weights).reshape(-1, *([1] * (stack.ndim - 1)))
    total, weight = (np.where(known, stack, 0) * factor).sum(axis=0), (known * factor).sum(axis=0)
    return np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan)


def rolling_mean(values: Floats, days: int, *, least: int) -> Floats:
    """The mean of the last `days` days, of which `least` must be known."""
    known = np.isfinite(values)
    total, count = (_window(np.where(known, values, 0), days), _window(known.astype(float), days))
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)


def weekly_decay(values: Floats, half_life: float) -> Floats:
    """The mean of each day and those whole weeks before, halved in weight after `half_life` weeks."""
    decay = 0.5 ** (1 / half_life)
    known = np.isfinite(values)
    total, weight = np.where(known, values, 0.0), known.astype(float)
    for day in range(WEEK, values.shape[1]):
        total[:, day] += decay * total[:, day - WEEK]
        weight[:, day] += decay * weight[:, day - WEEK]
    return np.where(weight > 1e-6, total / np.maximum(weight, 1e-12), np.nan)


def _window(values: Floats, days: int) -> Floats:
    upto = np.cumsum(values, axis=1)
    before = np.zeros(values.shape)
    before[:, days:] = upto[:, :-days] if days < values.shape[1] else 0
    return upto - before
