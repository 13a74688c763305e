"""What past days teach about a zone: how its lines miscount, how long people stay, how much an area sees of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from vilina_ingest.occupancy.counts import Bools, Counts, Floats, Ints

MISS: Final = 0.03
"""Share of crossings that a line misses, for what chance makes of it; docs/accuracy.md has measured ones."""
BIAS_SPREAD: Final = 0.03
"""Before any day is known: standard deviation of the bias."""
LEAST_SPREAD: Final = 0.005
LARGEST_BIAS: Final = 0.3
ENOUGH_DAYS: Final = 3
"""Days without which nothing is said about how long people stay."""
ENOUGH_PEOPLE: Final = 20
"""A day on which fewer came teaches nothing."""
LONGEST_STAY_H: Final = 10
TYPICAL_STAY_H: Final = 1.0
UNKNOWN_SPREAD: Final = 300.0
"""Before enough days are known people are taken to stay about an hour, hardly believed (`Learned.spread`)."""
STRAYS: Final = 4.0
"""Variance, in people², of how many are inside when a day begins and ends."""
USUAL_PEOPLE: Final = 20.0
"""Weight of staying as ever, in people and root days, against what a time of day shows by itself."""
DAY_SPREAD: Final = 0.1
"""How much stays differ from day to day before it is known, which counts as two days."""
BRIDGE_MEAN: Final = (1 / 12) / (np.pi / 8) ** 2
"""Variance of a Brownian bridge's mean, 1/12, by the square of its mean standard deviation, pi/8."""
LARGEST_RHO: Final = 0.98
LEAST_SCATTER: Final = 0.3
"""Chance alone makes people inside vary, by nearly as much as their number (independent stays)."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What is known of Z zones before a day begins.

    `bias`, `bias_spread` (Z,): what a day's counted side has to be enlarged by to balance, and how much that differs
    from day to day. `exits_short` (Z,): the side that misses more is who left. `stays` (Z, K): the share of those who
    came k bins ago that is still inside. `by_clock` (Z, slots): how that differs through the day. `day_spread` (Z,):
    how much longer or shorter all stay on some days, standard deviation of a factor. `spread` (Z,): variance of people
    inside about what arrivals make one expect, by that expectation; `memory` (Z,): correlation of that deviation from
    bin to bin. `covers`, `covers_spread` (Z,): people in the zone for each one that its areas see, and the variance of
    it by people; NaN where not known. `widening` (Z,): how many times as wide as computed intervals should be.
    """

    zones: tuple[str | None, ...]
    bias: Floats
    bias_spread: Floats
    exits_short: Bools
    stays: Floats
    by_clock: Floats
    day_spread: Floats
    spread: Floats
    memory: Floats
    covers: Floats
    covers_spread: Floats
    widening: Floats

    def missed(self) -> tuple[Floats, Floats]:
        """(Z,): by what share more than was counted entered, and left."""
        return np.where(self.exits_short, 0.0, self.bias), np.where(self.exits_short, self.bias, 0.0)

    def expected(self, entered: Floats, clock: Ints) -> Floats:
        """People inside (Z, N) by who came in these bins and how long people stay."""
        return _still_there(self.stays, entered) * self.by_clock[:, clock]

    def stretch(self, entered: Floats, clock: Ints) -> Floats:
        """How many more (Z, N) are inside by each share that all stay longer, to first order."""
        leave = self.stays - np.pad(self.stays[:, 1:], ((0, 0), (0, 1)))
        return _still_there(leave * np.arange(1, leave.shape[1] + 1), entered) * self.by_clock[:, clock]

    def doubt(self, unseen: Floats) -> Floats:
        """Variance of `expected` (Z, N) by that of those who came where nobody was looking."""
        return _still_there(self.stays**2, unseen) if unseen.any() else unseen


def _still_there(shares: Floats, came: Floats) -> Floats:
    """(Z, N): the sum of those who came k bins before, times the share for k."""
    there = np.zeros_like(came)
    for ago in range(min(shares.shape[1], came.shape[1])):
        there[:, ago:] += shares[:, [ago]] * came[:, : came.shape[1] - ago]
    return there


def nothing_learned(zones: tuple[str | None, ...], slots: int) -> Learned:
    """What holds before the first day."""
    count, lags = len(zones), LONGEST_STAY_H * slots // 24
    return Learned(
        zones=zones,
        bias=np.zeros(count),
        bias_spread=np.full(count, BIAS_SPREAD),
        exits_short=np.ones(count, np.bool_),
        stays=np.tile(np.exp(-np.arange(lags) * 24 / slots / TYPICAL_STAY_H), (count, 1)),
        by_clock=np.ones((count, slots)),
        day_spread=np.full(count, DAY_SPREAD),
        spread=np.full(count, UNKNOWN_SPREAD),
        memory=np.full(count, LARGEST_RHO),
        covers=np.full(count, np.nan),
        covers_spread=np.full(count, np.nan),
        widening=np.ones(count),
    )


