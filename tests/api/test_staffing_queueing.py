"""Settled queues against published figures, and against each other."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import lognorm

from vilina_api.errors import StaffingError
from vilina_api.staffing.queueing import erlang_b, erlang_c, waits
from vilina_api.staffing.service import Service

loads = st.floats(0.01, 80.0)
patience = st.sampled_from([1.0, 7.0, 60.0, inf])


def test_a_telephone_exchange_of_the_textbooks_blocks_as_many_calls() -> None:
    # ITU-D Teletraffic Engineering Handbook (Iversen), table of Erlang B: 1 % is blocked of 4.461 erlangs at 10 lines.
    assert erlang_b(10, np.array([4.461]))[10, 0] == pytest.approx(0.01, abs=2e-5)


def test_the_usual_worked_example_of_erlang_c_is_met() -> None:
    # Tanner, The Erlang-C formula: 360 calls in half an hour, 4 minutes each, 55 agents, 15 seconds.
    load = np.array([48.0])
    found = waits(55, load, service=Service(4.0, 1.0), within_min=0.25)
    assert erlang_c(55, load)[55, 0] == pytest.approx(0.239, abs=5e-4)
    assert found.within[55, 0] == pytest.approx(0.846, abs=5e-4)
    assert found.mean_min[55, 0] * 60 == pytest.approx(8.2, abs=0.05)


def test_a_county_hospital_of_the_textbooks_waits_as_long() -> None:
    # Hillier and Lieberman, Introduction to Operations Research: 2 patients an hour, 20 minutes each, 1 and 2 doctors.
    found = waits(2, np.array([2 / 3]), service=Service(20.0, 1.0), within_min=30.0)
    assert found.mean_min[1:, 0] == pytest.approx([40.0, 2.5])
    assert 1 - found.within[1:, 0] == pytest.approx([0.404, 0.022], abs=1e-3)


def test_customers_who_give_up_are_as_many_as_garnett_mandelbaum_and_reiman_found() -> None:
    # Garnett, Mandelbaum, Reiman (2002), Designing a call center with impatient customers, table 1.
    at = {"service": Service(1.0, 1.0), "within_min": 1.0}
    impatient = waits(50, np.array([48.0]), **at, patience_min=2.0)  # type: ignore[arg-type]
    patient = waits(50, np.array([48.0]), **at)  # type: ignore[arg-type]
    assert impatient.gave_up[50, 0] == pytest.approx(0.031, abs=5e-4)
    assert impatient.mean_min[50, 0] * 60 == pytest.approx(3.7, abs=0.05)
    assert patient.mean_min[50, 0] * 60 == pytest.approx(20.8, abs=0.05)


@pytest.mark.parametrize(("load", "servers"), [(0.3, 1), (4.4, 5), (48.0, 50), (60.0, 50), (9.0, 2)])
def test_erlang_a_is_what_the_births_and_deaths_of_its_chain_come_to(load: float, servers: int) -> None:
    patience_min, service_min = 7.0, 4.0
    leaving = np.array(
        [min(n, servers) / service_min + max(0, n - servers) / patience_min for n in range(1, 900)]
    )
    weights = np.exp(np.cumsum(np.log(load / service_min / leaving)))
    chain = np.concatenate([[1.0], weights]) / (1 + weights.sum())
    waiting = chain @ np.maximum(0, np.arange(900) - servers)
    found = waits(
        servers,
        np.array([load]),
        service=Service(service_min, 1.0),
        within_min=3.0,
        patience_min=patience_min,
    )
    assert found.gave_up[servers, 0] == pytest.approx(waiting / patience_min / (load / service_min), rel=1e-9)
    assert found.mean_min[servers, 0] == pytest.approx(waiting / (load / service_min), rel=1e-9)


def test_customers_of_great_patience_wait_as_those_who_never_give_up() -> None:
    load = np.array([0.5, 4.4, 18.0])
    at = {"service": Service(4.0, 1.0), "within_min": 5.0}
    endless, great = waits(20, load, **at), waits(20, load, **at, patience_min=1e6)  # type: ignore[arg-type]
    assert great.within[19:] == pytest.approx(endless.within[19:], abs=1e-4)


def test_within_no_time_are_those_who_do_not_wait() -> None:
    load = np.array([3.0])
    found = waits(6, load, service=Service(4.0), within_min=0.0)
    assert found.within == pytest.approx(1 - erlang_c(6, load))


@given(load=loads, patience_min=patience, within=st.floats(0.0, 60.0))
@settings(deadline=None)
def test_one_more_server_never_makes_anybody_wait_longer(
    load: float, patience_min: float, within: float
) -> None:
    found = waits(100, np.array([load]), service=Service(9.0), within_min=within, patience_min=patience_min)
    assert (np.diff(found.within[:, 0]) >= -1e-9).all()
    assert (found.mean_min[1:, 0] <= found.mean_min[:-1, 0] + 1e-9).all()
    assert ((found.within >= 0) & (found.within <= 1)).all()


def test_with_no_more_servers_than_load_the_queue_grows_and_nobody_is_in_time() -> None:
    found = waits(5, np.array([5.0]), service=Service(4.0), within_min=10.0)
    assert found.within[5, 0] == 0.0
    assert found.mean_min[5, 0] == inf


def test_nobody_who_comes_is_always_served_at_once() -> None:
    for patience_min in (4.0, inf):
        found = waits(3, np.array([0.0]), service=Service(4.0), within_min=1.0, patience_min=patience_min)
        assert found.within[1:, 0] == pytest.approx(1.0)


@given(mean=st.floats(0.5, 60.0), cv=st.floats(0.05, 2.0), minutes=st.floats(0.0, 300.0))
@settings(deadline=None)
def test_what_a_service_has_taken_is_the_sum_of_the_moments_at_which_it_went_on(
    mean: float, cv: float, minutes: float
) -> None:
    service, moments = Service(mean, cv), np.linspace(0.0, minutes, 40_001)
    lasts = lognorm.sf(moments, service.sigma, scale=mean / np.sqrt(1 + cv**2))
    assert service.done_by(np.array(minutes)) == pytest.approx(
        np.trapezoid(lasts, moments), rel=1e-4, abs=1e-4
    )


def test_services_that_are_all_alike_take_what_they_take() -> None:
    assert Service(6.0, 0.0).done_by(np.array([0.0, 4.0, 9.0])).tolist() == [0.0, 4.0, 6.0]
    assert Service(6.0, 0.0).sample(np.random.default_rng(1), 3) == pytest.approx(6.0)


def test_drawn_services_have_the_mean_and_the_spread_that_are_asked_for() -> None:
    drawn = Service(12.0, 0.8).sample(np.random.default_rng(1), 200_000)
    assert drawn.mean() == pytest.approx(12.0, rel=0.01)
    assert drawn.std() == pytest.approx(9.6, rel=0.02)


@pytest.mark.parametrize(("mean", "cv"), [(0.0, 0.8), (-3.0, 0.8), (inf, 0.8), (6.0, -0.1), (6.0, inf)])
def test_services_that_cannot_be_are_refused(mean: float, cv: float) -> None:
    with pytest.raises(StaffingError, match="cannot be"):
        Service(mean, cv)
