"""Zones and the site made to add up: whoever is in the site is in one of its zones.

The site is counted at its doors and each zone at all its lines, so their estimates differ. The difference is shared out
by variance.
"""

import numpy as np

from vilina_ingest.occupancy.counts import SITE, Floats
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.sharing import shared_out


def coherent(estimates: Estimates) -> Estimates:
    """Estimates whose zones add up to the site, with nobody less than nobody; rows as `SITE` says."""
    if len(estimates.people) < 2:
        return estimates
    variance = estimates.variance + 1e-9
    people = shared_out(estimates.people, variance, np.ones(variance.shape, np.bool_))
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
