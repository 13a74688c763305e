"""Local days and opening hours."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tests.sites import SQUARE, square
from vilina_ingest.calendar import day_start, hours_of, is_open, local_days, local_hours, quarters_of_day
from vilina_ingest.site import Site


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 3, 30), 96), (date(2026, 10, 25), 100)]
)
def test_a_local_day_has_the_quarter_hours_that_it_lasts(day: date, quarters: int) -> None:
    bins = quarters_of_day(square(), day)
    assert len(bins) == quarters
    assert bins.edges[-1] == day_start(square(), day + timedelta(days=1))
    assert local_days(square(), day, day).edges == (bins.edges[0], bins.edges[-1])


HELSINKI, KOLKATA, LORD_HOWE = "Europe/Helsinki", "Asia/Kolkata", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("time_zone", "day", "hours", "minutes"),
    [
        (HELSINKI, date(2026, 3, 28), 24, {60}),
        (HELSINKI, date(2026, 3, 29), 23, {60}),
        (HELSINKI, date(2026, 10, 25), 25, {60}),
        (KOLKATA, date(2026, 3, 29), 24, {60}),
        (LORD_HOWE, date(2026, 4, 5), 24, {60, 90}),
        (LORD_HOWE, date(2026, 10, 4), 23, {60, 90}),
    ],
)
def test_hours_go_by_the_clock_of_the_site(time_zone: str, day: date, hours: int, minutes: set[int]) -> None:
    site = Site.model_validate(SQUARE | {"time_zone": time_zone})
    start, end = local_days(site, day, day).edges
    edges = local_hours(site, start, end).edges
    assert len(edges) == hours + 1
    assert (edges[0], edges[-1]) == (start, end)
    assert {site.local(edge).minute for edge in edges} == {0}
    assert {(b - a) // timedelta(minutes=1) for a, b in pairwise(edges)} == minutes


def test_hours_are_whole_where_they_are_asked_for_in_the_middle() -> None:
    start = datetime(2026, 3, 2, 5, 20, tzinfo=UTC)
    edges = local_hours(square(), start, start + timedelta(hours=2)).edges
    assert edges == tuple(datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (5, 6, 7, 8))


def test_hours_come_to_an_end_before_clocks_were_set_by_the_quarter_hour() -> None:
    start = datetime(1850, 1, 1, tzinfo=UTC)
    edges = local_hours(square(), start, start + timedelta(hours=6)).edges
    assert edges[0] <= start
    assert edges[-1] >= start + timedelta(hours=6)


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


def test_a_part_of_a_country_has_holidays_of_its_own_and_closures_are_closed() -> None:
    closures = [
        {"name": "Moving", "first": "2026-03-02", "last": "2026-03-03"},
        {"name": "Fire", "first": "2026-03-05"},
    ]
    there = {"country": "DE", "subdivision": "BY", "time_zone": "Europe/Berlin"}
    bavaria = Site.model_validate(SQUARE | there | {"closures": closures})
    epiphany, week = date(2026, 1, 6), [date(2026, 3, day) for day in range(2, 7)]
    assert hours_of(bavaria, epiphany) is None
    assert hours_of(bavaria.model_copy(update={"subdivision": None}), epiphany) is not None
    assert [hours_of(bavaria, day) is None for day in week] == [True, True, False, True, False]
