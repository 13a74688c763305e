"""Plans for one unit: least staff for whoever may come, held against the simulator."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.staffed import HUMPS, demand, staffed
from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import LEVELS
from vilina_api.staffing.evolution import Evolution
from vilina_api.staffing.judge import judge
from vilina_api.staffing.plan import expected_of, plan, settled
from vilina_api.staffing.queueing import waits
from vilina_api.staffing.rules import Rules
from vilina_api.staffing.service import Service

few = st.lists(st.floats(0.0, 25.0), min_size=1, max_size=5)


@pytest.mark.parametrize("cv", [0.8, 1.0, 1.3])
@pytest.mark.parametrize("patience_min", [inf, 20.0])
def test_a_queue_that_is_left_alone_becomes_the_settled_one(cv: float, patience_min: float) -> None:
    service = Service(12.0, cv if patience_min == inf else 1.0)
    evolution = Evolution.of(service, within_min=10.0, patience_min=patience_min, most_load=8.0)
    crowd, rate = evolution.nobody(1), np.array([[4.0 / 12.0]])
    crowd, _ = evolution.run(crowd, np.array([5]), rates=rate, minutes=2000.0)
    _, within = evolution.run(crowd, np.array([5]), rates=rate, minutes=30.0)
    said = waits(5, np.array([4.0]), service=service, within_min=10.0, patience_min=patience_min)
    assert within[0] == pytest.approx(said.within[5, 0], abs=0.012 if patience_min < inf else 0.001)


@given(people=few, staff=st.lists(st.integers(0, 8), min_size=5, max_size=5), patient=st.booleans())
@settings(deadline=None, max_examples=25)
def test_one_more_at_all_times_never_lowers_the_level_of_any_slot(
    people: list[float], staff: list[int], patient: bool
) -> None:
    by = staffed(patience_min=inf if patient else 15.0)
    given_staff = tuple(staff[: len(people)])
    fewer = expected_of(demand(people), by, given_staff)
    more = expected_of(demand(people), by, tuple(number + 1 for number in given_staff))
    for less, well in zip(fewer.slots, more.slots, strict=True):
        assert 0 <= less.within <= well.within + 1e-9 <= 1 + 1e-6


@pytest.mark.parametrize(
    ("by", "spread"),
    [
        (staffed(), 0.0),
        (staffed(), 0.15),
        (staffed(6.0), 0.15),
        (staffed(25.0, within_min=15.0), 0.15),
        (staffed(cv=1.2), 0.15),
        (staffed(patience_min=25.0), 0.15),
        (staffed(share=0.9, within_min=5.0), 0.3),
    ],
)  # fmt: skip
def test_what_a_plan_promises_is_what_comes_of_it(by, spread) -> None:  # type: ignore[no-untyped-def]
    coming = demand(HUMPS, spread=spread)
    made = plan(coming, by)
    played = judge(coming, by, made.staff, plays=500)
    assert played.within.value == pytest.approx(made.within, abs=0.05)
    assert min(slot.within for slot in made.slots) >= by.target.share
    assert min(slot.value for slot in played.slots) >= by.target.share - 0.05


def test_one_fewer_would_miss_the_target_in_every_slot() -> None:
    made = plan(demand(HUMPS), staffed())
    for slot in made.slots:
        assert slot.because == "target"
        assert slot.one_fewer is None or slot.one_fewer < 0.8 <= slot.within


def test_who_plans_on_the_mean_misses_the_target_and_who_plans_on_the_distribution_does_not() -> None:
    coming, by = demand(np.array(HUMPS) * 2.0), staffed()
    on_the_mean = plan(demand(np.array(HUMPS) * 2.0, spread=0.0), by)
    on_all = plan(coming, by)
    assert judge(coming, by, on_the_mean.staff, plays=400).within.high < 0.78
    assert judge(coming, by, on_all.staff, plays=400).within.value > 0.79
    assert on_all.desk_hours > on_the_mean.desk_hours
    assert judge(coming, by, settled(coming, by), plays=400).within.value > on_all.within + 0.03, (
        "the formulas' excess"
    )


def test_where_desks_are_few_the_plan_says_that_the_target_is_missed() -> None:
    made = plan(demand(HUMPS), staffed(rules=Rules(desks=9)))
    peak = max(made.slots, key=lambda slot: slot.expected)
    assert (peak.staff, peak.because) == (9, "desks")
    assert peak.within < 0.8


def test_somebody_is_always_present_while_it_is_open() -> None:
    made = plan(demand([0.0, 1.0, 0.0]), staffed(rules=Rules(least=2)))
    assert made.staff == (2, 2, 2)
    assert {slot.because for slot in made.slots} == {"presence"}


def test_the_queue_of_a_slot_goes_over_into_the_next_but_not_over_closed_hours() -> None:
    by, people = staffed(), [30.0, 30.0, 10.0, 10.0]
    through = expected_of(demand(people), by, (8, 8, 5, 5)).slots[2].within
    after_a_break = expected_of(demand(people, closed=4), by, (8, 8, 5, 5)).slots[2].within
    assert through < 0.3
    assert after_a_break > 0.9


def test_paid_hours_are_more_than_hours_at_desks_by_breaks_and_by_who_is_away() -> None:
    by = staffed(rules=Rules(shrinkage=0.2, break_share=0.1, hour_eur=30.0))
    made = plan(demand(HUMPS), by)
    assert made.paid_hours == pytest.approx(made.desk_hours / 0.8 / 0.9)
    assert made.eur_per_visit == pytest.approx(made.paid_hours * 30.0 / sum(HUMPS), rel=0.01)


def test_without_anybody_expected_a_visit_has_no_cost() -> None:
    made = plan(demand([0.0]), staffed())
    assert made.eur_per_visit is None
    assert made.within == 1.0


@pytest.mark.parametrize(
    "rules",
    [{"least": 0}, {"desks": 1, "least": 2}, {"shrinkage": 1.0}, {"break_share": -0.1}, {"hour_eur": -1.0}],
)
def test_rules_by_which_nobody_can_be_planned_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(StaffingError):
        Rules(**rules)  # type: ignore[arg-type]


def test_a_crowd_that_is_no_queue_is_refused_with_the_remedy() -> None:
    with pytest.raises(StaffingError, match="more than one queue"):
        plan(demand([3000.0]), staffed())


@pytest.mark.parametrize("bad", [[-1.0], [np.nan], [np.inf]])
def test_demand_that_cannot_be_is_refused_with_its_slot(bad: list[float]) -> None:
    with pytest.raises(StaffingError, match="desk, 2026-03-02 08:00"):
        demand(bad)


def test_quantiles_that_fall_are_refused() -> None:
    coming = demand([10.0])
    with pytest.raises(StaffingError, match="quantiles fall"):
        replace(coming, quantiles=coming.quantiles[:, ::-1])


@given(people=few, spread=st.floats(0.0, 0.6))
@settings(deadline=None)
def test_days_that_stand_for_all_have_the_mean_and_the_quantiles_of_the_demand(
    people: list[float], spread: float
) -> None:
    coming = demand(people, spread=spread)
    assert np.allclose(coming.at(np.array(LEVELS)).T, coming.quantiles)
    assert coming.mean() == pytest.approx(np.array(people), rel=0.02, abs=1e-9)
    days = coming.scenarios()
    assert (np.diff(days, axis=0) >= 0).all()
    assert (days >= 0).all()


def test_what_is_chance_alone_is_taken_out_of_counts() -> None:
    dice = np.random.default_rng(4)
    busy = 40.0 * dice.lognormal(-(0.2**2) / 2, 0.2, 400_000)
    counted = np.quantile(dice.poisson(busy), LEVELS)[None, :]
    found = replace(demand([40.0]), quantiles=counted).without_chance()
    assert found.quantiles[0] == pytest.approx(np.quantile(busy, LEVELS), rel=0.05)
    chance = np.quantile(dice.poisson(40.0, 400_000), LEVELS)[None, :]
    nothing_left = replace(demand([40.0]), quantiles=chance).without_chance().quantiles
    assert np.ptp(nothing_left) < 3.0


def test_slots_that_are_not_there_are_closed() -> None:
    assert demand([1.0, 2.0, 3.0, 4.0], closed=6).stretches() == [slice(0, 2), slice(2, 4)]


def test_intervals_of_a_play_hold_what_many_more_plays_come_to() -> None:
    coming, by, staff = demand(HUMPS[:6]), staffed(), (3, 4, 7, 11, 13, 13)
    truth = judge(coming, by, staff, plays=3000, seed=99).within.value
    held = [judge(coming, by, staff, plays=60, seed=seed).within for seed in range(40)]
    inside = sum(one.low <= truth <= one.high for one in held)
    assert inside >= 34


def test_idle_hours_are_what_is_staffed_and_stayed_less_what_was_served() -> None:
    coming, by = demand([10.0] * 4, spread=0.0), staffed(cv=0.0)
    played = judge(coming, by, (6, 6, 6, 6), plays=300)
    served = played.visits * 12 / 60
    assert played.idle_hours.value == pytest.approx(12 + played.over_hours.value - served, rel=1e-9)
    assert played.over_hours.value > 0
