"""Zones and the site made to add up: whoever is in the site is in one of its zones.

The site is counted at its doors and each zone at all its lines, so their estimates differ. The difference is shared out
by variance (generalised least squares with one constraint): who is surely known moves least.
"""

from typing import Final

import numpy as np

from vilina_ingest.occupancy.counts import Floats
from vilina_ingest.occupancy.filtering import Estimates

SITE: Final = 0
"""The row of the whole site; all others are zones, and together they are the site."""


def coherent(estimates: Estimates) -> Estimates:
    """Estimates whose zones add up to the site, with nobody less than nobody; rows as `SITE` says."""
    if len(estimates.people) < 2:
        return estimates
    sign = np.ones((len(estimates.people), 1))
    sign[SITE] = -1.0
    people, variance = estimates.people.copy(), estimates.variance + 1e-9
    free = np.ones(people.shape, np.bool_)
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
    people[SITE] = people[SITE + 1 :].sum(axis=0)
    return Estimates(people, variance - variance**2 / variance.sum(axis=0))


def whole_people(people: Floats) -> list[int]:
    """Coherent estimates (Z,) as whole numbers that still add up: the largest remainders are rounded up."""
    whole = int(np.floor(people[SITE] + 0.5))
    if len(people) < 2:
        return [whole]
    down = np.floor(people[SITE + 1 :]).astype(int)
    missing = whole - int(down.sum())
    order = np.argsort(-(people[SITE + 1 :] - down), kind="stable")
    down[order[: max(0, missing)]] += 1
    return [whole, *down.tolist()]
