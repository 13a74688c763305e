"""What makes a whole day unlike its weekday: the time of the month, and days beside a holiday that was closed.

Pensions and benefits are paid at turns of the month, and what a closed day held back comes on the next. Both are
learned by ridge regression of the log ratio of a day to the same weekday around it, as far as what was learned from
other months told a month that it had not seen. Beside that, tomorrow differs half as much as today did.
"""

import warnings
from calendar import monthrange
from datetime import timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Bools, Calendar, Counts, Floats, weekdays
from vilina_api.forecasting.holiday_share import observed_shares, usual_days

LEAST_DAYS: Final = 12 * WEEK
"""Three turns of the month: with fewer, what came slowly looks like one."""
MONTH: Final = 4
"""Features of the day of the month: two waves."""
AFTER: Final = 2
"""Open days after a closed holiday on which more may come."""
FEATURES: Final = MONTH + AFTER + 1
GROUPS: Final = (slice(0, MONTH), slice(MONTH, FEATURES))
WEEKS_AROUND: Final = 4
LEAST_AROUND: Final = 3
USUAL_EFFECT: Final = 0.1
"""The standard deviation of effects before anything is known."""
ALIKE: Final = 3.0
"""Neighbouring days err alike, so that so many of them tell as much as one."""
BLOCK: Final = 4 * WEEK
"""Days that are left out together to see what the others tell of them."""
DOUBT: Final = 1.0
"""Against the information of days that were left out."""
UNUSUAL: Final = 2.5
"""Standard deviations beyond which a day has another reason."""
MOSTLY: Final = 0.9
CARRIED: Final = 0.5
KEPT: Final = 0.7
"""So much of how the last day differed is carried over to the next, and so much of that to each day after."""
LEAST_CARRIED: Final = 4 * WEEK
"""Days that must be known: what one or two weeks let expect of a day is no measure of how it differed."""
MOST_CARRIED: Final = 0.3
FEW: Final = 5.0
"""People beside whom a difference of one or two means nothing."""


def learned_effects(people: Floats, features: Floats) -> Floats:
    """(S, F) from what may be learned from (S, D, H) and features (S, D, F): zero where nothing is told."""
    series, days, _ = people.shape
    if days < LEAST_DAYS:
        return np.zeros((series, FEATURES))
    total = _totals(people)
    ratio = _against_weekday(total)
    known = np.isfinite(ratio)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a series of which too little is known
        deviation = 1.48 * np.nan_to_num(np.nanmedian(np.abs(ratio), axis=1), nan=0.2)
    variance = deviation[:, None] ** 2 + 1e-4
    limit = UNUSUAL * np.sqrt(variance) + 0.1
    ratio = np.clip(np.nan_to_num(ratio), -limit, limit)
    weight = np.where(known, 1 / (variance + 1 / np.maximum(np.nan_to_num(total), 1)), 0) / ALIKE
    block = np.arange(days) // BLOCK
    inside = (block[None] == np.arange(block[-1] + 1)[:, None]).astype(float)
    gram = np.einsum("bd,sd,sdf,sdg->bsfg", inside, weight, features, features, optimize=True)
    told = np.einsum("bd,sd,sdf->bsf", inside, weight * ratio, features, optimize=True)
    others = _solved(gram.sum(0) - gram, told.sum(0) - told)[block]
    effects = _solved(gram.sum(0), told.sum(0))
    for group in GROUPS:
        held = np.einsum("sdf,dsf->sd", features[..., group], others[..., group])
        share = (weight * ratio * held).sum(1) / ((weight * held**2).sum(1) + DOUBT)
        effects[:, group] *= np.clip(share, 0, 1)[:, None]
    return effects


