"""Forecasts: every method in order, not negative, from the past alone; and what they were worth."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from tests.api.footfall import BUILDING_HOURS, building
from vilina_api.errors import CountsError
from vilina_api.forecasting.backtest import Plan, backtest, origins
from vilina_api.forecasting.counts import Calendar, Counts, Floats
from vilina_api.forecasting.forecast import LEVELS, Forecast, Method, forecast
from vilina_api.forecasting.holiday_names import public_holidays
from vilina_api.forecasting.methods import METHODS
from vilina_api.forecasting.naive import FOUR_WEEKS, SEASONAL
from vilina_api.forecasting.scores import scores, sums

MONDAY = date(2026, 3, 2)
CHEAP = [METHODS[name] for name in METHODS]


def counts(people: Floats) -> Counts:
    names = tuple(f"s{i}" for i in range(len(people)))
    return Counts(names=names, first=MONDAY, people=people)


def weekly(weeks: int, *, series: int = 1) -> Floats:
    """(S, D, 24): the same week again and again, with another number in each slot."""
    return np.tile(np.arange(7 * 24, dtype=float).reshape(7, 24), (series, weeks, 1))


@pytest.mark.parametrize("method", CHEAP, ids=lambda method: method.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_whatever_the_past_quantiles_are_in_order_not_negative_and_closed_slots_are_zero(
    method: Method, data: st.DataObject
) -> None:
    days = data.draw(st.integers(1, 40))
    numbers = st.one_of(st.just(np.nan), st.floats(0, 1e5), st.just(0.0))
    people = data.draw(nst.arrays(np.float64, (2, days, 24), elements=numbers, fill=numbers))
    past = counts(people)
    closed = frozenset({past.end + timedelta(days=2)})
    calendar = Calendar(opens=7 * 60, closes=20 * 60, closed=closed)
    said = method.fit(past, calendar).predict(past, 9)
    assert said.people.shape == (2, 9, 24, len(LEVELS))
    assert (np.diff(said.people) >= 0).all()
    assert (said.people >= 0).all()
    assert not said.people[:, :, :7].any()
    assert not said.people[:, :, 20:].any()
    assert not said.people[:, 2].any()


@pytest.mark.parametrize("method", CHEAP, ids=lambda method: method.name)
def test_nothing_after_the_origin_is_used(method: Method, test_data: Path) -> None:
    known = building(test_data)
    plan = Plan(origins=1, every=7, horizon=7, start=date(2005, 10, 1))
    turned = known.people.copy()
    turned[:, (date(2005, 10, 1) - known.first).days :] = 12345
    said = [
        backtest(one, BUILDING_HOURS, [method], plan)[method.name].last.people
        for one in (known, replace(known, people=turned))
    ]
    np.testing.assert_array_equal(said[0], said[1])


@pytest.mark.parametrize("method", CHEAP, ids=lambda method: method.name)
def test_a_week_that_was_not_seen_changes_little(method: Method, test_data: Path) -> None:
    known = building(test_data)
    plan = Plan(origins=1, every=7, horizon=7, start=date(2005, 10, 3))
    blind = known.people.copy()
    gap = (date(2005, 9, 20) - known.first).days
    blind[:, gap : gap + 7] = np.nan
    whole, holed = (
        backtest(one, BUILDING_HOURS, [method], plan)[method.name].last.median.sum()
        for one in (known, replace(known, people=blind))
    )
    assert holed == pytest.approx(whole, rel=0.15)


def test_the_naive_methods_are_the_last_week_and_the_mean_of_four() -> None:
    people = weekly(6) + np.repeat(np.arange(6), 7)[None, :, None]
    past = counts(people)
    calendar = Calendar()
    last = SEASONAL.fit(past, calendar).predict(past, 14)
    np.testing.assert_array_equal(last.median[0, :7], people[0, -7:] + 1)
    np.testing.assert_array_equal(last.median[0, 7:], people[0, -7:] + 1)
    mean = FOUR_WEEKS.fit(past, calendar).predict(past, 7)
    np.testing.assert_allclose(mean.median[0], people[0, -28:].reshape(4, 7, 24).mean(axis=0) + 2, atol=0.51)


def test_a_gap_last_week_is_taken_from_the_week_before() -> None:
    people = weekly(3)
    people[0, -7] = np.nan
    past = counts(people)
    said = SEASONAL.fit(past, Calendar()).predict(past, 7)
    np.testing.assert_array_equal(said.median[0, 0], people[0, 0])


def test_scores_are_those_of_a_hand_calculation() -> None:
    past = counts(np.tile([[[10.0], [14.0]]], (1, 7, 1)))
    quantiles = np.tile(np.array([7.0, 8, 9, 10, 11, 12, 13]), (1, 2, 1, 1))
    said = forecast(past, Calendar(), quantiles)
    found = scores(sums(said, np.array([[[11.0], [15.0]]]), past=past, opened=np.ones((2, 1), np.bool_)))
    assert found.wape == pytest.approx(100 * 6 / 26)
    assert found.coverage == 50
    tenth, half, ninth = 0.1 * (3 + 7), 0.5 * (1 + 5), 0.9 * 3 + 0.1 * 1
    assert found.loss == pytest.approx(100 * 2 * (tenth + half + ninth) / 3 / 26)
    assert found.mase == pytest.approx(3 / 4)


def test_what_is_not_known_or_closed_is_not_scored() -> None:
    past = counts(weekly(2))
    said = FOUR_WEEKS.fit(past, Calendar()).predict(past, 7)
    came = weekly(1)
    came[0, 3] = np.nan
    opened = np.ones((7, 24), np.bool_)
    opened[5] = False
    found = sums(said, came, past=past, opened=opened)
    assert found.slots.sum() == 5 * 24
    assert found.people.sum() == weekly(1)[0, [0, 1, 2, 4, 6]].sum()


def test_origins_end_as_late_as_the_counts_allow_or_begin_where_they_are_told_to() -> None:
    known = counts(weekly(8))
    assert origins(Plan(origins=2, every=10, horizon=7), known) == [date(2026, 4, 10), date(2026, 4, 20)]
    assert origins(Plan(origins=1, every=10, horizon=7, start=date(2026, 4, 1)), known) == [date(2026, 4, 1)]
    for start in (date(2026, 3, 5), date(2026, 4, 27)):
        with pytest.raises(CountsError, match=str(start)):
            origins(Plan(origins=1, every=10, horizon=7, start=start), known)


def test_a_forecast_that_cannot_be_is_refused() -> None:
    good = np.tile(np.arange(7.0), (1, 1, 24, 1))
    assert len(Forecast(names=("a",), first=MONDAY, people=good).edges) == 25
    for bad in (good[..., ::-1], good - 1, good + np.nan, good[..., :3]):
        with pytest.raises(ValueError, match=r"quantiles|finite|must be"):
            Forecast(names=("a",), first=MONDAY, people=bad)


def test_holidays_are_those_of_country_and_region() -> None:
    victoria = public_holidays("AU", "VIC", date(2014, 1, 1), date(2014, 12, 31))
    assert victoria[date(2014, 11, 4)] == "Melbourne Cup Day"
    assert date(2014, 11, 4) not in public_holidays("AU", "NSW", date(2014, 1, 1), date(2014, 12, 31))
    for country, region in (("XX", None), ("AU", "XX")):
        with pytest.raises(CountsError, match=region or country):
            public_holidays(country, region, date(2014, 1, 1), date(2014, 12, 31))
