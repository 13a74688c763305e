"""Local days and opening hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sites import SQUARE, square
from vilina_ingest.calendar import day_start, hours_of, is_open, local_days, quarters_of_day
from vilina_ingest.site import Site


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 3, 30), 96), (date(2026, 10, 25), 100)]
)
def test_a_local_day_has_the_quarter_hours_that_it_lasts(day: date, quarters: int) -> None:
    bins = quarters_of_day(square(), day)
    assert len(bins) == quarters
    assert bins.edges[-1] == day_start(square(), day + timedelta(days=1))
    assert local_days(square(), day, day).edges == (bins.edges[0], bins.edges[-1])


def test_only_quarter_hours_that_have_begun_are_there() -> None:
    start = day_start(square(), date(2026, 3, 3))
    assert len(quarters_of_day(square(), date(2026, 3, 3), until=start)) == 1
    assert len(quarters_of_day(square(), date(2026, 3, 3), until=start + timedelta(minutes=16))) == 2


def test_a_site_is_open_in_its_own_time_but_not_on_holidays() -> None:
    monday = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    assert is_open(square(), monday)
    assert not is_open(square(), monday - timedelta(seconds=1))
    assert hours_of(square(), date(2026, 3, 1)) is None
    assert hours_of(square(), date(2026, 12, 25)) is None


def test_where_no_holidays_are_known_there_are_none() -> None:
    nowhere = Site.model_validate(SQUARE | {"country": "XX"})
    assert hours_of(nowhere, date(2026, 12, 25)) is not None
