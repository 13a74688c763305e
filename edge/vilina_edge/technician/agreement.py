"""How well a counter agrees with a person who counted the same people: misses, false counts, and how sure that is.

The error is a share: (counted - by hand) / by hand = (false - missed) / by hand. Its 95 % interval is made of exact
ones, so it also holds for few people and when nothing went wrong: 0 missed of 30 may be 12 %, not 0 +- 0.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv

from vilina_edge.types import Direction
from vilina_edge.wire import HandCount

TOLERANCE_S: Final = 3.0
"""So far apart, in seconds, a tap and a crossing may be and still be the same person.

A thumb is late by up to 1 s. A report tells when a crossing was decided only to within 1 s, and the half second that
deciding takes varies by as much again (more for somebody who was hidden). A wider tolerance would pair a person who
was missed with a false count nearby; that hides both, but never changes the error, only narrows its interval.
"""
CONFIDENCE: Final = 0.95
HALF_WIDTH: Final = 0.05
"""Known well enough: the error to within 5 percentage points."""
MANY: Final = 1_000_000
"""More people than anybody will count."""

Interval = tuple[float, float]
_UP, _PAIR, _BACK = 0, 1, 2


def matched(by_hand: Sequence[float], counted: Sequence[float], tolerance_s: float) -> tuple[int, int]:
    """Events of one direction of one line, in seconds: how many were missed, and how many counts were false."""
    both = len(pairs(by_hand, counted, tolerance_s))
    return len(by_hand) - both, len(counted) - both


def pairs(by_hand: Sequence[float], counted: Sequence[float], tolerance_s: float) -> list[tuple[int, int]]:
    """Who is who: indices (by hand, counted), in the order of time.

    Of all ways to pair events in order and within the tolerance, one with as many pairs as possible, and of those one
    with the least sum of time differences: the alignment of two sequences by dynamic programming (Needleman and
    Wunsch 1970, Journal of Molecular Biology 48) in which leaving somebody out costs nothing.
    """
    if not by_hand or not counted:
        return []
    hand_order, counted_order = np.argsort(by_hand, kind="stable"), np.argsort(counted, kind="stable")
    steps = _steps(np.asarray(by_hand)[hand_order], np.asarray(counted)[counted_order], tolerance_s)
    found = []
    i, j = len(by_hand) - 1, len(counted) - 1
    while i >= 0 and j >= 0:
        step = steps[i, j]
        if step == _PAIR:
            found.append((int(hand_order[i]), int(counted_order[j])))
        i, j = i - (step != _BACK), j - (step != _UP)
    return found[::-1]


def _steps(
    hand: npt.NDArray[np.float64], counted: npt.NDArray[np.float64], tolerance_s: float
) -> npt.NDArray[np.uint8]:
    """(by hand, counted): how the best alignment of all up to here ends."""
    # One pair more is worth more than all time differences together.
    worth = (tolerance_s + 1) * (min(len(hand), len(counted)) + 1)
    steps = np.empty((len(hand), len(counted)), dtype=np.uint8)
    best = np.zeros(len(counted) + 1)
    for i, at in enumerate(hand):
        apart = np.abs(counted - at)
        with_pair = np.where(apart <= tolerance_s, best[:-1] + worth - apart, -np.inf)
        new = np.maximum.accumulate(np.concatenate(([0.0], np.maximum(best[1:], with_pair))))
        steps[i] = np.where(new[1:] == best[1:], _UP, np.where(new[1:] == with_pair, _PAIR, _BACK))
        best = new
    return steps


def comparable(
    by_hand: Sequence[float], counted: Sequence[float], spans: Sequence[Interval]
) -> tuple[list[float], list[float]]:
    """What may be compared of one direction of a line: pairs whose tap is in a span, and who is alone well inside one.

    Near an end of a span somebody may be alone only because the partner is on the other side. All in seconds.
    """
    both = pairs(by_hand, counted, TOLERANCE_S)
    inside = [(i, j) for i, j in both if _is_in(by_hand[i], spans)]
    inner = [(start + TOLERANCE_S, end - TOLERANCE_S) for start, end in spans]
    lonely_hand = set(range(len(by_hand))) - {i for i, _ in both}
    lonely_count = set(range(len(counted))) - {j for _, j in both}
    return (
        [by_hand[i] for i, _ in inside] + [by_hand[i] for i in lonely_hand if _is_in(by_hand[i], inner)],
        [counted[j] for _, j in inside] + [counted[j] for j in lonely_count if _is_in(counted[j], inner)],
    )


def hand_count(direction: Direction, by_hand: Sequence[float], counted: Sequence[float]) -> HandCount:
    """Compare one direction of one line; event times in seconds.

    Where nobody passed there is nobody to divide by: the error is then per one person.
    """
    missed, false = matched(by_hand, counted, TOLERANCE_S)
    low, high = error_interval(missed, false, len(by_hand))
    return HandCount(
        direction=direction, by_hand=len(by_hand), counted=len(counted), missed=missed, false=false,
        error=(false - missed) / max(len(by_hand), 1), low=low, high=high,
    )  # fmt: skip


def error_interval(missed: float, false: float, people: int) -> Interval:
    """The 95 % interval of (false - missed) / people.

    MOVER for a difference (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702, equation 7): each limit lies
    as far from the estimate as the near limits of both parts together, as the sides of a right angle.
    """
    per = max(people, 1)
    miss, wrong = missed / per, false / per
    miss_low, miss_high = clopper_pearson(missed, people)
    wrong_low, wrong_high = (limit / per for limit in garwood(false))
    low = wrong - miss - math.hypot(wrong - wrong_low, miss_high - miss)
    high = wrong - miss + math.hypot(wrong_high - wrong, miss - miss_low)
    return low, high


def clopper_pearson(happened: float, trials: float) -> Interval:
    """Exact 95 % limits of a binomial share (Clopper and Pearson 1934, Biometrika 26); 0 to 1 without a trial."""
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if happened <= 0 else float(betaincinv(happened, trials - happened + 1, tail))
    high = 1.0 if happened >= trials else float(betaincinv(happened + 1, trials - happened, 1 - tail))
    return low, high


def garwood(happened: float) -> Interval:
    """Exact 95 % limits of a Poisson mean (Garwood 1936, Biometrika 28)."""
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if happened <= 0 else float(gammaincinv(happened, tail))
    return low, float(gammaincinv(happened + 1, 1 - tail))


def enough(hand_counts: Sequence[HandCount], half_width: float = HALF_WIDTH) -> bool:
    """Whether the error of each direction that had people is known to within `half_width`. Not whether it is small."""
    busy = [one for one in hand_counts if one.by_hand]
    return bool(busy) and all((one.high - one.low) / 2 <= half_width for one in busy)


def still_needed(one: HandCount, half_width: float = HALF_WIDTH) -> int:
    """About how many more people of this direction it takes, if the counter goes on as it did; 0 if it is enough.

    Meant roughly: another error on the way makes it more.
    """
    if not one.by_hand:
        return 0
    miss, wrong = one.missed / one.by_hand, one.false / one.by_hand

    def is_enough(people: int) -> bool:
        low, high = error_interval(miss * people, wrong * people, people)
        return (high - low) / 2 <= half_width

    return bisect_left(range(one.by_hand, MANY), True, key=is_enough)


def _is_in(at: float, spans: Sequence[Interval]) -> bool:
    return any(start <= at < end for start, end in spans)