def day_features(past: Counts, calendar: Calendar, people: Floats, shares: Floats) -> Floats:
    """(S, D + days, F) of the past and the days after it, whose shares of a usual day are (S, days)."""
    days = past.days + shares.shape[1]
    holiday = calendar.is_holiday(past.first, days)
    found = np.zeros((len(past.names), days, FEATURES))
    found[:, :, :MONTH] = _month(past, days)
    if holiday.any():
        seen = observed_shares(past, calendar, usual_days(past, people))
        closed = 1 - np.concatenate([np.nan_to_num(seen, nan=1.0), shares], axis=1).clip(0, 1)
        weekday = weekdays(past.first, past.days)
        used = np.asarray(np.isfinite(people).any(axis=2))
        opens = np.stack([np.any(used[:, weekday == day], axis=1) for day in range(WEEK)], axis=1)
        asked = weekdays(past.first, days)
        for series, each in enumerate(closed):
            _beside(found[series], each, holiday, opens[series][asked])
    found[:, holiday] = 0
    return found


def carried(said: Floats, came: Floats, days: int) -> Floats:
    """(S, days): what to multiply days with, by how the last seven, (S, 7, H) each, differed from what was said."""
    known = np.isfinite(came)
    expected = np.where(known, said, 0).sum(axis=2)
    ratio = np.log((np.where(known, came, 0).sum(axis=2) + FEW) / (expected + FEW))
    weight = said.sum(axis=2) * KEPT ** np.arange(WEEK)[::-1]
    level = (weight * ratio.clip(-MOST_CARRIED, MOST_CARRIED)).sum(axis=1) / np.maximum(
        weight.sum(axis=1), 1e-9
    )
    return np.asarray(np.exp(CARRIED * level[:, None] * KEPT ** np.arange(days)))


def _month(past: Counts, days: int) -> Floats:
    dates = [past.first + timedelta(days=n) for n in range(days)]
    angle = np.array([2 * np.pi * (at.day - 1) / monthrange(at.year, at.month)[1] for at in dates])
    return np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])


def _beside(found: Floats, closed: Floats, holiday: Bools, opens: Bools) -> None:
    """Say how closed the holiday was before the first and second open day after it, and before the one ahead of it."""
    usual = np.flatnonzero(opens & ~holiday)
    for day in np.flatnonzero(holiday & (closed > 0)):
        place = int(np.searchsorted(usual, day))
        for n, after in enumerate(usual[place : place + AFTER]):
            if after - day > WEEK or holiday[day + 1 : after].any():
                break
            found[after, MONTH + n] = closed[day]
        if place and day - usual[place - 1] < WEEK:
            found[usual[place - 1], MONTH + AFTER] = closed[day]


def _totals(people: Floats) -> Floats:
    """(S, D): of days of which nearly all slots that are ever used are known."""
    known = np.isfinite(people)
    whole = known.sum(axis=2) >= MOSTLY * np.maximum(known.any(axis=1).sum(axis=1), 1)[:, None]
    return np.where(whole, np.where(known, people, 0).sum(axis=2), np.nan)


def _against_weekday(total: Floats) -> Floats:
    """(S, D): the log ratio of a day to the median of that weekday in four weeks before and after it."""
    around = WEEK * WEEKS_AROUND
    padded = np.pad(total, ((0, 0), (around, around)), constant_values=np.nan)
    places = [around + WEEK * n for n in range(-WEEKS_AROUND, WEEKS_AROUND + 1) if n]
    beside = np.stack([padded[:, place : place + total.shape[1]] for place in places])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # weekdays on which it is closed
        usual = np.nanmedian(beside, axis=0)
    fit = (np.isfinite(beside).sum(axis=0) >= LEAST_AROUND) & (usual > 0) & (total > 0)
    return np.where(fit, np.log(np.where(fit, total, 1) / np.where(fit, usual, 1)), np.nan)


def _solved(gram: Floats, told: Floats) -> Floats:
    """Ridge coefficients (..., F)."""
    ridge = np.eye(FEATURES) / USUAL_EFFECT**2
    return np.asarray(np.linalg.solve(gram + ridge, told[..., None])[..., 0])
