"""Arrays over the past that features are taken from: each once for all days, (S, D, H) by slot or (S, D) by day."""

from datetime import timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Bools, Calendar, Counts, Floats, weekdays
from vilina_api.forecasting.holiday_share import SUNDAY
from vilina_api.forecasting.rolling import known_mean, lagged, rolling_mean, shifted

YEAR: Final = 52 * WEEK
RECENT: Final = ((3, 1), (10, 3), (21, 5))
"""Days back over which a place is compared with its base, and how many of them must be known."""
MOSTLY: Final = 0.9
"""The share of slots that must be known for a day to have a mean."""
FAR: Final = 14
"""Days to a holiday beyond which it does not matter."""
TURN: Final = ((12, 24), (1, 2))
"""Month and day of the first and last day of the turn of the year, which is like no other week."""
SEEN_WEEKS: Final = 6
"""Weeks that medians and spreads are taken of."""


def by_slot(usual: Floats, logs: Floats, slow: Floats, since: int) -> tuple[Floats, ...]:
    """Logs of what was usual on a weekday up to each day from `since` on; last, how much that differed.

    The last four weeks each, the median of six, means of two and eight, the slow profile, and a mean over slots beside.
    """
    eight = np.stack([lagged(usual, WEEK * n, since) for n in range(8)])
    six = eight[:SEEN_WEEKS]
    log_six = np.log1p(six)
    spread = np.sqrt(np.maximum(known_mean(log_six**2) - known_mean(log_six) ** 2, 0))
    return (
        *(lagged(logs, WEEK * n, since) for n in range(4)),
        np.log1p(_median(six)),
        np.log1p(known_mean(eight[:2])),
        np.log1p(known_mean(eight)),
        np.log1p(slow[:, since:]),
        np.log1p(smoothed(known_mean(eight[:4]))),
        spread,
    )


def recent_days(recent: Floats, people: Floats) -> tuple[Floats, ...]:
    """How the last days differed from their base, in each series and over the whole site."""
    site = over_site(recent, people)
    return (
        *(shifted(recent, n) for n in range(3)),
        *(rolling_mean(recent, days, least=least) for days, least in RECENT),
        *(shifted(site, n) for n in range(2)),
        *(rolling_mean(site, days, least=least) for days, least in RECENT),
    )


def trends(usual: Floats, people: Floats) -> tuple[Floats, ...]:
    """Weeks against months, by series and over the whole site."""
    means = day_mean(usual)
    week, month, two = (np.log1p(rolling_mean(means, n, least=n // 3)) for n in (7, 28, 56))
    return week - month, month - two, over_site(week - month, people)


def level_of_year(people: Floats) -> Floats:
    """The log ratio of the last four weeks to those a year before."""
    month = np.log1p(rolling_mean(day_mean(people), 28, least=9))
    return month - shifted(month, YEAR)


def _median(stack: Floats) -> Floats:
    ordered = np.sort(stack, axis=0)
    count = np.isfinite(stack).sum(axis=0)
    low, high = np.maximum((count - 1) // 2, 0), count // 2
    high = np.minimum(high, stack.shape[0] - 1)
    pick = [np.take_along_axis(ordered, place[None], axis=0)[0] for place in (low, high)]
    return np.asarray((pick[0] + np.where(count % 2 == 1, pick[0], pick[1])) / 2)


def smoothed(people: Floats) -> Floats:
    """Over the slot before and after."""
    padded = np.pad(people, ((0, 0), (0, 0), (1, 1)), constant_values=np.nan)
    return known_mean(
        np.stack([padded[..., :-2], people, padded[..., 2:]]), weights=np.array([1.0, 2.0, 1.0])
    )


def day_mean(people: Floats) -> Floats:
    """(S, D): people in a slot of a day, where nearly all slots in which anybody is ever counted are known."""
    known = np.isfinite(people)
    count = known.sum(axis=2)
    whole = count >= MOSTLY * known.any(axis=1).sum(axis=1)[:, None]
    total = np.where(known, people, 0).sum(axis=2)
    return np.where(whole & (count > 0), total / np.maximum(count, 1), np.nan)


def day_ratio(people: Floats, base: Floats) -> Floats:
    """(S, D): log ratio of people to their base, over the slots of a day in which both are known."""
    both = np.isfinite(people) & np.isfinite(base)
    came, usual = (np.where(both, each, 0).sum(axis=2) for each in (people, base))
    return np.where(both.sum(axis=2) > 0, np.log1p(came) - np.log1p(usual), np.nan)


def over_site(ratio: Floats, people: Floats) -> Floats:
    """(S, D): the mean of a ratio over all series, the same for each; those that count more people say more."""
    weight = 1 + rolling_mean(np.nan_to_num(people).sum(axis=2), 2 * WEEK * 4, least=1)
    known = np.isfinite(ratio)
    total, count = np.where(known, ratio * weight, 0).sum(axis=0), (known * weight).sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1e-9), np.nan)
    return np.broadcast_to(mean, ratio.shape)


def centred_week(ratio: Floats) -> Floats:
    """(S, D): the mean over three days before and after."""
    return np.concatenate(
        [rolling_mean(ratio, WEEK, least=3)[:, 3:], np.full((ratio.shape[0], 3), np.nan)], axis=1
    )


def unusual_days(past: Counts, calendar: Calendar, days: int) -> Bools:
    """(days,): holidays and the turn of the year, which say nothing about a usual week."""
    found = calendar.is_holiday(past.first, days)
    for n in range(days):
        at = past.first + timedelta(days=n)
        found[n] |= (at.month, at.day) >= TURN[0] or (at.month, at.day) <= TURN[1]
    return found


def past_holidays(past: Counts, calendar: Calendar, ratio: Floats) -> Floats:
    """(S, D): the mean log ratio of a year's holidays up to each day that were no Sundays; 0 before the first."""
    days = ratio.shape[1]
    weekday = weekdays(past.first, days)
    counts = calendar.is_holiday(past.first, days) & (weekday != SUNDAY)
    told = counts[None] & np.isfinite(ratio)
    return np.nan_to_num(rolling_mean(np.where(told, ratio, np.nan), YEAR, least=1))


def calendar_features(past: Counts, calendar: Calendar, days: int) -> tuple[Floats, ...]:
    """Each (days,): weekday, day of year, day of month, holiday, days to the next and from the last holiday."""
    around = calendar.is_holiday(past.first - timedelta(days=FAR), days + 2 * FAR)
    places = np.flatnonzero(around)
    here = np.arange(days) + FAR
    after = np.searchsorted(places, here, side="left")
    padded = np.concatenate([[-FAR], places, [days + 4 * FAR]])
    to_next = np.minimum(padded[after + 1] - here, FAR)
    before = np.searchsorted(places, here, side="right")
    since = np.minimum(here - padded[before], FAR)
    dates = [past.first + timedelta(days=n) for n in range(days)]
    return (
        weekdays(past.first, days).astype(float),
        np.array([at.timetuple().tm_yday for at in dates], float),
        np.array([at.day for at in dates], float),
        around[FAR : FAR + days].astype(float),
        to_next.astype(float),
        since.astype(float),
    )
