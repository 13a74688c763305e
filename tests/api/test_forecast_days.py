"""Days that differ: turns of the month, days after a closed holiday, a level that lasts, doubtful holidays."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from vilina_api.forecasting.counts import Calendar, Counts, Floats
from vilina_api.forecasting.forecast import HIGH, LOW, MEDIAN
from vilina_api.forecasting.profiles import Profiles
from vilina_api.forecasting.spread import learned_spread

MONDAY = date(2026, 1, 5)
WEEKS = 26
SHUT = {date(2026, 2, 16): "A day off", date(2026, 4, 6): "A day off", date(2026, 5, 25): "A day off"}


def desk(effects: Floats, *, noise: float = 0.05, weeks: int = WEEKS) -> Counts:
    """A desk that is open from 8 to 16 on working days; `effects` (D,) are what its days are multiplied with."""
    random = np.random.default_rng(7)
    open_day = np.where((np.arange(24) >= 8) & (np.arange(24) < 16), 60.0, np.nan)
    week = np.stack([*[open_day] * 5, *[np.full(24, np.nan)] * 2])
    level = effects * random.normal(1, noise, weeks * 7)
    return Counts(
        names=("desk",), first=MONDAY, people=np.round(np.tile(week, (weeks, 1)) * level[:, None])[None]
    )


def dates(days: int) -> list[date]:
    return [MONDAY + timedelta(days=n) for n in range(days)]


def totals(past: Counts, calendar: Calendar, days: int = 7) -> Floats:
    """(days,) of the median."""
    return np.asarray(Profiles().fit(past, calendar).predict(past, days).median[0].sum(axis=1))


def test_more_people_at_each_turn_of_the_month_are_expected_at_the_next_and_chance_is_not() -> None:
    known = dates(WEEKS * 7)
    turn = np.array([1.3 if at.day <= 3 or at.day >= 29 else 1.0 for at in known])
    origin = date(2026, 6, 29)
    first, tenth = ((date(2026, 7, day) - origin).days for day in (1, 10))
    told = totals(desk(turn).before(origin), Calendar(), 14)
    untold = totals(desk(np.ones(WEEKS * 7)).before(origin), Calendar())
    assert told[first] > 1.12 * told[tenth]
    np.testing.assert_allclose(untold[:5], 480, rtol=0.06)


def test_what_a_closed_holiday_held_back_is_expected_on_the_next_open_day() -> None:
    known = dates(WEEKS * 7)
    effects = np.array(
        [0.0 if at in SHUT else 1.4 if at - timedelta(days=1) in SHUT else 1.0 for at in known]
    )
    past = desk(effects).before(date(2026, 6, 22))
    said = totals(past, Calendar(holidays={**SHUT, date(2026, 6, 22): "A day off"}))
    assert said[0] < 0.2 * 480
    assert said[1] > 1.15 * said[3]


@pytest.mark.parametrize(("weeks", "carried"), [(12, True), (3, False)])
def test_a_day_that_differed_carries_over_to_the_next_and_fades_if_enough_is_known(
    weeks: int, carried: bool
) -> None:
    past = desk(np.ones(WEEKS * 7), noise=0.02).before(MONDAY + timedelta(weeks=weeks, days=-2))
    people = past.people.copy()
    people[:, -1] *= 0.6
    usual, after = (totals(each, Calendar(), 5) for each in (past, replace(past, people=people)))
    share = after[2:] / usual[2:]
    assert share[1] > share[0]
    assert (share[0] < 0.97) == carried


def test_one_closed_holiday_makes_the_next_likely_closed_and_its_interval_reaches_to_an_open_day() -> None:
    past = desk(np.ones(WEEKS * 7)).before(date(2026, 4, 27))
    people = past.people.copy()
    people[:, (date(2026, 4, 6) - MONDAY).days] = 0
    calendar = Calendar(holidays={date(2026, 4, 6): "A day off", date(2026, 5, 1): "Another"})
    shut = replace(past, people=np.where(np.isfinite(past.people), people, np.nan))
    said = Profiles().fit(shut, calendar).predict(shut, 7).people[0]
    usual, holiday = said[3, 8:16], said[4, 8:16]
    assert holiday[:, MEDIAN].sum() < 0.3 * usual[:, MEDIAN].sum()
    assert holiday[:, HIGH].sum() > 0.7 * usual[:, MEDIAN].sum()
    assert holiday[:, LOW].sum() < 0.1 * usual[:, MEDIAN].sum()


def test_intervals_of_quiet_weekends_are_not_those_of_working_days() -> None:
    random = np.random.default_rng(3)
    said = np.full((1, 70, 24), 50.0)
    weekday = np.arange(70) % 7
    wide = np.where(weekday >= 5, 20.0, 4.0)
    came = np.round(said + random.normal(0, 1, said.shape) * wide[None, :, None]).clip(0)
    spread = learned_spread(said, came, weekday, np.arange(70)[::-1] // 7)
    quantiles = spread.quantiles(said[:, :7], np.arange(7))
    width = (quantiles[..., HIGH] - quantiles[..., LOW]).mean(axis=(0, 2))
    assert width[5:].min() > 2 * width[:5].max()
