"""The forecast of a site: coherent, from the first day on, and moved by what comes."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.api.two_floors import CLOSES, OPENS, two_floors
from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.forecasting.counts_file import Columns, read_counts
from vilina_api.forecasting.forecast import HIGH, LEVELS, LOW, MEDIAN
from vilina_api.forecasting.profiles import Profiles
from vilina_api.site_forecast.coherent import reconciled
from vilina_api.site_forecast.cold_start import KNOWN_DAYS, weight_of_past
from vilina_api.site_forecast.hierarchy import SITE, floor_key, zone_key
from vilina_api.site_forecast.intraday import levels
from vilina_api.site_forecast.site_model import Place, Planned, SiteForecast, learn, place_of, site_forecast
from vilina_api.site_forecast.today import moved

MONDAY = date(2026, 3, 2)
DAYS = 30


@pytest.fixture(scope="module")
def place() -> Place:
    return place_of(two_floors(), Planned())


@pytest.fixture(scope="module")
def counts(place: Place) -> Counts:
    """Poisson counts of parts, with good and bad days, by the quarter of an hour."""
    random = np.random.default_rng(7)
    parts = len(place.hierarchy.parts)
    day = np.zeros(96)
    day[4 * OPENS : 4 * CLOSES] = 1 + np.sin(np.linspace(0, 3, 4 * (CLOSES - OPENS)))
    level = random.lognormal(0, 0.1, (1, DAYS, 1))
    size = np.linspace(3, 20, parts)[:, None, None]
    people = random.poisson(size * level * day).astype(float)
    return Counts(names=place.hierarchy.names, first=MONDAY, people=place.hierarchy.summed(people))


@pytest.fixture(scope="module")
def said(place: Place, counts: Counts) -> SiteForecast:
    past = counts.before(MONDAY + timedelta(days=21))
    return site_forecast(place, learn(place, past, Profiles()), past, days=9)


def assert_coherent(one: SiteForecast) -> None:
    parts = len(one.hierarchy.parts)
    for each in (one.hours, one.quarters):
        assert np.all(np.isfinite(each))
        assert np.all(np.diff(each, axis=-1) >= 0)
        assert np.all(each >= 0)
        medians = each[..., MEDIAN]
        np.testing.assert_allclose(one.hierarchy.summed(medians[:parts]), medians, atol=1e-9)
    by_quarter = one.quarters[..., MEDIAN].reshape(*one.hours.shape[:3], 4).sum(axis=3)
    np.testing.assert_allclose(by_quarter, one.hours[..., MEDIAN], atol=1e-9)


def test_zones_floors_and_the_site_add_up_and_quarters_to_hours(said: SiteForecast) -> None:
    assert_coherent(said)
    rows, hours = said.hierarchy.rows, said.hours[..., MEDIAN]
    assert hours[rows[SITE]].sum() <= hours[rows[floor_key("1")]].sum() <= hours[rows[zone_key("hall")]].sum()


def test_what_is_surest_moves_least_and_nothing_gets_negative() -> None:
    matrix = np.array([[1.0, 0], [0, 1], [1, 1]])
    quantiles = np.zeros((3, 1, 1, len(LEVELS)))
    for row, (median, width) in enumerate(((10.0, 1.0), (2.0, 8.0), (20.0, 0.1))):
        quantiles[row] = np.maximum(median + width * np.linspace(-1, 1, len(LEVELS)), 0)
    found = reconciled(quantiles, matrix)
    assert found[2, 0, 0, MEDIAN] == pytest.approx(20, abs=0.1)
    assert found[0, 0, 0, MEDIAN] == pytest.approx(10, abs=1)
    quantiles[2] = 3.0
    low = reconciled(quantiles, matrix)
    assert np.all(low >= 0)
    assert low[:2, ..., MEDIAN].sum() == pytest.approx(float(low[2, 0, 0, MEDIAN]))


def test_closed_quarters_are_empty_and_open_ones_are_not(said: SiteForecast) -> None:
    site = said.quarters[said.hierarchy.rows[SITE]]
    assert not site[:, : 4 * OPENS].any()
    assert not site[:, 4 * CLOSES :].any()
    assert np.all(site[:, 4 * OPENS : 4 * CLOSES, MEDIAN] > 0)


@pytest.mark.parametrize("slots", ["hours", "quarters"])
def test_about_as_much_comes_within_the_interval_as_it_says(
    said: SiteForecast, counts: Counts, slots: str
) -> None:
    quantiles = getattr(said, slots)
    came = counts.of(said.first, said.days)
    came = came if slots == "quarters" else came.reshape(*came.shape[:2], 24, 4).sum(axis=3)
    opened = quantiles[..., -1] > 0
    inside = (came >= quantiles[..., LOW]) & (came <= quantiles[..., HIGH])
    assert 0.7 < inside[opened].mean() < 0.95


def test_a_new_site_is_forecast_from_its_first_day_by_what_the_site_file_says(place: Place) -> None:
    nothing = Counts(
        names=place.hierarchy.names, first=MONDAY, people=np.empty((len(place.hierarchy.names), 0, 96))
    )
    assert learn(place, nothing, Profiles()) is None
    guess = site_forecast(place, None, nothing, days=7)
    assert_coherent(guess)
    lab = guess.hours[place.hierarchy.rows[zone_key("lab")], 0]
    assert lab[OPENS, MEDIAN] > lab[CLOSES - 1, MEDIAN] > 0  # who gives blood has not eaten
    assert lab[OPENS, HIGH] > 1.4 * lab[OPENS, MEDIAN]
    assert not lab[:OPENS].any()


def test_no_day_with_counts_changes_the_weight_of_the_past_by_more_than_a_quarter() -> None:
    weights = weight_of_past(np.arange(60))
    steps = np.diff(weights)
    assert weights[0] == 0
    assert np.all(weights[KNOWN_DAYS:] == 1)
    assert np.all(steps >= 0)
    assert steps.max() < 0.25


def test_the_forecast_of_a_new_site_does_not_jump_from_day_to_day(place: Place, counts: Counts) -> None:
    ahead = []
    for known in range(1, 21):
        past = counts.before(MONDAY + timedelta(days=known))
        each = site_forecast(place, learn(place, past, Profiles()), past, days=1)
        ahead.append(each.hours[place.hierarchy.rows[SITE], 0, :, MEDIAN].sum())
    came = np.nansum(counts.people[place.hierarchy.rows[SITE]], axis=1)
    assert np.abs(np.diff(np.log(ahead)))[2:].max() < 0.35
    assert abs(np.log(ahead[-1] / came[14:21].mean())) < 0.15


def test_today_moves_with_what_has_come_and_what_is_over_stays_as_it_was_said(
    said: SiteForecast, counts: Counts
) -> None:
    noon = 4 * 12
    twice = 2 * said.quarters[:, 0, :noon, MEDIAN]
    now = moved(said, twice)
    assert_coherent(now)
    np.testing.assert_array_equal(now.quarters[:, 0, :noon], said.quarters[:, 0, :noon])
    np.testing.assert_array_equal(now.quarters[:, 1:], said.quarters[:, 1:])
    site = said.hierarchy.rows[SITE]
    ratio = (
        now.quarters[site, 0, noon : 4 * CLOSES, MEDIAN] / said.quarters[site, 0, noon : 4 * CLOSES, MEDIAN]
    )
    assert np.all((ratio > 1.3) & (ratio < 2))
    half_past = moved(said, twice[:, :-2])
    assert_coherent(half_past)
    assert moved(said, np.full_like(twice, np.nan)) is said
    assert moved(said, twice[:, :0]) is said


def test_the_less_was_seen_the_less_today_moves(said: SiteForecast) -> None:
    day, parts = said.quarters[:, 0, :, MEDIAN], len(said.hierarchy.parts)
    moves = [levels(day, 1.5 * day[:, : 4 * hour], parts)[parts:] for hour in (OPENS + 1, 10, 12, 16)]
    assert np.all(np.diff(moves, axis=0) > 0)
    assert np.all(np.array(moves) > 1)
    assert np.all(np.array(moves) < 1.5)


@pytest.fixture(scope="module")
def desk_days(test_data: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """The last four weeks of a service desk, of which nothing was fitted: what was said at midnight, and what came."""
    desk = read_counts(test_data / "calls/bank_5min.csv.gz", Columns("local_time", "arrivals")).counts
    desk = desk.before(desk.end, weeks=16)
    begin = desk.end - timedelta(days=28)
    fitted = Profiles().fit(desk.before(begin), Calendar(opens=420, closes=1260))
    days = [begin + timedelta(days=n) for n in range(28)]
    return [(fitted.predict(desk.before(day), 1).median[:, 0], desk.of(day, 1)[:, 0]) for day in days]


@pytest.mark.parametrize("hour", [10, 12, 14, 16])
def test_following_the_day_makes_its_rest_less_wrong(
    desk_days: list[tuple[np.ndarray, np.ndarray]], hour: int
) -> None:
    plain = followed = 0.0
    for said, came in desk_days:
        factor = levels(said, came[:, :hour], 1)
        plain += float(np.nansum(np.abs(came - said)[:, hour:]))
        followed += float(np.nansum(np.abs(came - factor[:, None] * said)[:, hour:]))
    assert followed < plain


def test_a_zone_whose_line_is_new_leans_to_the_guess_while_the_others_do_not(
    place: Place, counts: Counts
) -> None:
    people = counts.people.copy()
    lab = place.hierarchy.rows[zone_key("lab")]
    people[lab, :28] = np.nan
    fresh = replace(counts, people=people)
    found = site_forecast(place, learn(place, fresh, Profiles()), fresh, days=1)
    usual = counts.people[lab, 20:28].sum(axis=1).mean()
    assert 0.4 < found.hours[lab, 0, :, MEDIAN].sum() / usual < 2.5
    assert_coherent(found)
