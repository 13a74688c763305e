"""What the trained model sees of a slot to come: log ratios of the past to its base, last year, and the calendar.

The base is a weighted mean of the same weekday and hour over six weeks. Everything is computed once for all days, so
that a row is nothing but places to look at: no place lies on or after its origin, except in the calendar.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from vilina_api.forecasting.cleaning import cleaned
from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats, Ints, weekdays
from vilina_api.forecasting.feature_arrays import (
    by_slot,
    calendar_features,
    centred_week,
    day_mean,
    day_ratio,
    level_of_year,
    over_site,
    past_holidays,
    recent_days,
    smoothed,
    trends,
    unusual_days,
)
from vilina_api.forecasting.last_year import same_days_last_year
from vilina_api.forecasting.rolling import known_mean, rolling_mean, shifted, weekly_decay

BASE_WEEKS: Final = 6
BASE_DECAY: Final = 0.8
LONG_HALF_LIFE: Final = 13
"""Weeks, of the slow profile."""
MONTH: Final = 5 * WEEK


class Rows(NamedTuple):
    """Places of R slots to come, each (R,): the series, the origin as a day of the past, days from it, the slot."""

    series: Ints
    origin: Ints
    ahead: Ints
    slot: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Everything that rows look at, over D days of the past and some to come; (S, D, H), (S, D), (D, H) or (D,)."""

    logs: Floats
    base: Floats
    since: int
    by_slot: tuple[Floats, ...]
    by_day: tuple[Floats, ...]
    deviation: Floats
    day_deviation: Floats
    week_deviation: Floats
    site_deviation: Floats
    site_day_deviation: Floats
    day_base: Floats
    year_level: Floats
    last_year: Ints
    calendar: tuple[Floats, ...]
    workday: Ints
    type_ratio: Floats
    hour_ratio: Floats
    site_hour_ratio: Floats
    smooth_deviation: Floats


def past_of(past: Counts, calendar: Calendar, ahead: int, *, asked: bool = False) -> Past:
    """Of counts and `ahead` days after them, whose counts are gaps.

    If `asked`, only what rows from the end of the counts on look at is worked out.
    """
    total = past.days + ahead
    gaps = np.full((len(past.names), ahead, past.slots), np.nan)
    people = np.concatenate([cleaned(past, calendar), gaps], axis=1)
    holiday = calendar.is_holiday(past.first, total)
    last_year = same_days_last_year(past, calendar, total)
    usual = np.where(unusual_days(past, calendar, total)[None, :, None], np.nan, people)
    slow = weekly_decay(usual, LONG_HALF_LIFE)
    needed = (
        _looked_at(past.days, last_year[past.days :], np.flatnonzero(holiday)) if asked else np.arange(total)
    )
    base = _base(usual, slow, needed)
    since = past.days - WEEK if asked else 0
    logs, log_base = np.log1p(people), np.log1p(base)
    deviation = logs - shifted(log_base, WEEK)
    plain = np.where(holiday[None, :, None], np.nan, deviation)
    day_deviation = day_ratio(people, shifted(base, WEEK))
    workday = (weekdays(past.first, total) >= 5).astype(np.int64)
    recent = np.where(holiday[None, :], np.nan, day_deviation)
    year_level = level_of_year(people)
    return Past(
        logs=logs,
        base=log_base,
        since=since,
        by_slot=by_slot(usual, np.where(holiday[None, :, None], np.nan, logs), slow, since),
        by_day=(
            *recent_days(recent, people), *trends(usual, people), year_level,
            over_site(year_level, people), past_holidays(past, calendar, day_deviation),
        ),
        deviation=deviation,
        smooth_deviation=_smooth_of(deviation, last_year[past.days :] if asked else np.arange(total)),
        day_deviation=day_deviation,
        week_deviation=centred_week(day_deviation),
        site_deviation=known_mean(deviation),
        site_day_deviation=known_mean(day_deviation),
        day_base=np.log1p(day_mean(base)),
        year_level=year_level,
        last_year=last_year,
        calendar=calendar_features(past, calendar, total),
        workday=workday,
        type_ratio=np.stack(
            [rolling_mean(np.where(workday == kind, recent, np.nan), 10, least=1) for kind in (0, 1)]
        ),
        hour_ratio=rolling_mean(plain, 3, least=1),
        site_hour_ratio=rolling_mean(known_mean(plain)[None], 3, least=1)[0],
    )  # fmt: skip


def _smooth_of(deviation: Floats, days: Ints) -> Floats:
    """(S, D, H) over slots beside, on some days; else NaN."""
    found, some = np.full(deviation.shape, np.nan), np.unique(days[days >= 0])
    found[:, some] = smoothed(deviation[:, some])
    return found


def _looked_at(end: int, last_year: Ints, holidays: Ints) -> Ints:
    """Days whose base is needed for rows from `end` on: a month, a week around each day's last year, a year's holidays.

    `last_year` is of all days to come; a holiday is held against the week before it.
    """
    around = last_year[last_year >= 0][:, None] + np.arange(-2 * WEEK, WEEK)
    month = np.arange(end - MONTH, end + len(last_year))
    days = np.unique(np.concatenate([month, around.ravel(), holidays - WEEK]))
    return days[(days >= 0) & (days < end + len(last_year))]


def _base(usual: Floats, slow: Floats, days: Ints) -> Floats:
    """(S, D, H): the weighted mean of a day and those whole weeks before it, on some days; else NaN."""
    found = np.full(usual.shape, np.nan)
    weeks = np.arange(BASE_WEEKS)
    stack = np.stack(
        [np.where((days >= WEEK * n)[:, None], usual[:, days - WEEK * n], np.nan) for n in weeks]
    )
    found[:, days] = known_mean(stack, weights=np.power(BASE_DECAY, weeks).astype(np.float64))
    return np.where(np.isnan(found) & np.isin(np.arange(usual.shape[1]), days)[:, None], slow, found)


def matrix(known: Past, rows: Rows) -> tuple[Floats, Floats]:
    """Features (R, F) of rows, and log1p of their base (R,), NaN where there is none."""
    s, o, h = rows.series, rows.origin, rows.slot
    day = o + rows.ahead
    weeks = rows.ahead // WEEK + 1
    like, last = day - WEEK * weeks, o - 1
    base = known.base[s, like, h]
    slots = known.base.shape[2]
    ly = known.last_year[day]
    there = ly >= 0
    columns = [
        *(each[s, like - known.since, h] - base for each in known.by_slot[:-1]),
        known.by_slot[-1][s, like - known.since, h],
        base,
        known.day_base[s, like],
        *(each[s, last] for each in known.by_day),
        known.type_ratio[known.workday[day], s, last],
        known.hour_ratio[s, last, h],
        known.site_hour_ratio[last, h],
        np.where(there, known.smooth_deviation[s, ly, h], np.nan),
        np.where(there, known.deviation[s, ly, h], np.nan),
        np.where(there, known.day_deviation[s, ly], np.nan),
        np.where(there, known.week_deviation[s, ly], np.nan),
        np.where(there, known.site_deviation[ly, h], np.nan),
        np.where(there, known.site_day_deviation[ly], np.nan),
        np.where(there, known.logs[s, ly, h] + known.year_level[s, last] - base, np.nan),
        h * (24 / slots),
        *(each[day] for each in known.calendar),
        rows.ahead.astype(float),
        s.astype(float),
    ]
    return np.column_stack(columns), base
