"""Days with known people inside, for tests of occupancy: who comes stays for a while, and some crossings are missed."""

from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Counts, Floats

SLOTS: Final = 96
OPEN: Final = slice(28, 72)
"""Quarter hours, local, in which people come."""


def counts(entered: Floats, left: Floats) -> Counts:
    """One site without zones, by quarter hours of a day of 24 hours; (N,) each."""
    return Counts.of(
        (None,),
        entered[None, :].astype(float),
        left[None, :].astype(float),
        clock=np.arange(len(entered)),
        slots=SLOTS,
    )


def day(
    dice: np.random.Generator,
    *,
    visitors: int = 800,
    miss: tuple[float, float] = (0.0, 0.0),
    stay: float = 3.0,
) -> tuple[Counts, Floats]:
    """A day as it is counted, and who is truly inside (N,); they stay for about `stay` quarter hours."""
    came = np.sort(dice.uniform(OPEN.start, OPEN.stop, visitors))
    went = np.minimum(came + dice.exponential(stay, visitors), 95.5)
    entered, left = (np.bincount(times.astype(int), minlength=SLOTS) for times in (came, went))
    seen = [dice.binomial(side, 1 - share) for side, share in zip((entered, left), miss, strict=True)]
    return counts(*seen), np.cumsum(entered - left).astype(float)
