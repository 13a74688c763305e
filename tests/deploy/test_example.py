"""The example square and its simulated people."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vilina_api.planner_page.week_rosters import WeekRosters
from vilina_api.rostering.jobs import Jobs
from vilina_deploy.demo.history import history, outages, planned
from vilina_deploy.demo.square import open_square, write_people, write_square
from vilina_deploy.demo.visits import DayPlan, day_plan
from vilina_deploy.example import example_site
from vilina_ingest.calendar import hours_of
from vilina_ingest.points import points
from vilina_ingest.site import OUTSIDE, Site
from vilina_ingest.site_file import load_site

TUESDAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def site() -> Site:
    return example_site()


def entered_by_doors(site: Site, plan: DayPlan) -> int:
    doors = [i for i, line in enumerate(site.lines) if line.door]
    return int((np.isin(plan.line, doors) & plan.entered).sum())


def test_the_example_is_the_square_it_says_it_is(site: Site) -> None:
    assert len(site.units) == 10
    assert len(site.doors()) == 3
    assert len(site.lines) == 15
    assert len(site.counters) == 13
    assert len(site.spots) == 6


def test_an_open_day_has_4500_visits_on_average_and_a_year_1_3_million(site: Site) -> None:
    days = (date(2025, 1, 1) + timedelta(days=n) for n in range(365))
    visits = [entered_by_doors(site, day_plan(site, day, seed=1)) for day in days if hours_of(site, day)]
    assert np.mean(visits) == pytest.approx(4500, rel=0.02)
    assert sum(visits) == pytest.approx(1.3e6, rel=0.05)


@given(day=st.dates(date(2024, 1, 1), date(2027, 12, 31)), seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_nobody_appears_from_nowhere_and_everybody_has_gone_home(day: date, seed: int) -> None:
    site = example_site()
    plan = day_plan(site, day, seed=seed)
    for zone in (zone.id for zone in site.zones):
        sign = np.array([(line.to == zone) - (line.origin == zone) for line in site.lines])
        inside = np.cumsum(sign[plan.line] * np.where(plan.entered, 1, -1)) if len(plan.line) else np.zeros(1)
        assert inside.min() >= 0, zone
        assert inside[-1] == 0, zone


def test_the_square_is_never_fuller_than_it_may_be(site: Site) -> None:
    sign = np.array([(line.origin == OUTSIDE) - (line.to == OUTSIDE) for line in site.lines])
    for n in range(0, 180, 9):
        plan = day_plan(site, TUESDAY + timedelta(days=n), seed=2)
        if len(plan.line):
            assert np.cumsum(sign[plan.line] * np.where(plan.entered, 1, -1)).max() <= site.capacity


def test_people_do_not_all_leave_at_the_same_moment(site: Site) -> None:
    plan = day_plan(site, TUESDAY, seed=1)
    _, at_once = np.unique(plan.at_ms // 1000, return_counts=True)
    assert at_once.max() < 15


def test_a_square_that_opens_on_sundays_is_quieter_then(site: Site) -> None:
    every_day = site.model_copy(update={"opening": {**site.opening, "sun": site.opening["sat"]}})
    sunday, monday = date(2026, 3, 1), date(2026, 3, 2)
    visits = {day: entered_by_doors(site, day_plan(every_day, day, seed=1)) for day in (sunday, monday)}
    assert visits[sunday] < 0.8 * visits[monday]


def test_holidays_and_sundays_are_closed(site: Site) -> None:
    assert hours_of(site, date(2026, 12, 25)) is None
    assert hours_of(site, date(2026, 3, 1)) is None
    assert not len(day_plan(site, date(2026, 3, 1), seed=1).at_ms)


def test_the_history_counts_everyone_but_in_outages(site: Site) -> None:
    until = datetime(2026, 3, 10, 13, 7, 30, tzinfo=UTC)
    start = TUESDAY - timedelta(days=28)
    days = list(history(site, start=start, until=until, seed=3))
    reports = [report for day in days for report in day]
    assert max(report.end for report in reports) == until
    gaps = outages(site, start=start, until=until, seed=3)
    assert gaps
    assert any(report.gap for report in reports) or all(gap.reason is None for gap in gaps)
    whole = next(c.id for c in site.counters if c.id not in {gap.counter for gap in gaps})
    mine = [r for r in reports if r.counter == whole]
    assert all(a.end == b.start for a, b in pairwise(mine))
    line = site.lines_of(whole)[0].id
    plans = [day_plan(site, start + timedelta(days=n), seed=3) for n in range(len(days))]
    truth = sum(entered_at(site, plan, line, until) for plan in plans)
    assert sum(c.entered for r in mine for c in r.lines if c.line == line) == truth
    assert all(points(report, site) for report in days[0])


def entered_at(site: Site, plan: DayPlan, line: str, until: datetime) -> int:
    index = [one.id for one in site.lines].index(line)
    before = plan.at_ms < until.timestamp() * 1000
    return int(((plan.line == index) & plan.entered & before).sum())


def test_sequence_numbers_have_no_holes_and_an_outage_starts_another_boot(site: Site) -> None:
    until = datetime(2026, 3, 10, 13, tzinfo=UTC)
    start = TUESDAY - timedelta(days=56)
    boots: dict[tuple[str, str], list[int]] = {}
    for day in history(site, start=start, until=until, seed=3):
        for report in day:
            boots.setdefault((report.counter, report.boot), []).append(report.seq)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in boots.values())
    assert any(gap.reason is None for gap in outages(site, start=start, until=until, seed=3))


@given(ms=st.integers(0, 13 * 3600 * 1000))
@settings(max_examples=20, deadline=None)
def test_the_past_and_the_rest_of_a_day_are_the_whole_day_wherever_it_is_cut(ms: int) -> None:
    site = example_site()
    plan = day_plan(site, TUESDAY, seed=3)
    # At a crossing itself, half a millisecond after one, or anywhere.
    cut_ms = float(
        [plan.at_ms[ms % len(plan.at_ms)], plan.at_ms[ms % len(plan.at_ms)] + 0.5, plan.at_ms[0] + ms][ms % 3]
    )
    now = datetime.fromtimestamp(cut_ms / 1000, UTC)
    reports = [r for day in history(site, start=TUESDAY, until=now, seed=3) for r in day]
    past = sum(count.entered + count.left for report in reports for count in report.lines)
    tomorrow = datetime.combine(TUESDAY + timedelta(days=1), datetime.min.time(), site.tz)
    rest = takewhile(lambda one: one.crossing.at < tomorrow, planned(site, after=now, seed=3))
    assert past + sum(1 for _ in rest) == len(plan.at_ms)


def test_the_rest_of_today_goes_on_where_the_history_ends(site: Site) -> None:
    now = datetime.combine(TUESDAY, datetime.min.time(), site.tz) + timedelta(hours=12)
    rest = list(
        takewhile(lambda one: one.crossing.at < now + timedelta(hours=12), planned(site, after=now, seed=3))
    )
    plan = day_plan(site, TUESDAY, seed=3)
    assert len(rest) == int((plan.at_ms >= now.timestamp() * 1000).sum())
    assert all(a.crossing.at <= b.crossing.at for a, b in pairwise(rest))


@given(at=st.datetimes(datetime(2026, 1, 8), datetime(2026, 12, 20), timezones=st.just(ZoneInfo("UTC"))))  # noqa: DTZ001 - bounds
@settings(max_examples=60, deadline=None)
def test_the_demo_is_open_whenever_it_is_started(at: datetime) -> None:
    site, said = open_square(at)
    local = site.local(at)
    hours = hours_of(site, local.date())
    if said is not None and "holiday" in said:
        assert hours_of(example_site(), example_site().local(at).date()) is None
    else:
        assert hours is not None
        assert hours.opens <= local.time() < hours.closes


def test_the_demos_square_can_be_read_again(tmp_path: Path) -> None:
    site, _ = open_square(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    write_square(site, tmp_path / "site.yaml")
    assert load_site(tmp_path / "site.yaml") == site


def test_the_demos_people_are_those_that_the_planners_page_rosters(site: Site, tmp_path: Path) -> None:
    write_people(tmp_path)
    people = WeekRosters(site, jobs=Jobs(tmp_path, site), folder=tmp_path).people()
    assert len(people) == 48
