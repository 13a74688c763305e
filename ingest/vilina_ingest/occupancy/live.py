"""The live estimate: a pure function of yesterday's and today's counts and of what earlier days taught.

Whatever comes late or twice only changes it by changing the counts of its own bin.
"""

from dataclasses import dataclass

import numpy as np

from vilina_ingest.occupancy.coherent import coherent
from vilina_ingest.occupancy.counts import Counts, Floats
from vilina_ingest.occupancy.filtering import Estimates, State, empty_morning, next_morning, run
from vilina_ingest.occupancy.learned import Learned


@dataclass(frozen=True, slots=True, eq=False)
class Midnight:
    """What goes over from one local day to the next: the state, and who came (Z, bins) in the bins before."""

    state: State
    came: Floats


def first_midnight(learned: Learned) -> Midnight:
    """The beginning of everything: nobody inside, and nobody came."""
    return Midnight(empty_morning(learned), np.zeros((len(learned.zones), 0)))


class Live:
    """The estimate of one local day. Bins that are over are remembered for as long as they stay the same."""

    def __init__(self, learned: Learned, midnight: Midnight) -> None:
        self._learned = learned
        self._start = next_morning(midnight.state, learned)
        self._came = midnight.came
        self._over: tuple[Counts, Estimates, State] | None = None
        self.midnight = midnight
        """What goes over to the next day, if what was estimated last is the whole of this one."""

    def estimate(self, counts: Counts) -> Estimates:
        """People inside at the end of each bin of the day so far; the last bin may be still open."""
        last = len(counts) - 1
        before, state = self._until(counts.cut(0, last))
        came = np.concatenate([self._came, counts.entered], axis=1)
        now, state = run(counts.cut(last, last + 1), self._learned, state, came[:, :-1])
        self.midnight = Midnight(state, came[:, -self._learned.stays.shape[1] :])
        return coherent(
            Estimates(
                np.concatenate([before.people, now.people], axis=1),
                np.concatenate([before.variance, now.variance], axis=1),
            )
        )

    def _until(self, counts: Counts) -> tuple[Estimates, State]:
        if self._over is None or not self._over[0].same(counts):
            estimates, state = run(counts, self._learned, self._start, self._came)
            self._over = counts, estimates, state
        return self._over[1], self._over[2]
