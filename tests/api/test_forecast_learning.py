"""What forecasts learn, and what they must not learn from: outages, closed days, holidays, and what came later."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.api.footfall import BUILDING_HOURS, building, street_calendar, streets
from vilina_api.forecasting.blend import Blend, FittedBlend
from vilina_api.forecasting.calibration import guessed_widths, learned_widths
from vilina_api.forecasting.cleaning import cleaned
from vilina_api.forecasting.counts import Calendar, Counts, Floats
from vilina_api.forecasting.features import Rows, matrix, past_of
from vilina_api.forecasting.forecast import HIGH, LOW
from vilina_api.forecasting.naive import FOUR_WEEKS
from vilina_api.forecasting.profiles import Profiles
from vilina_api.forecasting.trained import LEAST_DAYS

ORIGIN = date(2014, 10, 11)
MONDAY = date(2026, 3, 2)


def usual(weeks: int, *, noise: float = 0.1) -> Counts:
    """A place that is open from 8 to 20, busier on Saturdays and closed on Sundays, which are missing."""
    random = np.random.default_rng(weeks)
    day = np.where((np.arange(24) >= 8) & (np.arange(24) < 20), 100.0, np.nan)
    week = np.stack([day, day, day, day, day, 2 * day, np.full(24, np.nan)])
    people = np.tile(week, (weeks, 1)) * random.normal(1, noise, (weeks * 7, 24)).clip(0)
    return Counts(names=("library",), first=MONDAY, people=people[None])


def changed(counts: Counts, first: int, days: int, value: float | Floats) -> Counts:
    people = counts.people.copy()
    people[:, first : first + days] = np.where(np.isfinite(people[:, first : first + days]), value, np.nan)
    return replace(counts, people=people)


ALWAYS = Calendar()


@pytest.fixture(scope="module")
def _trees() -> None:
    """What trains the model; skips the test where the system lacks its library."""
    try:
        import lightgbm  # noqa: F401, PLC0415 - as late as the product does
    except (ImportError, OSError) as error:
        pytest.skip(f"no model can be trained here: {error}; sudo apt-get install libgomp1")


def middle(past: Counts, calendar: Calendar = ALWAYS) -> Floats:
    return Blend().fit(past, calendar).predict(past, 7).median


@pytest.mark.parametrize("value", [0.0, np.nan], ids=["filled with zeros", "missing"])
@pytest.mark.parametrize("days", [1, 5, 14])
def test_an_outage_or_a_closure_does_not_poison_what_follows(days: int, value: float) -> None:
    past = usual(8)
    holed = middle(changed(past, past.days - days - 1, days, value))
    np.testing.assert_allclose(holed.sum(), middle(past).sum(), rtol=0.05)


def test_zeros_for_hours_in_the_middle_of_a_busy_day_are_an_outage_and_quiet_nights_are_not() -> None:
    past = usual(6)
    people = np.nan_to_num(past.people)
    people[0, 30, 10:14] = 0
    known = np.isfinite(cleaned(replace(past, people=people), Calendar()))
    assert not known[0, 30, 10:14].any()
    assert known[0, 30, 14:].all()
    assert known.sum() == known.size - 4


def test_a_day_of_the_week_on_which_nothing_was_ever_counted_is_closed() -> None:
    assert middle(usual(6))[0, 6].sum() == 0


@pytest.mark.parametrize("value", [0.0, np.nan], ids=["nobody came", "missing"])
def test_a_place_that_was_closed_on_holidays_will_be(value: float) -> None:
    past = usual(10)
    holidays = {MONDAY + timedelta(days=n): "A day off" for n in (16, 38, 46, 72)}
    for n in (16, 38, 46):
        past = changed(past, n, 1, value) if value == 0 else replace(
            past, people=np.where(np.arange(past.days)[None, :, None] == n, np.nan, past.people)
        )  # fmt: skip
    said = middle(past, Calendar(holidays=holidays))
    assert said[0, 2].sum() < 0.2 * said[0, 1].sum()
    assert said[0, 1].sum() == pytest.approx(1200, rel=0.1)


@pytest.mark.parametrize("value", [0.0, np.nan], ids=["nobody came", "missing"])
@pytest.mark.usefixtures("_trees")
def test_the_trained_model_does_not_open_a_place_on_holidays_on_which_it_was_closed(value: float) -> None:
    past = usual(60)
    days = (16, 80, 144, 208, 271, 340, 390)
    people = past.people.copy()
    people[:, days] = value
    holidays = {MONDAY + timedelta(days=n): "A day off" for n in (*days, 422)}
    said = middle(replace(past, people=people), Calendar(holidays=holidays))
    assert said[0, 2].sum() < 0.2 * said[0, 1].sum()
    assert said[0, 1].sum() == pytest.approx(1200, rel=0.1)


def test_a_place_that_is_busier_on_holidays_will_be_and_usual_days_stay_usual() -> None:
    past = usual(10)
    holidays = {MONDAY + timedelta(days=n): "A festival" for n in (16, 38, 46, 72)}
    for n in (16, 38, 46):
        past = changed(past, n, 1, 2 * past.people[:, n : n + 1])
    said = middle(past, Calendar(holidays=holidays))
    assert said[0, 2].sum() > 1.3 * said[0, 1].sum()
    assert said[0, 1].sum() == pytest.approx(1200, rel=0.1)


def test_days_that_are_known_to_be_closed_are_zero_and_teach_nothing() -> None:
    past = usual(8)
    shut = past.end - timedelta(days=5)
    calendar = Calendar(closed=frozenset({shut, past.end + timedelta(days=1)}))
    said = middle(changed(past, past.days - 5, 1, 3.0), calendar)
    assert said[0, 1].sum() == 0
    np.testing.assert_allclose(said[0, 2].sum(), middle(past)[0, 2].sum(), rtol=0.05)


@pytest.mark.parametrize("weeks", [1, 2, 4, 8])
def test_a_short_history_gives_a_forecast_whose_interval_is_neither_empty_nor_boundless(
    weeks: int, test_data: Path
) -> None:
    known = building(test_data)
    past = known.before(date(2005, 10, 1), weeks=weeks)
    said = Profiles().fit(past, BUILDING_HOURS).predict(past, 14)
    open_hours = said.people[:, :, 7:22]
    width = (open_hours[..., HIGH] - open_hours[..., LOW]).sum() / said.median.sum()
    assert 0.3 < width < 3


@pytest.fixture(scope="module")
def two_streets(test_data: Path) -> tuple[Counts, Counts]:
    """Two series over the two years before an origin, and all of their counts."""
    known = streets(test_data)
    two = replace(known, names=known.names[:2], people=known.people[:2])
    return two.before(ORIGIN, weeks=104), two


def test_a_forecast_sees_what_the_rows_saw_that_taught_it(two_streets: tuple[Counts, Counts]) -> None:
    past = two_streets[0]
    series, ahead, slot = np.indices((2, 14, 24)).reshape(3, -1)
    rows = Rows(series, np.full(series.size, past.days), ahead, slot)
    taught, asked = (matrix(past_of(past, street_calendar(), 14, asked=each), rows) for each in (False, True))
    np.testing.assert_allclose(asked[0], taught[0])
    np.testing.assert_allclose(asked[1], taught[1])


@pytest.fixture(scope="module")
def fitted(two_streets: tuple[Counts, Counts], _trees: None) -> FittedBlend:
    return Blend().fit(two_streets[0], street_calendar())


def test_with_a_long_past_the_trained_model_is_trusted_and_right(
    fitted: FittedBlend, two_streets: tuple[Counts, Counts]
) -> None:
    past, known = two_streets
    assert (fitted.trust > 0.5).all()
    came = known.of(ORIGIN, 7)
    naive = FOUR_WEEKS.fit(past, street_calendar()).predict(past, 7)
    ours = fitted.predict(past, 7)
    assert np.abs(ours.median - came).sum() < np.abs(naive.median - came).sum()


def test_the_same_past_gives_the_same_forecast_and_nothing_later_changes_it(
    fitted: FittedBlend, two_streets: tuple[Counts, Counts]
) -> None:
    past, known = two_streets
    turned = known.people.copy()
    turned[:, (ORIGIN - known.first).days :] = 12345
    again = replace(known, people=turned).before(ORIGIN, weeks=104)
    other = Blend().fit(again, street_calendar()).predict(again, 14)
    np.testing.assert_array_equal(other.people, fitted.predict(past, 14).people)


def test_no_feature_of_a_row_looks_at_its_origin_or_later(two_streets: tuple[Counts, Counts]) -> None:
    past, _ = two_streets
    origin = 640
    ahead, slot = (one.ravel() for one in np.meshgrid(np.arange(14), np.arange(24)))
    rows = Rows(np.zeros_like(ahead), np.full_like(ahead, origin), ahead, slot)
    blind = past.people.copy()
    blind[:, origin:] = np.nan
    whole, cut = (
        matrix(past_of(one, street_calendar(), 14), rows) for one in (past, replace(past, people=blind))
    )
    np.testing.assert_allclose(whole[0], cut[0], rtol=1e-9, atol=1e-9, equal_nan=True)
    np.testing.assert_allclose(whole[1], cut[1], rtol=1e-9, equal_nan=True)


@pytest.mark.usefixtures("_trees")
def test_there_is_no_jump_when_the_trained_model_comes_in(test_data: Path) -> None:
    known = streets(test_data)
    one = replace(known, names=known.names[:1], people=known.people[:1])
    begin = (ORIGIN - known.first).days - LEAST_DAYS - 7
    sums = []
    for days in (LEAST_DAYS - 1, LEAST_DAYS + 1):
        past = replace(
            one, first=known.first + timedelta(days=begin), people=one.people[:, begin : begin + days]
        )
        model = Blend().fit(past, street_calendar())
        assert (model.model is not None) == (days >= LEAST_DAYS)
        plain = Profiles().fit(past, street_calendar()).predict(past, 7)
        sums.append(np.abs(model.predict(past, 7).median / np.maximum(plain.median, 1) - 1).max())
    assert sums[0] == 0
    assert sums[1] < 0.02


def test_widths_follow_what_came_and_a_normal_guess_before() -> None:
    random = np.random.default_rng(3)
    said = np.tile(np.array([-1.0, 0.0, 1.0]), (2, 60, 24, 1))
    came = random.normal(0, 1.0, (2, 60, 24))
    widths = learned_widths(said, came)
    quantiles = widths.quantiles(said)
    inside = (came >= quantiles[..., LOW]) & (came <= quantiles[..., HIGH])
    assert inside.mean() == pytest.approx(0.8, abs=0.03)
    assert (np.diff(guessed_widths(24).quantiles(said)) > 0).all()
