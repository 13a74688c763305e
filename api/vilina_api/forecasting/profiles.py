"""Weighted profiles of the week: what a place without a long past is forecast by.

Each profile is the mean or the median of a slot over the past, weighted by age and by whether it is the same weekday.
Which weights are right differs from place to place; how well each did at midnights of the past decides.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vilina_api.forecasting.cleaning import cleaned
from vilina_api.forecasting.counts import WEEK, Bools, Calendar, Counts, Floats, Ints, weekdays
from vilina_api.forecasting.day_effects import LEAST_CARRIED, carried, day_features, learned_effects
from vilina_api.forecasting.forecast import MEDIAN, Forecast, forecast
from vilina_api.forecasting.holiday_share import expected_shares
from vilina_api.forecasting.spread import NORMAL, Spread, guessed_spread, learned_spread

Singles = npt.NDArray[np.float32]
HALF_LIVES: Final = (1.0, 2.0, 4.0, 8.0)
"""Weeks after which a day weighs half."""
OTHERS: Final = (0.03, 0.1, 0.3)
"""The weight of other days from Monday to Friday among these; nearly none counts between them and the weekend."""
ACROSS: Final = 0.02
WORKDAYS: Final = 5
KINDS: Final = (*product(HALF_LIVES, OTHERS), (0.5, 0.3), (0.5, 1.0))
"""The last two know only the last days: for places that change from one week to the next."""
CANDIDATES: Final = 2 * len(KINDS)
LONGEST: Final = 26 * WEEK
"""Days that a profile looks back."""
CLOSED_WEEKS: Final = 3
"""A day of the week that was missing so often, and never there, is closed."""
REMEMBERED: Final = 66
"""Weeks of the past that are looked at: of holidays a year and more."""
NEGLIGIBLE: Final = 0.1
"""Candidates with less of the best one's weight are left out."""
GOOD: Final = 0.6
"""And with less than this share are not asked about the week that is over."""
FADED: Final = 7
"""After so many half-lives a day is left out."""
CLOSED_SHARE: Final = 0.2
"""Holidays with less than this share of a usual day are closed."""
JUDGED: Final = 10
"""Past weeks that profiles are judged by."""
SHARPNESS: Final = 12
DOUBT: Final = 2
"""Weights fall with this power of the error, and with less of it where few weeks tell errors."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles of the week, blended by how good each was."""

    name: str = "weighted profiles"

    def fit(self, past: Counts, calendar: Calendar) -> "FittedProfiles":
        past = past.before(past.end, weeks=REMEMBERED)
        people = without_holidays(past, calendar)
        features = day_features(past, calendar, people, np.ones((len(past.names), 0)))
        effects = learned_effects(people, features)
        said = [(end, candidates(people[:, :end], past, end)) for end in judged_ends(past.days)]
        weights = _weights(people, said)
        ends = [end for end, _ in said]
        judged = _carried_on(
            ends, [_blend(weights, each) for _, each in said], people, _factors(effects, features)
        )
        spread = guessed_spread(len(past.names), past.slots)
        if judged:
            begin = ends[-1]
            came, weekday = people[:, begin:], weekdays(past.first, past.days)[begin:]
            weeks_ago = np.arange(came.shape[1])[::-1] // WEEK
            spread = learned_spread(np.concatenate(judged[::-1], axis=1), came, weekday, weeks_ago)
        return FittedProfiles(weights, effects, spread, calendar, tuple(judged))


