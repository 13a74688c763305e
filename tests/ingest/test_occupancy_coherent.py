"""Zones and the site add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from vilina_ingest.occupancy.coherent import coherent, whole_people
from vilina_ingest.occupancy.filtering import Estimates

people = st.floats(0, 500)
variances = st.floats(0.5, 400)


@given(st.lists(st.tuples(people, variances), min_size=3, max_size=8))
def test_zones_add_up_to_the_site_and_nobody_is_less_than_nobody(rows: list[tuple[float, float]]) -> None:
    values, variance = np.array(rows).T[:, :, None]
    made = coherent(Estimates(values, variance))
    assert made.people.min() >= 0
    assert made.people[1:].sum() == pytest.approx(made.people[0])
    assert whole_people(made.people[:, 0])[0] == sum(whole_people(made.people[:, 0])[1:])


@given(st.lists(st.tuples(st.floats(50, 500), variances), min_size=3, max_size=6))
def test_the_difference_is_shared_as_in_least_squares(rows: list[tuple[float, float]]) -> None:
    values, variance = np.array(rows).T
    values[0] = values[1:].sum() + 20
    made = coherent(Estimates(values[:, None], variance[:, None]))
    # The same as one regression of the zones: each measured by itself, and their sum by the site.
    design = np.vstack([np.ones(len(values) - 1), np.eye(len(values) - 1)]) / np.sqrt(variance)[:, None]
    solved = lsq_linear(design, values / np.sqrt(variance), bounds=(0, np.inf)).x
    assert made.people[1:, 0] == pytest.approx(solved, abs=1e-3)


def test_who_is_surely_known_moves_least() -> None:
    values, variance = np.array([[110.0], [50.0], [50.0]]), np.array([[1.0], [1.0], [98.0]])
    made = coherent(Estimates(values, variance))
    assert made.people[:, 0] == pytest.approx([109.9, 50.1, 59.8])


def test_a_site_without_zones_stays_as_it_is() -> None:
    alone = Estimates(np.array([[5.4]]), np.array([[1.0]]))
    assert coherent(alone) is alone
    assert whole_people(alone.people[:, 0]) == [5]
