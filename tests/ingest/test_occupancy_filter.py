"""The filter and the smoother, held against what they are an efficient form of: one large Gaussian."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.occupied import SLOTS, counts, day
from vilina_ingest.occupancy.counts import Counts, Floats
from vilina_ingest.occupancy.filtering import (
    FEW,
    LOOSE,
    STARTING,
    STILL,
    Estimates,
    empty_morning,
    run,
    smooth,
)
from vilina_ingest.occupancy.learned import MISS, Learned, learn, nothing_learned
from vilina_ingest.occupancy.live import Live, first_midnight
from vilina_ingest.occupancy.recounts import with_recounts
from vilina_ingest.occupancy.settled import settle

NOBODY_BEFORE = np.zeros((1, 0))
crossings = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=SLOTS)


@pytest.fixture(scope="module")
def learned() -> Learned:
    """Ten days of a place where 2 % of entries and 4 % of exits are missed."""
    dice = np.random.default_rng(1)
    return learn([day(dice, miss=(0.02, 0.04))[0] for _ in range(10)], (None,), SLOTS)


def conditioned(
    seen: Counts, learned: Learned, *, known: int, ends_empty: bool = False
) -> tuple[Floats, Floats]:
    """People inside (N,) and their variance, given the first `known` bins: least squares over the whole day at once.

    Unknown are the start, both biases, today's stays, each bin's missed crossings and each bin's deviation of stays.
    """
    n, entered, left = len(seen), seen.entered[0], seen.left[0]
    memory, spread = float(learned.memory[0]), float(learned.spread[0])
    sides = np.cumsum(np.stack([entered, -left], axis=1), axis=0)
    nothing, steadily = np.zeros((n, 1)), np.tril(np.ones((n, n)))
    inside = np.hstack([np.ones((n, 1)), sides, nothing, steadily, np.zeros((n, n))])
    steps = np.array([[memory ** (i - j) if j <= i else 0.0 for j in range(n)] for i in range(n)])
    expected = learned.expected(seen.entered, seen.clock)[0]
    stretch = learned.stretch(seen.entered, seen.clock)[0]
    scale = np.sqrt(np.maximum(expected, FEW))[:, None]
    deviation = np.hstack([np.zeros((n, 3)), stretch[:, None], np.zeros((n, n)), scale * steps])
    half = learned.bias_spread[0] ** 2 / 2
    prior = np.concatenate(
        [
            [STARTING, half, half, learned.day_spread[0] ** 2],
            MISS * (entered + left) + STILL,
            np.full(n, spread * (1 - memory**2)),
        ]
    )
    prior[4 + n] = spread
    mean = np.zeros(len(prior))
    mean[1:3] = np.concatenate(learned.missed())
    rows = (inside - deviation)[:known]
    values, noise = (expected - np.cumsum(entered - left))[:known], np.full(known, LOOSE)
    if ends_empty:
        rows, noise = np.vstack([rows, inside[-1:]]), np.append(noise, STILL)
        values = np.append(values, -np.cumsum(entered - left)[-1])
    precision = np.diag(1 / prior) + rows.T @ (rows / noise[:, None])
    cov = np.linalg.inv(precision)
    solution = cov @ (mean / prior + rows.T @ (values / noise))
    return np.cumsum(entered - left) + inside @ solution, np.einsum("ij,jk,ik->i", inside, cov, inside)


def test_the_filter_is_least_squares_over_all_that_is_known_so_far(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(2), miss=(0.02, 0.04))
    seen = seen.cut(28, 70)  # where nobody is near zero, and so no constraint is at work
    estimates, _ = run(seen, learned, empty_morning(learned), NOBODY_BEFORE)
    for last in (3, 20, 41):
        people, variance = conditioned(seen, learned, known=last + 1)
        assert estimates.people[0, last] == pytest.approx(people[last], abs=0.01)
        assert estimates.variance[0, last] == pytest.approx(variance[last], rel=0.01)


def test_the_smoother_is_least_squares_over_the_whole_day(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(2), miss=(0.02, 0.04))
    seen = seen.cut(28, 90)
    estimates = smooth(seen, learned)
    people, variance = conditioned(seen, learned, known=len(seen), ends_empty=True)
    assert np.abs(estimates.people[0] - people).max() < 0.5
    assert estimates.variance[0, :-1] == pytest.approx(variance[:-1], rel=0.05, abs=0.05)


def live(seen: Counts, learned: Learned) -> Estimates:
    return Live(learned, first_midnight(learned)).estimate(seen)


@given(crossings)
@settings(max_examples=40, deadline=None)
def test_nobody_is_ever_less_than_nobody(crossed: list[tuple[int, int]]) -> None:
    seen = counts(*np.array(crossed).T)
    nothing = nothing_learned((None,), SLOTS)
    for estimates in (live(seen, nothing), settle(seen, nothing)):
        assert estimates.people.min() >= 0
        assert (estimates.low <= estimates.people).all()
        assert (estimates.people <= estimates.high).all()


@given(crossings, st.integers(0, SLOTS))
@settings(max_examples=30, deadline=None)
def test_asking_again_while_the_day_goes_on_changes_nothing(crossed: list[tuple[int, int]], at: int) -> None:
    seen, nothing = counts(*np.array(crossed).T), nothing_learned((None,), SLOTS)
    asked = Live(nothing, first_midnight(nothing))
    for end in {min(at, len(seen) - 1) + 1, len(seen)}:
        asked.estimate(seen.cut(0, end))
    assert (asked.estimate(seen).people == live(seen, nothing).people).all()


def test_a_late_report_is_as_if_it_had_come_in_time(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(3))
    without = seen.entered.copy()
    without[0, 40] = 0
    asked = Live(learned, first_midnight(learned))
    asked.estimate(counts(without[0], seen.left[0]).cut(0, 60))
    assert (asked.estimate(seen.cut(0, 60)).people == live(seen.cut(0, 60), learned).people).all()


def test_a_day_without_anybody_is_empty(learned: Learned) -> None:
    nobody = counts(np.zeros(SLOTS), np.zeros(SLOTS))
    assert live(nobody, learned).people.max() < 0.01
    assert settle(nobody, learned).people.max() < 0.01


def test_a_settled_day_ends_empty_and_a_live_one_is_empty_at_night(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(4), miss=(0.02, 0.08))
    assert settle(seen, learned).people[0, -1] == pytest.approx(0, abs=1e-3)
    assert live(seen, learned).people[0, -1] < 0.5


def test_what_the_lines_miss_is_made_good_by_how_long_people_stay(learned: Learned) -> None:
    dice, wrong, plain, inside = np.random.default_rng(5), 0.0, 0.0, 0.0
    for _ in range(5):
        seen, true = day(dice, miss=(0.02, 0.06))
        wrong += np.abs(live(seen, learned).people[0] - true).sum()
        plain += np.abs(np.cumsum(seen.entered - seen.left) - true).sum()
        inside += true.sum()
    assert wrong / inside < 0.08
    assert plain / inside > 0.2


def test_after_closing_everybody_has_left_whatever_was_counted() -> None:
    nothing = nothing_learned((None,), SLOTS)
    stuck = np.zeros(SLOTS)
    stuck[40] = 30
    open_all_night = counts(stuck, np.zeros(SLOTS))
    closes = Counts.of(
        (None,), open_all_night.entered, open_all_night.left, clock=open_all_night.clock, slots=SLOTS,
        closed=np.arange(SLOTS) >= 60,
    )  # fmt: skip
    assert live(closes.cut(0, 60), nothing).people[0, -1] > 20
    assert live(closes.cut(0, 64), nothing).people[0, -1] < 2


def only_an_area(people: float) -> Counts:
    """Two hours in which no line was seen, but so many people in an area."""
    nobody = np.zeros((1, 8))
    return Counts.of(
        (None,), nobody, nobody, clock=np.arange(40, 48), slots=SLOTS,
        unseen=np.full((1, 8), 1000.0), seen=np.full((1, 8), people),
    )  # fmt: skip


def test_an_area_that_sees_people_means_that_they_are_there(learned: Learned) -> None:
    assert live(only_an_area(25), learned).people[0, -1] > 20


def test_an_area_that_sees_a_third_of_a_zone_counts_three_times_once_that_is_learned() -> None:
    dice, past = np.random.default_rng(6), []
    for _ in range(5):
        seen, true = day(dice)
        third = np.rint(true / 3)[None, :]
        past.append(Counts.of((None,), seen.entered, seen.left, clock=seen.clock, slots=SLOTS, seen=third))
    learned = learn(past, (None,), SLOTS)
    assert learned.covers[0] == pytest.approx(3, rel=0.05)
    assert live(only_an_area(20), learned).people[0, -1] == pytest.approx(60, rel=0.2)


def test_a_gap_is_filled_with_doubt() -> None:
    seen, _ = day(np.random.default_rng(7))
    nothing = nothing_learned((None,), SLOTS)
    unseen = np.zeros((1, SLOTS))
    unseen[0, 40] = 100.0
    doubted = Counts.of((None,), seen.entered, seen.left, clock=seen.clock, slots=SLOTS, unseen=unseen)
    sure, unsure = (live(one.cut(0, 41), nothing) for one in (seen, doubted))
    assert unsure.high[0, -1] - unsure.low[0, -1] > sure.high[0, -1] - sure.low[0, -1] + 10


def test_a_quarter_hour_that_has_just_begun_is_not_taken_for_one_in_which_nobody_came(
    learned: Learned,
) -> None:
    seen, _ = day(np.random.default_rng(8), visitors=3000)
    begun = seen.entered[:, :51].copy(), seen.left[:, :51].copy()
    for side in begun:
        side[0, 50] = 0  # so far
    just = Counts.of((None,), *begun, clock=seen.clock[:51], slots=SLOTS, open_end=True)
    before, now = live(just, learned).people[0, -2:]
    assert now == pytest.approx(before)


def recount(seen: Counts, people: float, at: int, row: int = 0) -> Counts:
    """The same counts, and a person who counted so many at the end of a bin."""
    recounted = np.full(seen.entered.shape, np.nan)
    recounted[row, at] = people
    return with_recounts(seen, recounted)


def test_a_recount_is_what_the_estimate_says_and_it_is_surer_then(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(9), miss=(0.02, 0.04))
    plain, told = (live(one, learned) for one in (seen, recount(seen, 90, 50)))
    assert told.people[0, 50] == 90
    assert (told.people[0, :50] == plain.people[0, :50]).all()
    width = told.high - told.low
    assert width[0, 50] < 0.12 * 90
    assert width[0, 50] < 0.8 * (plain.high - plain.low)[0, 50]


def test_crossings_after_a_recount_move_on_from_it(learned: Learned) -> None:
    dice, off, plain_off = np.random.default_rng(10), 0.0, 0.0
    for _ in range(5):
        seen, true = day(dice, miss=(0.02, 0.04))
        unseen = np.concatenate([np.zeros(45), np.full(20, 30.0), np.zeros(31)])  # 30 whom no line saw coming
        seen.left[0, 65] += 30
        true = true + unseen
        plain, told = (live(one, learned).people[0] for one in (seen, recount(seen, true[50], 50)))
        off += np.abs(told - true)[51:59].mean() / 5
        plain_off += np.abs(plain - true)[51:59].mean() / 5
    assert plain_off > 15
    assert off < 0.5 * plain_off


def test_a_late_report_from_before_a_recount_hardly_changes_what_follows_it(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(11))
    without = seen.entered.copy()
    without[0, 48:50] = 0
    late = int(seen.entered[0, 48:50].sum())
    asked = Live(learned, first_midnight(learned))
    before = asked.estimate(recount(counts(without[0], seen.left[0]), 70, 50)).people[0]
    after = asked.estimate(recount(seen, 70, 50)).people[0]
    assert late > 25
    assert after[49] - before[49] > 0.6 * late
    assert after[50] == before[50] == 70
    assert np.abs(after - before)[51:55].max() < 0.2 * late


def test_a_recount_of_a_bin_that_is_over_is_not_forgotten_over_what_was_remembered(learned: Learned) -> None:
    seen, _ = day(np.random.default_rng(12))
    asked = Live(learned, first_midnight(learned))
    asked.estimate(seen.cut(0, 60))
    told = recount(seen.cut(0, 60), 90, 50)
    assert (asked.estimate(told).people == live(told, learned).people).all()


def test_who_is_counted_after_closing_is_inside_for_an_hour() -> None:
    nothing, nobody = nothing_learned((None,), SLOTS), np.zeros((1, SLOTS))
    shut = Counts.of(
        (None,), nobody, nobody, clock=np.arange(SLOTS), slots=SLOTS, closed=np.ones(SLOTS, np.bool_)
    )
    told = live(recount(shut, 12, 80), nothing).people[0]
    assert told[80] == 12
    assert told[83] > 6
    assert told[88] < 2


ZONES = (None, "hall", "library", "desk")


@pytest.mark.parametrize(("row", "people"), [(0, 200.0), (0, 20.0), (0, 0.0), (2, 90.0), (2, 0.0)])
def test_site_and_zones_stay_together_whichever_of_them_is_recounted(row: int, people: float) -> None:
    dice = np.random.default_rng(13)
    zones = [day(dice, visitors=visitors, miss=(0.02, 0.04))[0] for visitors in (400, 300, 100)]
    entered, left = (np.concatenate([getattr(zone, side) for zone in zones]) for side in ("entered", "left"))
    seen = Counts.of(
        ZONES, *(np.vstack([one.sum(axis=0), one]) for one in (entered, left)), clock=np.arange(SLOTS), slots=SLOTS
    )  # fmt: skip
    nothing = nothing_learned(ZONES, SLOTS)
    plain, told = (live(one, nothing).people for one in (seen, recount(seen, people, 50, row)))
    assert told[row, 50] == pytest.approx(people, abs=0.5)
    assert told[1:].sum(axis=0) == pytest.approx(told[0])
    assert told.min() >= 0
    assert (told[:, :50] == plain[:, :50]).all()
    moved = (told - plain)[:, 50]
    assert (np.sign(moved[1:]) == np.sign(moved[0])).all() if row == 0 else moved[1] * moved[2] < 0
    assert np.abs((told - plain)[row, 50:54] - moved[row]).max() < 0.2 * abs(moved[row]) + 3
