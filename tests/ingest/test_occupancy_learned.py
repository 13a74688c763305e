"""What past days teach: the bias, how long people stay, and what they must not teach."""

import numpy as np
import pytest

from tests.ingest.occupied import SLOTS, counts, day
from vilina_ingest.occupancy.counts import Counts
from vilina_ingest.occupancy.learned import BIAS_SPREAD, learn, looks_reversed


def days(number: int, *, miss: tuple[float, float], seed: int = 1) -> list[Counts]:
    dice = np.random.default_rng(seed)
    return [day(dice, visitors=3000, miss=miss)[0] for _ in range(number)]


@pytest.mark.parametrize(("miss", "exits_short"), [((0.02, 0.06), True), ((0.06, 0.02), False)])
def test_the_side_that_misses_more_is_enlarged_by_what_it_misses(
    miss: tuple[float, float], exits_short: bool
) -> None:
    learned = learn(days(20, miss=miss), (None,), SLOTS)
    assert learned.exits_short[0] == exits_short
    assert learned.bias[0] == pytest.approx(0.98 / 0.94 - 1, abs=0.003)


def test_the_more_days_are_alike_the_surer_the_bias_is() -> None:
    few, many = (learn(days(n, miss=(0.02, 0.04)), (None,), SLOTS) for n in (2, 25))
    assert BIAS_SPREAD > few.bias_spread[0] > many.bias_spread[0]


def test_how_long_people_stay_is_learned_from_who_comes_and_who_is_inside() -> None:
    learned = learn(days(20, miss=(0.02, 0.04)), (None,), SLOTS)
    ages = np.arange(12)
    exponential = 3 * (
        np.exp(-ages / 3) - np.exp(-(ages + 1) / 3)
    )  # of those who came k bins ago, stays of 3 bins
    assert learned.stays[0, :12] == pytest.approx(exponential, abs=0.06)
    assert (np.diff(learned.stays[0]) <= 1e-12).all()


def test_a_day_that_was_not_seen_whole_teaches_nothing() -> None:
    whole, (broken,) = days(10, miss=(0.02, 0.04)), days(1, miss=(0.5, 0.0), seed=9)
    unseen = np.zeros((1, SLOTS))
    unseen[0, 50] = 1.0
    partly = Counts.of((None,), broken.entered, broken.left, clock=broken.clock, slots=SLOTS, unseen=unseen)
    with_it, without = learn([*whole, partly], (None,), SLOTS), learn(whole, (None,), SLOTS)
    assert with_it.bias[0] == without.bias[0]
    assert (with_it.stays == without.stays).all()


def test_people_who_leave_before_they_come_show_that_a_counter_looks_the_wrong_way() -> None:
    (seen,) = days(1, miss=(0.02, 0.04))
    assert not looks_reversed(seen.entered[0], seen.left[0])
    assert looks_reversed(seen.left[0], seen.entered[0])
    turned = counts(seen.left[0], seen.entered[0])
    whole = days(10, miss=(0.02, 0.04))
    assert learn([*whole, turned], (None,), SLOTS).bias[0] == learn(whole, (None,), SLOTS).bias[0]
