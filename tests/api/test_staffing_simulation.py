"""The queue, customer by customer: against the formulas, and by hand."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vilina_api.staffing.load import modified_offered_load
from vilina_api.staffing.queueing import waits
from vilina_api.staffing.service import Floats, Service
from vilina_api.staffing.simulation import Customers, Served, customers, serve

LONG = 40_000
"""Slots of 10 customers each: enough that a service level is known within a percent."""


def come(*pairs: tuple[float, float], patience: float = inf) -> Customers:
    """Customers who arrive at the first of each pair and take the second."""
    arrives, service = (np.array(each, np.float64) for each in zip(*pairs, strict=True))
    return Customers(arrives, service, np.full(len(pairs), patience))


def steady(staff: int, *, cv: float, patience_min: float) -> tuple[Customers, Served]:
    dice = np.random.default_rng(1)
    who = customers(
        np.full(LONG, 10.0), slot_min=30.0, service=Service(12.0, cv), patience_min=patience_min, dice=dice
    )
    return who, serve(who, [staff] * LONG, slot_min=30.0)


@pytest.mark.parametrize("patience_min", [inf, 20.0])
def test_a_settled_queue_serves_as_many_in_time_as_the_formulas_say(patience_min: float) -> None:
    who, _ = steady(5, cv=1.0, patience_min=patience_min)
    exponential = who._replace(service=np.random.default_rng(2).exponential(12.0, len(who.arrives)))
    done = serve(exponential, [5] * LONG, slot_min=30.0)
    said = waits(5, np.array([4.0]), service=Service(12.0, 1.0), within_min=10.0, patience_min=patience_min)
    assert (done.served & (done.waits <= 10)).mean() == pytest.approx(said.within[5, 0], abs=0.012)
    assert 1 - done.served.mean() == pytest.approx(said.gave_up[5, 0], abs=0.006)
    assert done.waits.mean() == pytest.approx(said.mean_min[5, 0], rel=0.06)


@pytest.mark.parametrize("cv", [0.0, 0.8])
def test_evener_service_shortens_waits_as_much_as_is_said(cv: float) -> None:
    _, done = steady(5, cv=cv, patience_min=inf)
    said = waits(5, np.array([4.0]), service=Service(12.0, cv), within_min=10.0)
    assert (done.waits <= 10).mean() == pytest.approx(said.within[5, 0], abs=0.03)
    assert done.waits.mean() == pytest.approx(said.mean_min[5, 0], rel=0.1)


def test_who_comes_first_is_served_first_by_whoever_is_free() -> None:
    done = serve(come((0, 10), (1, 3), (2, 5), (3, 1)), [2], slot_min=60.0)
    assert done.waits.tolist() == [0.0, 0.0, 2.0, 6.0]
    assert done.busy_min == 19.0


def test_who_leaves_finishes_the_customer_and_takes_no_other() -> None:
    done = serve(come((0, 40), (1, 40), (2, 10)), [2, 1], slot_min=30.0)
    assert done.waits.tolist() == [0.0, 0.0, 39.0], (
        "the first to finish goes home, the second takes the third"
    )
    assert done.over_min == 10.0


def test_who_is_idle_when_staff_leave_goes_home_first() -> None:
    done = serve(come((20, 30), (35, 5)), [2, 1], slot_min=30.0)
    assert done.waits.tolist() == [0.0, 15.0]
    assert done.over_min == 0.0


def test_a_change_of_shift_never_adds_a_server() -> None:
    always = come((0, 25), (0, 25), (0, 25), (30, 25), (30, 25), (30, 25))
    done = serve(always, [1, 1, 1, 1, 1, 1], slot_min=30.0)
    assert done.waits.tolist() == [0.0, 25.0, 50.0, 45.0, 70.0, 95.0]
    swapped = serve(always, [1, 2, 1, 1, 1, 1], slot_min=30.0)
    assert swapped.waits.tolist() == [0.0, 25.0, 30.0, 20.0, 25.0, 50.0]


def test_staff_stay_after_closing_until_all_who_came_have_been_served() -> None:
    done = serve(come((0, 50), (10, 30), (70, 5)), [1, 0, 0], slot_min=30.0)
    assert done.waits.tolist()[:2] == [0.0, 40.0]
    assert done.over_min == 50.0
    assert done.served.tolist() == [True, True, False], "nobody is there for who comes after that"
    assert done.waits[2] == 20.0


def test_who_comes_before_opening_waits_for_it() -> None:
    assert serve(come((10, 5)), [0, 1], slot_min=30.0).waits.tolist() == [20.0]


def test_who_gives_up_does_not_occupy_anybody() -> None:
    done = serve(come((0, 30), (1, 30), (2, 5), patience=29.0), [1], slot_min=60.0)
    assert done.served.tolist() == [True, True, False]
    assert done.waits.tolist() == [0.0, 29.0, 29.0]
    assert done.busy_min == 60.0


@given(seed=st.integers(0, 10_000), staff=st.lists(st.integers(1, 6), min_size=1, max_size=8))
@settings(deadline=None)
def test_one_more_at_all_times_never_makes_anybody_wait_longer(seed: int, staff: list[int]) -> None:
    dice = np.random.default_rng(seed)
    rates = dice.uniform(0.0, 12.0, len(staff))
    who = customers(rates, slot_min=30.0, service=Service(9.0), patience_min=inf, dice=dice)
    fewer = serve(who, staff, slot_min=30.0)
    more = serve(who, [number + 1 for number in staff], slot_min=30.0)
    assert (more.waits <= fewer.waits + 1e-9).all()
    assert (more.waits >= 0).all()
    assert more.served.all()


def test_of_customers_who_give_up_more_staff_serve_more() -> None:
    served = [steady(staff, cv=0.8, patience_min=20.0)[1].served.mean() for staff in (3, 4, 5)]
    assert served[0] < served[1] < served[2]


def mean_in_service(rates: Floats, service: Service, at: float) -> float:
    dice, found = np.random.default_rng(5), []
    for _ in range(3000):
        who = customers(rates, slot_min=30.0, service=service, patience_min=inf, dice=dice)
        here = (who.arrives <= at) & (who.arrives + who.service > at)
        found.append(int(here.sum()))
    return float(np.mean(found))


@pytest.mark.parametrize("at", [15.0, 45.0, 105.0])
def test_offered_load_is_how_many_would_be_at_desks_if_nobody_waited(at: float) -> None:
    rates, service = np.array([10.0, 60.0, 20.0, 0.0]), Service(12.0)
    said = modified_offered_load(rates, slot_min=30.0, service=service, parts=1)
    assert said[int(at // 30)] == pytest.approx(mean_in_service(rates, service, at), rel=0.04, abs=0.05)