def learn(days: Sequence[Counts], zones: tuple[str | None, ...], slots: int) -> Learned:
    """What whole local days teach, each zone for itself; a day of which something was not seen is left out."""
    known = nothing_learned(zones, slots)
    for row in range(len(zones)):
        good = [day for day in days if teaches(day, row)]
        if not good:
            continue
        exits_short = bool(sum(day.entered[row].sum() - day.left[row].sum() for day in good) >= 0)
        known.exits_short[row] = exits_short
        known.bias[row], known.bias_spread[row] = _bias(good, row, exits_short=exits_short)
        balanced = [balanced_inside(day.entered[row], day.left[row], exits_short=exits_short) for day in good]
        if len(good) >= ENOUGH_DAYS:
            _learn_stays(known, row, good, balanced)
        _learn_areas(known, row, good, balanced)
    return known


def balanced_inside(entered: Floats, left: Floats, *, exits_short: bool) -> Floats:
    """People inside (N,) through a day whose crossings are scaled so that it ends as it began; may be under zero."""
    ratio = entered.sum() / left.sum()
    inside: Floats = np.cumsum(entered - left * ratio if exits_short else entered / ratio - left)
    return inside


def looks_reversed(entered: Floats, left: Floats) -> bool:
    """Whether people (N,) left through a day before they came, so that, balanced, fewer than nobody was inside.

    A counter looks the wrong way then, or a file has its columns exchanged.
    """
    if not _many(entered, left):
        return False
    inside = balanced_inside(entered, left, exits_short=True)
    return bool(inside.mean() < -np.sqrt(_chance(entered + left).mean()))


def _many(entered: Floats, left: Floats) -> bool:
    """Whether enough people came for a day to say something."""
    return bool(min(entered.sum(), left.sum()) >= ENOUGH_PEOPLE)


def teaches(day: Counts, row: int) -> bool:
    """Whether all of a zone was seen, enough people came, about as many left, and not before they came."""
    entered, left = day.entered[row], day.left[row]
    return (
        bool(np.all(day.unseen[row] == 0))
        and _many(entered, left)
        and abs(entered.sum() / left.sum() - 1) <= LARGEST_BIAS
        and not looks_reversed(entered, left)
    )


def _chance(crossed: Floats) -> Floats:
    """Variance (N,) of people inside by missed crossings (N,), between two ends at which nobody is."""
    passed = np.cumsum(crossed)
    chance: Floats = MISS * passed * (1 - passed / passed[-1])
    return chance


def _bias(days: Sequence[Counts], row: int, *, exits_short: bool) -> tuple[float, float]:
    """The bias to expect tomorrow and its standard deviation, by moments: what chance makes of a day's few people is
    told from what differs between days (DerSimonian and Laird 1986)."""
    entered = np.array([day.entered[row].sum() for day in days])
    left = np.array([day.left[row].sum() for day in days])
    daily = entered / left - 1 if exits_short else left / entered - 1
    chance = (MISS * (entered + left) + STRAYS) / np.minimum(entered, left) ** 2
    weight = 1 / chance
    mean = float(np.average(daily, weights=weight))
    surplus = float((weight * (daily - mean) ** 2).sum() - (len(days) - 1))
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(LEAST_SPREAD**2, surplus / scale) if scale > 0 else BIAS_SPREAD**2
    # A few days say little about how days differ: what is usual elsewhere counts as two of them.
    between = (between * (len(days) - 1) + 2 * BIAS_SPREAD**2 / 4) / (len(days) + 1)
    weight = 1 / (chance + between)
    return float(np.average(daily, weights=weight)), float(np.sqrt(between + 1 / weight.sum()))


