"""What past days teach, tried on the last of them: an interval is only worth what it would have held."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Counts, Floats
from vilina_ingest.occupancy.filtering import NORMAL_90, empty_morning, run
from vilina_ingest.occupancy.learned import Learned, balanced_inside, learn, teaches

TRIED_DAYS: Final = 7
BUSY: Final = 3.0
"""People inside from which on a bin is looked at."""
ENOUGH_BINS: Final = 50


def taught(days: Sequence[Counts], zones: tuple[str | None, ...], slots: int) -> Learned:
    """What whole local days teach, with intervals as wide as those of the last week should have been."""
    learned = learn(days, zones, slots)
    misses: list[list[Floats]] = [[] for _ in zones]
    for day in days[-TRIED_DAYS:]:
        estimates, _ = run(day, learned, empty_morning(learned), day.entered[:, :0])
        for row in range(len(zones)):
            if teaches(day, row):
                short = bool(learned.exits_short[row])
                inside = balanced_inside(day.entered[row], day.left[row], exits_short=short)
                busy = inside > BUSY
                off = np.abs(estimates.people[row] - inside)[busy]
                misses[row].append(off / estimates.deviation[row][busy])
    return replace(learned, widening=np.array([_widening(found) for found in misses]))


def _widening(misses: Sequence[Floats]) -> float:
    """By how much 90 % of the errors, in standard deviations, needs wider intervals; never narrower ones."""
    every = np.concatenate([np.zeros(0), *misses])
    if len(every) < ENOUGH_BINS:
        return 1.0
    return max(1.0, float(np.quantile(every, 0.9)) / NORMAL_90)
