"""What zones and the site differ by, shared out by variance: generalised least squares with one constraint.

Whoever is in the site is in one of its zones. Who is surely known moves least.
"""

import numpy as np

from vilina_ingest.occupancy.counts import SITE, Bools, Floats


def shared_out(people: Floats, variance: Floats, free: Bools) -> Floats:
    """People (Z, N) whose zones add up to the site, with nobody less than nobody, where rows may move (`free`)."""
    people, free = people.copy(), free.copy()
    sign = np.ones((len(people), 1))
    sign[SITE] = -1.0
    # Each round fixes those that the last one took below zero; so many rounds are only ever needed in theory.
    for _ in range(len(people)):
        weight = np.where(free, variance, 0.0)
        over = (sign * people).sum(axis=0)
        people -= sign * weight * over / np.maximum(weight.sum(axis=0), 1e-12)
        below = people < 0
        if not below.any():
            break
        people[below] = 0.0
        free &= ~below
    return people
