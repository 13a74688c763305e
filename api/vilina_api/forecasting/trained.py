"""The trained model: one set of trees for all series of a place, which sees log ratios to a weekly base.

It needs more than half a year. Where a slot has no base, or the past is too short, it says nothing (NaN).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_api.forecasting.boosting import Rounds, Sample, Trees, grown
from vilina_api.forecasting.calibration import Widths, guessed_widths, learned_widths
from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats
from vilina_api.forecasting.features import Past, Rows, matrix, past_of

LEAST_DAYS: Final = 26 * WEEK
"""Fewer teach trees nothing that profiles do not know."""
FIRST: Final = 8 * WEEK
"""The first day from which rows are drawn: before it there is no base."""
TWO_YEARS: Final = 2 * 365
REMEMBERED: Final = 52 + 14
"""Weeks that a forecast looks back: a year, and what the base of that time rests on."""
LEARNED: Final = 2 * 52 + REMEMBERED
JUDGED: Final = 6
"""Weeks that are forecast by trees which have not seen them."""
AHEAD: Final = 14
"""Days that trees learn to look ahead."""
FIRST_DAY: Final = 0.12
SECOND_WEEK: Final = 0.12
"""Shares of rows that look at the first day, and beyond the first week."""
SAMPLES: Final = 3
ROWS_A_SERIES: Final = 8000
MOST_ROWS: Final = 80_000
FEWEST_ROWS: Final = 8_000
JUDGE_ROWS: Final = 0.2
JUDGE_ROUNDS: Final = Rounds(middle=90, edge=70)
"""The share of rows for trees that only judge, and how many of them there are."""
EXTRA: Final = 3.0
"""People whom each row counts for beside its base: the root of it in how often it is drawn, and in its weight."""
CHOICE: Final = 4
"""Places from among which each row is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """Trees, and how wide their intervals must be.

    `judged` (S, N, H) is the median that trees without the last N days of the past said of them; they are whole weeks.
    """

    trees: Trees
    widths: Widths
    judged: Floats
    calendar: Calendar

    def quantiles(self, past: Counts, days: int) -> Floats:
        """(S, days, H, Q) of people; NaN where there is no base."""
        recent = past.before(past.end, weeks=REMEMBERED)
        known = past_of(recent, self.calendar, max(days, AHEAD), asked=True)
        ratio, base = predicted(self.trees, known, recent.days, days)
        return np.asarray(np.maximum(np.expm1(base[..., None] + self.widths.quantiles(ratio)), 0))


def train(past: Counts, calendar: Calendar) -> TrainedModel | None:
    """None if the past is too short. The same past gives the same trees."""
    if past.days < LEAST_DAYS:
        return None
    random = np.random.default_rng(past.days)
    past = past.before(past.end, weeks=LEARNED)
    known = past_of(past, calendar, AHEAD)
    rows = int(np.clip(ROWS_A_SERIES * len(past.names), FEWEST_ROWS, MOST_ROWS))
    judging = [max(FEWEST_ROWS, int(rows * JUDGE_ROWS))]
    judge = _grown(known, past.days - JUDGED * WEEK, judging, random, JUDGE_ROUNDS)
    trees = _grown(known, past.days, [rows] * SAMPLES, random, Rounds())
    if judge is None or trees is None:
        return None
    judged, widths = _judged(judge, known, past)
    return TrainedModel(trees, widths, judged, calendar)


def predicted(trees: Trees, known: Past, origin: int, days: int) -> tuple[Floats, Floats]:
    """Log ratios .1, .5 and .9 (S, days, H, 3) and log1p of the base (S, days, H), seen from an origin."""
    series, _, slots = known.base.shape
    shape = (series, days, slots)
    s, ahead, slot = np.indices(shape).reshape(3, -1)
    features, base = matrix(known, Rows(s, np.full(s.size, origin), ahead, slot))
    return trees.predict(features).reshape(*shape, 3), base.reshape(shape)


def _grown(
    known: Past, end: int, samples: list[int], random: np.random.Generator, rounds: Rounds
) -> Trees | None:
    """Trees from samples of so many rows, whose slots all lie before day `end`; None if there are too few."""
    found = [_sample(known, _drawn(known, end, rows, random)) for rows in samples]
    if min(len(sample.target) for sample in found) < FEWEST_ROWS / 4:
        return None
    return grown(found, rounds)


def _sample(known: Past, drawn: Rows) -> Sample:
    features, base = matrix(known, drawn)
    target = known.logs[drawn.series, drawn.origin + drawn.ahead, drawn.slot] - base
    fit = np.isfinite(target)
    return Sample(features[fit], target[fit], np.sqrt(np.expm1(base[fit]) + EXTRA))


def _drawn(known: Past, end: int, rows: int, random: np.random.Generator) -> Rows:
    """At random over series, origins of two years, days ahead and slots that are used; rather where many are usual."""
    many = CHOICE * rows
    kind = random.random(many)
    ahead = random.integers(0, WEEK, many)
    ahead = np.where(kind < FIRST_DAY, 0, np.where(kind > 1 - SECOND_WEEK, ahead + WEEK, ahead))
    origin = random.integers(max(FIRST, end - TWO_YEARS), end, many)
    used = np.argwhere(np.isfinite(known.logs[:, :end]).any(axis=1))
    place = used[random.integers(0, len(used), many)] if len(used) else np.zeros((many, 2), np.int64)
    base = known.base[place[:, 0], origin + ahead - WEEK * (ahead // WEEK + 1), place[:, 1]]
    chance = np.where(origin + ahead < end, np.sqrt(np.nan_to_num(np.expm1(base)) + EXTRA), 0)
    chance /= chance.sum()
    taken = random.choice(len(chance), min(rows, int(np.count_nonzero(chance))), replace=False, p=chance)
    return Rows(place[taken, 0], origin[taken], ahead[taken], place[taken, 1])


def _judged(judge: Trees, known: Past, past: Counts) -> tuple[Floats, Widths]:
    ends = [past.days - WEEK * n for n in range(JUDGED, 0, -1)]
    parts = [predicted(judge, known, end, WEEK) for end in ends]
    ratio, base = (np.concatenate(each, axis=1) for each in zip(*parts, strict=True))
    came = known.logs[:, ends[0] : past.days] - base
    widths = learned_widths(ratio, came) if np.isfinite(came).any() else guessed_widths(past.slots)
    return np.expm1(base + ratio[..., 1]), widths
