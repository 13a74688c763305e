"""What the planner's charts show, from real forecasts and real plans."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pytest

from tests.api.planning import offices
from tests.api.staffed import staffed
from vilina_api.errors import BadRequest
from vilina_api.forecasting.counts import Calendar, Counts, Floats
from vilina_api.forecasting.profiles import Profiles
from vilina_api.planner_page.answer import needed
from vilina_api.planner_page.axis import NARROW, WIDE, ChartWords
from vilina_api.planner_page.drawing import csv_text, file_png, file_svg, page_svg
from vilina_api.planner_page.fan import Fan, fan, fan_chart
from vilina_api.planner_page.heat import heat, heat_chart
from vilina_api.planner_page.page import Look, render_blocks
from vilina_api.planner_page.steps import most_at_once, steps, steps_chart
from vilina_api.planner_page.subject import subject
from vilina_api.planner_page.week import Week
from vilina_api.planner_page.week_rosters import fits
from vilina_api.rostering.required import from_plans, required
from vilina_api.site_forecast.card import Backtest, Judged, ModelCard, Scope, Score
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import StaffPlan, plan
from vilina_api.staffing.rules import Rules
from vilina_api.theme import TOKENS

WEEK = Week.parse("2026-W10")
NOW = datetime.combine(date(2026, 3, 4), time(12, 20))
OPENS, CLOSES = 9, 14
WORDS = ChartWords(("ma", "ti", "ke", "to", "pe", "la", "su"), "kiinni", "{} tiskiä")
SCOPES: Final[tuple[Scope, ...]] = ("zones", "site")
MISSED = 11
"""The hour of Tuesday in which nobody counted."""


@pytest.fixture(scope="module")
def numbers() -> tuple[Floats, Floats]:
    """A forecast of the week (7, 24, Q) by weighted profiles, and what came (7, 24) until Wednesday noon."""
    first, weeks = WEEK.first - timedelta(weeks=4), 5
    usual = np.zeros(24)
    usual[OPENS:CLOSES] = (20, 45, 60, 50, 25)
    opened = np.array([day % 7 < 6 for day in range(7 * weeks)])
    people = np.random.default_rng(3).poisson(usual * opened[:, None]).astype(np.float64)
    counts = Counts(names=("hall",), first=first, people=people[None])
    calendar = Calendar(opens=OPENS * 60, closes=CLOSES * 60, closed=frozenset({WEEK.last}))
    past = counts.before(WEEK.first)
    said = Profiles().fit(past, calendar).predict(past, 7)
    came = counts.of(WEEK.first, 7)[0]
    came[1, MISSED] = np.nan
    return said.people[0], came


@pytest.fixture(scope="module")
def shown(numbers: tuple[Floats, Floats]) -> Fan:
    expected, came = numbers
    return fan(WEEK, expected=expected, said=expected[..., 3] * 1.1, came=came, now=NOW)


def planned(shown: Fan, unit: str, *, desks: int | None = None) -> StaffPlan:
    starts = tuple(slot.start for slot in shown.slots)
    mean = np.array([slot.middle for slot in shown.slots], np.float64)
    demand = Demand.around(unit, starts, slot_min=60.0, mean=mean, spread=0.15)
    return plan(demand, staffed(6.0, rules=Rules(desks=desks)))


def test_a_week_is_known_by_its_number() -> None:
    assert (WEEK.first, WEEK.last, WEEK.number) == (date(2026, 3, 2), date(2026, 3, 8), 10)
    assert str(Week.of(date(2027, 1, 1))) == "2026-W53"
    assert WEEK.later(-10) == Week.parse("2025-W52")


@pytest.mark.parametrize("text", ["2026-W54", "2026-W0", "next week", "", "0000-W01"])
def test_what_is_no_week_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(BadRequest, match="like 2026-W10"):
        Week.parse(text)


def test_a_fan_has_the_open_hours_and_what_came_in_those_that_are_over(shown: Fan) -> None:
    assert {slot.start.hour for slot in shown.slots} == set(range(OPENS, CLOSES))
    assert {slot.start.weekday() for slot in shown.slots} == set(range(6))
    known = [slot for slot in shown.slots if slot.came is not None]
    assert known[-1].end == datetime.combine(NOW.date(), time(12))
    assert [gap.start for gap in shown.gaps] == [datetime.combine(date(2026, 3, 3), time(MISSED))]
    assert all(s.low80 <= s.low50 <= s.middle <= s.high50 <= s.high80 for s in shown.slots)  # type: ignore[operator]


def test_what_was_not_forecast_is_unknown_and_what_came_is_shown_all_the_same(
    numbers: tuple[Floats, Floats],
) -> None:
    expected, came = numbers
    later = expected.copy()
    later[:2] = np.nan
    found = fan(WEEK, expected=later, came=came, now=NOW)
    monday = [slot for slot in found.slots if slot.start.weekday() == 0]
    assert [slot.middle for slot in monday] == [None] * (CLOSES - OPENS)
    assert all(slot.came is not None for slot in monday)
    assert not found.was_said
    cells = heat(WEEK, found.slots)
    cell = cells.at(WEEK.first, OPENS)
    assert cell is not None
    assert cell.people == monday[0].came


def test_the_heat_map_is_darkest_in_the_busiest_hour_and_has_nothing_where_it_is_closed(shown: Fan) -> None:
    found = heat(WEEK, shown.slots)
    busiest = max(found.cells, key=lambda cell: cell.people)
    assert (busiest.hour, busiest.step) == (11, 10)
    assert found.hours == range(OPENS, CLOSES)
    assert found.at(WEEK.last, 11) is None
    assert found.at(WEEK.first, 8) is None


def test_steps_of_units_together_are_the_sum_of_each(shown: Fan) -> None:
    desk, info = planned(shown, "desk"), planned(shown, "info", desks=5)
    both, one = steps([desk, info]), steps([desk])
    assert [step.staff for step in both] == [a + b for a, b in zip(desk.staff, info.staff, strict=True)]
    assert most_at_once(both).staff == max(step.staff for step in both)  # type: ignore[union-attr]
    assert not any(step.short for step in one)
    assert any(step.short for step in both)
    assert all(step.many > step.load for step in one)


def test_what_is_needed_names_units_with_too_few_desks_the_worst_first(shown: Fan) -> None:
    plans = [planned(shown, "desk"), planned(shown, "info", desks=5), planned(shown, "help", desks=4)]
    found = needed(plans, steps(plans), plans[:2])
    assert found is not None
    assert [short.unit for short in found.short] == ["help", "info"]
    assert found.cost.paid_hours == pytest.approx(sum(one.paid_hours for one in plans))
    assert found.now is None, "of one unit nobody knows what there would be without the plan"
    assert needed([], (), []) is None


def test_charts_follow_the_light_of_the_page_and_files_are_by_day(shown: Fan) -> None:
    made = planned(shown, "desk", desks=8)
    charts = [
        fan_chart(shown, size=NARROW, words=WORDS),
        heat_chart(heat(WEEK, shown.slots), words=WORDS),
        steps_chart(steps([made]), week=WEEK, size=WIDE, words=WORDS, before=steps([made]), desks=8),
    ]
    for chart, name in zip(charts, ("--forecast", "--on-ramp-10", "--ink"), strict=True):
        on_page, in_file = page_svg(chart), file_svg(chart)
        assert f"var({name})" in on_page
        assert "var(" not in in_file
        assert "#fe0" not in on_page + in_file
        assert TOKENS["paper"].light in in_file
    assert "kiinni" in page_svg(charts[2])
    assert "8 tiskiä" in page_svg(charts[2])
    assert file_png(charts[1]).startswith(b"\x89PNG")


def test_the_page_shows_how_good_the_model_was_by_horizon_and_part_of_the_day(shown: Fan) -> None:
    model, week, month = (Score(wape=wape, loss=5.0, coverage=81.4) for wape in (6.24, 11.4, 10.3))
    judged = [
        Judged(what=what, scope=scope, model=model, last_week=week, four_weeks=month)
        for what in ("1 h", "8-14 days", "10-16 h")
        for scope in SCOPES
    ]
    days = {"first": date(2026, 2, 2), "last": date(2026, 3, 1)}
    card = ModelCard(
        site="square", method="vilina", version="v", trained_at=None, trained_until=days["last"], first=None, days=182,
        series=3, gaps_percent=0.4, in_use=True, verdict="In use: the first model.",
        backtest=Backtest(origins=10, horizons=tuple(judged[:4]), dayparts=tuple(judged[4:]), **days),
    )  # fmt: skip
    text = render_blocks(
        Look(
            site=offices(), week=WEEK, subject=subject(offices(), "site"), now=NOW, fan=shown, card=card, share=None,
            plan=None, roster=None, people=(), keeps_rosters=False,
        )
    )  # fmt: skip
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>6.2</td><td>81</td><td>11.4</td><td>10.3</td>', text)
    assert rows == ["1 h", "8-14 days", "10-16 h"]
    assert "trained until Sun 1 March on 182 days" in text


def test_an_empty_week_can_be_drawn() -> None:
    nothing = np.full((7, 24, 7), np.nan)
    found = fan(WEEK, expected=nothing, now=NOW)
    assert found.slots == ()
    assert "kiinni" in page_svg(fan_chart(found, size=NARROW, words=WORDS))
    assert heat(WEEK, ()).hours == range(0)


def test_numbers_in_a_file_are_empty_where_nothing_is_known() -> None:
    text = csv_text(("time", "people"), [("2026-03-02T09:00", 1.5), ("2026-03-02T10:00", None)])
    assert text == "time,people\n2026-03-02T09:00,1.50\n2026-03-02T10:00,\n"


def test_a_roster_fits_the_plan_that_it_was_made_for_until_that_is_another(shown: Fan) -> None:
    site, made = offices(), planned(shown, "desk")
    asked = required(from_plans([made]), site, first=WEEK.first, block_min=30)
    assert fits(asked, [made], site)
    assert not fits(asked, [planned(shown, "desk", desks=5)], site)
    rest = Fan(WEEK, tuple(slot for slot in shown.slots if slot.start.weekday() >= 3), NOW)
    assert fits(asked, [planned(rest, "desk")], site)