@dataclass(frozen=True, slots=True, eq=False)
class FittedProfiles:
    """`weights` (S, C) of the candidates, `effects` (S, F) on days, and how far from their blend people came.

    `judged`: what the blend says of past weeks, (S, 7, H) each, the latest first.
    """

    weights: Floats
    effects: Floats
    spread: Spread
    calendar: Calendar
    judged: tuple[Floats, ...]

    def predict(self, past: Counts, days: int) -> Forecast:
        recent = past.before(past.end, weeks=REMEMBERED)
        people = without_holidays(recent, self.calendar)
        shares = expected_shares(recent, self.calendar, people, days)
        usual = self._usual(recent, people, shares[..., MEDIAN])
        middle = usual * shares[:, :, None, MEDIAN]
        said = self.spread.quantiles(middle, weekdays(past.end, days))
        # On a holiday nobody knows for sure, the interval reaches to what else it may be.
        unsure = usual[..., None] * (shares - shares[..., MEDIAN, None])[:, :, None]
        off = np.sign(NORMAL) * np.hypot(said - middle[..., None], unsure)
        return forecast(past, self.calendar, middle[..., None] + off)

    def _usual(self, past: Counts, people: Floats, shares: Floats) -> Floats:
        """(S, days, H) people if no day was a holiday."""
        days = shares.shape[1]
        factors = _factors(self.effects, day_features(past, self.calendar, people, shares))
        week = _expected(self.weights, people, past, past.days)
        usual = np.concatenate([week] * -(-days // WEEK), axis=1)[:, :days] * factors[:, past.days :]
        usual = np.where(never_seen(past, days)[:, :, None], 0, usual)
        if past.days < LEAST_CARRIED:
            return usual
        last = past.days - WEEK
        before = (
            _expected(best_candidates(self.weights), people[:, :last], past, last)
            * factors[:, last : past.days]
        )
        return np.asarray(usual * carried(before, people[:, last:], days)[:, :, None])

    def closed_holidays(self, past: Counts, days: int) -> Bools:
        """(S, days): holidays to come on which, as on those before, hardly anybody can come."""
        if not self.calendar.is_holiday(past.end, days).any():
            return np.zeros((len(past.names), days), np.bool_)
        past = past.before(past.end, weeks=REMEMBERED)
        shares = expected_shares(past, self.calendar, without_holidays(past, self.calendar), days)
        return np.asarray(shares[..., MEDIAN] < CLOSED_SHARE)


def without_holidays(past: Counts, calendar: Calendar) -> Floats:
    """(S, D, H): what a usual week is learned from."""
    people = cleaned(past, calendar)
    return np.where(calendar.is_holiday(past.first, past.days)[None, :, None], np.nan, people)


def never_seen(past: Counts, days: int) -> Bools:
    """(S, days): days to come on whose weekday nothing was ever counted, for as many weeks as cannot be chance."""
    seen: Bools = np.asarray(np.isfinite(past.people).any(axis=2))
    weekday = weekdays(past.first, past.days + days)
    found = np.zeros((len(past.names), days), np.bool_)
    for n, day in enumerate(weekday[past.days :]):
        same = seen[:, weekday[: past.days] == day]
        found[:, n] = (same.shape[1] >= CLOSED_WEEKS) & ~same.any(axis=1)
    return found


def judged_ends(days: int) -> list[int]:
    """Days of the past from which a week is forecast to see who is right, the latest first."""
    return list(range(days - WEEK, WEEK - 1, -WEEK))[:JUDGED]


def candidates(people: Floats, past: Counts, end: int) -> Floats:
    """(C, S, 7, H): the seven days from day `end` of the past on, by each profile of `people` (S, end, H) before."""
    weights, recent = _weightings(past, end), people[:, max(0, end - LONGEST) :]
    return np.concatenate([_means(recent, weights), _medians(recent, weights)])


def _factors(effects: Floats, features: Floats) -> Floats:
    """(S, D, 1): what to multiply days with features (S, D, F) with."""
    return np.asarray(np.exp(np.einsum("sdf,sf->sd", features, effects))[:, :, None])


def _carried_on(ends: list[int], blends: list[Floats], people: Floats, factors: Floats) -> list[Floats]:
    """What was said of past weeks (S, 7, H), the latest first, by all that is known of days."""
    said = [each * factors[:, end : end + WEEK] for end, each in zip(ends, blends, strict=True)]
    before = [
        carried(each, people[:, end : end + WEEK], WEEK) for end, each in zip(ends[1:], said[1:], strict=True)
    ]
    return [*(each * factor[:, :, None] for each, factor in zip(said, before, strict=False)), *said[-1:]]


def _expected(weights: Floats, people: Floats, past: Counts, end: int) -> Floats:
    """(S, 7, H): the blend of the week from day `end` on, without working out what hardly counts."""
    every, recent = _weightings(past, end), people[:, max(0, end - LONGEST) :]
    means, medians = weights[:, : len(KINDS)], weights[:, len(KINDS) :]
    found = np.zeros((len(weights), WEEK, past.slots))
    for kind, (half_life, _) in enumerate(KINDS):
        used = means[:, kind] > 0
        days = int(FADED * half_life * WEEK)
        if used.any():
            found[used] += _weighted(
                means[used, kind], _means(recent[used, -days:], every[[kind], :, -days:])[0]
            )
    for half_life in {half_life for half_life, _ in KINDS}:
        alike = [kind for kind, (other, _) in enumerate(KINDS) if other == half_life]
        days = int(FADED * half_life * WEEK)
        any_used = (medians[:, alike] > 0).any(axis=1)
        if not any_used.any():
            continue
        ordered = _ordered(recent[any_used, -days:])  # sorted once for all that look back as far
        for kind in alike:
            used = medians[:, kind] > 0
            if used.any():
                profile = _median_of(_picked(ordered, used[any_used]), every[kind, :, -days:])
                found[used] += _weighted(medians[used, kind], profile)
    return found


def best_candidates(weights: Floats) -> Floats:
    """(S, C) with nothing but the best candidates: enough, and in half the time, to see how the last week differed."""
    best = np.where(weights < GOOD * weights.max(axis=1, keepdims=True), 0, weights)
    return np.asarray(best / best.sum(axis=1, keepdims=True))


def _weighted(weight: Floats, profile: Floats) -> Floats:
    return np.asarray(weight[:, None, None] * profile)


def _weightings(past: Counts, end: int) -> Floats:
    """(K, 7, D): the weight of each day before day `end`, for each of the seven from it on."""
    begin = max(0, end - LONGEST)
    weekday = weekdays(past.first, end + WEEK)
    age = np.arange(end - begin, 0, -1) / WEEK
    asked, given = weekday[end:, None], weekday[None, begin:end]
    like = np.where((asked < WORKDAYS) & (given < WORKDAYS), 1.0, ACROSS)
    return np.array(
        [0.5 ** (age / half) * np.where(asked == given, 1.0, other * like) for half, other in KINDS]
    )


def _means(people: Floats, weights: Floats) -> Floats:
    """(K, S, 7, H) from people (S, D, H) and weights (K, 7, D); 0 where nothing is known."""
    known = np.isfinite(people)
    total = np.einsum("kwd,sdh->kswh", weights, np.where(known, people, 0), optimize=True)
    weight = np.einsum("kwd,sdh->kswh", weights, known.astype(float), optimize=True)
    return np.asarray(total / np.maximum(weight, 1e-12))


class _Ordered(NamedTuple):
    """People in order of their number, (S, H, D) each: the day they came on, how many, and whether it is known."""

    day: Ints
    people: Singles
    known: Bools


def _ordered(people: Floats) -> _Ordered:
    # This is most of the time that a forecast takes: half of it where days lie beside each other, and in 32 bits.
    single = np.ascontiguousarray(people.transpose(0, 2, 1), dtype=np.float32)
    order = np.argsort(single, axis=2)
    ordered = np.take_along_axis(single, order, axis=2)
    return _Ordered(order, np.nan_to_num(ordered), np.isfinite(ordered))


def _picked(ordered: _Ordered, series: Bools) -> _Ordered:
    if series.all():
        return ordered
    return _Ordered(ordered.day[series], ordered.people[series], ordered.known[series])


def _medians(people: Floats, weights: Floats) -> Floats:
    """The same with weighted medians."""
    ordered = _ordered(people)
    return np.stack([_median_of(ordered, each) for each in weights])


def _median_of(ordered: _Ordered, weights: Floats) -> Floats:
    """(S, 7, H) by weights (7, D): halfway between neighbours, so that medians do not jump with few days."""
    found = np.empty((len(ordered.day), WEEK, ordered.day.shape[1]))
    for day, weight in enumerate(weights.astype(np.float32)):
        mass = weight[ordered.day] * ordered.known
        upto = np.cumsum(mass, axis=2)
        low, high = (upto[..., -1:] * np.float32(share) for share in (0.4, 0.6))
        inside = np.minimum(upto, high)
        upto -= mass
        inside -= np.maximum(upto, low, out=upto)
        np.maximum(inside, 0, out=inside)
        found[:, day] = np.einsum("shd,shd->sh", inside, ordered.people) / np.maximum(
            inside.sum(axis=2), 1e-12
        )
    return found


def _weights(people: Floats, said: list[tuple[int, Floats]]) -> Floats:
    """(S, C): by the absolute errors of each candidate in past weeks; equal before there was one."""
    series = people.shape[0]
    error = np.zeros((series, CANDIDATES))
    for end, each in said:
        came = people[:, end : end + WEEK]
        error += np.nansum(np.abs(each[:, :, : came.shape[1]] - came), axis=(2, 3)).T
    best = error.min(axis=1, keepdims=True)
    sharpness = SHARPNESS * len(said) / (len(said) + DOUBT)
    weights = np.where(best > 0, (np.maximum(error, 1e-9) / np.maximum(best, 1e-9)) ** -sharpness, 1.0)
    weights = np.where(weights < NEGLIGIBLE * weights.max(axis=1, keepdims=True), 0, weights)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _blend(weights: Floats, each: Floats) -> Floats:
    return np.asarray(np.einsum("sc,cswh->swh", weights, each))
