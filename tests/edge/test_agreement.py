"""How wrong a counter is, and how sure that is: against simulation, scipy and hand-made cases."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linear_sum_assignment

from vilina_edge.technician.agreement import (
    clopper_pearson,
    enough,
    error_interval,
    garwood,
    hand_count,
    matched,
    pairs,
    still_needed,
)
from vilina_edge.wire import HandCount

SIZES = (20, 30, 50, 100, 200, 300)
RATES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
TIMES = st.lists(st.floats(0, 60), max_size=12)


def made(*, by_hand: int, missed: int, false: int) -> HandCount:
    """A comparison with so many misses and false counts, everybody half a minute apart."""
    hand = [30.0 * n for n in range(by_hand)]
    return hand_count("entered", hand, hand[missed:] + [15 + 30.0 * n for n in range(false)])


@pytest.mark.parametrize(
    ("by_hand", "counted", "expected"),
    [
        ([10.0, 20.0], [9.0, 19.0], (0, 0)),
        ([10.0, 20.0], [9.0], (1, 0)),
        ([10.0], [9.0, 40.0], (0, 1)),
        ([10.0], [14.0], (1, 1)),
        ([], [1.0, 2.0], (0, 2)),
        ([1.0, 2.0], [], (2, 0)),
        ([], [], (0, 0)),
        ([20.0, 10.0], [19.0, 11.0], (0, 0)),
        # The nearest partner of 12 is 11, but then 10 would have none.
        ([10.0, 12.0], [11.0, 14.5], (0, 0)),
    ],
)
def test_whoever_can_have_a_partner_has_one(
    by_hand: Sequence[float], counted: Sequence[float], expected: tuple[int, int]
) -> None:
    assert matched(by_hand, counted, 3.0) == expected


def test_of_several_ways_the_one_with_the_smallest_time_differences_is_taken() -> None:
    assert pairs([10.0], [8.0, 9.5, 12.0], 3.0) == [(0, 1)]


@given(TIMES, TIMES)
def test_the_matching_is_as_good_as_the_best_assignment(by_hand: list[float], counted: list[float]) -> None:
    found = pairs(by_hand, counted, 3.0)
    assert all(abs(by_hand[i] - counted[j]) <= 3.0 for i, j in found)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
    if not by_hand or not counted:
        assert found == []
        return
    apart = np.abs(np.subtract.outer(by_hand, counted))
    gain = np.where(apart <= 3.0, 1000 - apart, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    assert sum(gain[i, j] for i, j in found) == pytest.approx(gain[rows, columns].sum())


@pytest.mark.parametrize(("missed", "people"), [(0, 1), (0, 30), (1, 30), (29, 30), (30, 30), (7, 250)])
def test_the_limits_of_misses_are_those_of_scipy(missed: int, people: int) -> None:
    exact = stats.binomtest(missed, people).proportion_ci(0.95, "exact")
    assert clopper_pearson(missed, people) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390)])
def test_the_limits_of_false_counts_are_the_published_ones(count: int, low: float, high: float) -> None:
    assert garwood(count) == pytest.approx((low, high), abs=5e-4)


def test_no_error_at_all_is_not_certainty() -> None:
    perfect = made(by_hand=30, missed=0, false=0)
    assert perfect.error == 0
    assert perfect.low == pytest.approx(-0.116, abs=5e-4)
    assert perfect.high == pytest.approx(0.123, abs=5e-4)


def test_the_error_is_signed_and_within_its_interval() -> None:
    low, right, high = (made(by_hand=100, missed=m, false=f) for m, f in ((8, 1), (4, 4), (1, 8)))
    assert (low.error, right.error, high.error) == (-0.07, 0.0, 0.07)
    assert all(one.low < one.error < one.high for one in (low, right, high))
    assert (low.by_hand, low.counted, low.missed, low.false) == (100, 93, 8, 1)


def test_where_nobody_passed_and_nobody_was_counted_the_interval_says_that_nothing_is_known() -> None:
    empty = hand_count("left", [], [])
    assert (empty.by_hand, empty.counted, empty.error) == (0, 0, 0.0)
    assert (empty.low, empty.high) == pytest.approx((-1.0, 3.689), abs=5e-4)


def test_where_nobody_was_counted_everybody_was_missed() -> None:
    blind = made(by_hand=20, missed=20, false=0)
    assert (blind.missed, blind.error) == (20, -1.0)
    assert blind.low == -1.0
    assert -0.85 < blind.high < -0.6


def test_where_only_the_counter_saw_somebody_all_of_it_is_false() -> None:
    haunted = hand_count("entered", [], [5.0, 9.0])
    assert (haunted.missed, haunted.false, haunted.error) == (0, 2, 2.0)


def test_the_interval_covers_the_true_error_at_least_93_times_in_100() -> None:
    dice = np.random.default_rng(20260302)
    worst, all_covered = 1.0, []
    for people in SIZES:
        for miss in RATES:
            for wrong in RATES:
                missed, false = dice.binomial(people, miss, 1000), dice.poisson(people * wrong, 1000)
                seen, times = np.unique(np.stack([missed, false]), axis=1, return_counts=True)
                limits = np.array([error_interval(m, f, people) for m, f in seen.T.tolist()])
                covered = (limits[:, 0] <= wrong - miss) & (wrong - miss <= limits[:, 1])
                all_covered.append(float((covered * times).sum() / 1000))
                worst = min(worst, all_covered[-1])
    assert worst >= 0.93
    assert float(np.mean(all_covered)) >= 0.95


@pytest.mark.parametrize(
    ("entered", "left", "expected"),
    [
        (made(by_hand=72, missed=0, false=0), None, False),
        (made(by_hand=74, missed=0, false=0), None, True),
        (made(by_hand=100, missed=0, false=0), made(by_hand=10, missed=0, false=0), False),
        (made(by_hand=100, missed=0, false=0), made(by_hand=0, missed=0, false=1), True),
        (made(by_hand=0, missed=0, false=0), made(by_hand=0, missed=0, false=0), False),
        # It is known well that this counter is bad.
        (made(by_hand=450, missed=225, false=0), None, True),
    ],
)
def test_it_is_enough_when_each_direction_that_had_people_is_known_to_5_points(
    entered: HandCount, left: HandCount | None, expected: bool
) -> None:
    assert enough([entered] if left is None else [entered, left]) is expected


@pytest.mark.parametrize(("missed", "false"), [(0, 0), (1, 0), (0, 2), (3, 3), (20, 0)])
def test_with_as_many_more_people_as_were_said_to_be_needed_it_is_enough(missed: int, false: int) -> None:
    first = made(by_hand=20, missed=missed, false=false)
    needed = still_needed(first)
    times = (20 + needed) / 20
    low, high = error_interval(missed * times, false * times, 20 + needed)
    assert needed > 0
    assert (high - low) / 2 <= 0.05
    assert still_needed(made(by_hand=2000, missed=0, false=0)) == 0


def test_an_hour_at_a_crowded_door_is_matched_in_a_moment() -> None:
    dice = np.random.default_rng(7)
    hand = np.sort(dice.uniform(0, 3600, 3600)).tolist()
    counted = [at - 0.5 for at in hand if dice.random() > 0.05]
    missed, false = matched(hand, counted, 3.0)
    assert (missed - false) == len(hand) - len(counted)
