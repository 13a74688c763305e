"""The benchmark's counts of Auckland, whose file dates nights by the evening before."""

from datetime import date

import numpy as np
import pytest

from tests.bench.auckland import NINE, TEN, sensors
from vilina_api.forecasting.counts import Counts


@pytest.fixture(scope="module")
def queen_street() -> Counts:
    try:
        return sensors(("210 Queen Street",))
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_the_new_year_begins_at_midnight(queen_street: Counts) -> None:
    around = np.concatenate(queen_street.of(date(2023, 12, 31), 2)[0])
    assert (around[23], around[24], around[26]) == (1997, 1886, 540)


def test_nights_whose_dates_slip_are_in_their_place_and_only_the_hour_that_the_clock_left_out_is_a_gap(
    queen_street: Counts,
) -> None:
    assert queen_street.of(date(2025, 1, 2), 1)[0, 0, 7] > 0
    gaps = np.argwhere(np.isnan(queen_street.people[0]))
    left_out = (date(2024, 9, 29) - queen_street.first).days
    assert [left_out, 2] in gaps.tolist()
    assert len(gaps) < 5


def test_no_sensor_is_both_judged_and_chosen_by() -> None:
    assert not set(TEN) & set(NINE)