def _learn_stays(known: Learned, row: int, days: Sequence[Counts], balanced: Sequence[Floats]) -> None:
    """Fit people inside to who came k bins before, by shares that only fall with k (non-negative least squares)."""
    lags = known.stays.shape[1]
    came = [_lagged(day.entered[row], lags) for day in days]
    x, y = np.concatenate(came), np.concatenate(balanced)
    # A share that falls with k is a sum of steps, and each of them is a column of all who came since.
    steps = np.cumsum(x, axis=1)
    weight = 1 / np.sqrt(np.maximum(steps[:, min(lags, known.by_clock.shape[1] // 24) - 1], 1.0))
    weighted = steps * weight[:, None]
    # The normal equations, a little regularised, are small however many days there are.
    root = np.linalg.cholesky(weighted.T @ weighted + np.eye(lags))
    shares, _ = nnls(root.T, np.linalg.solve(root, weighted.T @ (y * weight)))
    known.stays[row] = np.cumsum(shares[::-1])[::-1]
    clock = np.concatenate([day.clock for day in days])
    known.by_clock[row] = _by_clock(
        x @ known.stays[row], y, clock, slots=known.by_clock.shape[1], days=len(days)
    )
    _learn_spread(known, row, days, balanced)


def _by_clock(expected: Floats, inside: Floats, clock: Ints, *, slots: int, days: int) -> Floats:
    """How many more are inside at a time of day than stays alone make one expect, over three neighbouring bins."""
    kernel = np.ones(3)
    sums = [
        np.convolve(np.bincount(clock, weights=w, minlength=slots), kernel, "same")
        for w in (inside, expected)
    ]
    weight = USUAL_PEOPLE * days**0.5
    factor: Floats = np.clip((sums[0] + weight) / (sums[1] + weight), 0.0, 3.0)
    return factor


def _learn_spread(known: Learned, row: int, days: Sequence[Counts], balanced: Sequence[Floats]) -> None:
    """How people inside differ from what is expected: by longer stays all day, and for a while.

    What the miscounts of the past days themselves add is taken off, by the variance of a Brownian bridge.
    """
    found, variance, covariance, weight, pairs = [], 0.0, 0.0, 0.0, 0.0
    for day, inside in zip(days, balanced, strict=True):
        mean, stretch = (of(day.entered, day.clock)[row] for of in (known.expected, known.stretch))
        busy = mean > 1
        both = busy[1:] & busy[:-1]
        if not both.any():
            continue
        chance = _chance(day.entered[row] + day.left[row])
        power = float((stretch[busy] ** 2).sum())
        longer = float(((inside - mean) * stretch)[busy].sum()) / power
        bridge = BRIDGE_MEAN * float((np.sqrt(chance) * stretch)[busy].sum()) ** 2 / power**2
        found.append((longer, bridge, float((mean * stretch**2)[busy].sum()) / power**2))
        off, scale = inside - mean - longer * stretch, np.sqrt(np.maximum(mean, 1.0))
        rest = (1 - BRIDGE_MEAN) * chance
        variance += float(((off**2 - rest) / scale**2)[busy].sum())
        covariance += float(((off[1:] * off[:-1] - rest[:-1]) / (scale[1:] * scale[:-1]))[both].sum())
        weight += float(busy.sum())
        pairs += float(both.sum())
    if not found:
        return
    spread = max(LEAST_SCATTER, variance / weight)
    memory = min(LARGEST_RHO, max(0.0, covariance / pairs / spread))
    longer_by, bridges, scatter = np.array(found).T
    by_chance = bridges + scatter * spread * (1 + memory) / (1 - memory)
    between = max(0.0, float(np.mean(longer_by**2 - by_chance)))
    known.memory[row], known.spread[row] = memory, spread * (1 + 2 / len(days))
    known.day_spread[row] = ((between * len(days) + 2 * DAY_SPREAD**2) / (len(days) + 2)) ** 0.5


def _learn_areas(known: Learned, row: int, days: Sequence[Counts], balanced: Sequence[Floats]) -> None:
    """People in the zone for each one that an area sees, where areas look."""
    seen = np.concatenate([day.seen[row] for day in days])
    inside = np.concatenate(balanced)
    looked = ~np.isnan(seen) & (seen > 0)
    if looked.sum() < known.by_clock.shape[1] // 24 * ENOUGH_DAYS:
        return
    ratio = float(np.maximum(inside[looked], 0).sum() / seen[looked].sum())
    expected = ratio * seen[looked]
    off = (inside[looked] - expected) / np.sqrt(np.maximum(expected, 1.0))
    memory = min(LARGEST_RHO, max(0.0, float((off[1:] * off[:-1]).sum() / max((off**2).sum(), 1e-9))))
    known.covers[row] = max(1.0, ratio)
    # The same deviation seen in many bins is not many deviations.
    known.covers_spread[row] = max(LEAST_SCATTER, float((off**2).mean())) * (1 + memory) / (1 - memory)


def _lagged(entered: Floats, lags: int) -> Floats:
    """(N, lags): who came k bins before."""
    padded = np.concatenate([np.zeros(lags - 1), entered])
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, lags)[:, ::-1]
    return windows
