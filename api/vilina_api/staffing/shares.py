"""Which part of those who come to a zone comes to a unit's desks: as the site file says, or as queue tickets show.

Learned by the hour of the day. Hours with few tickets are drawn to the whole day's share, the more the less hours
differ: DerSimonian, Laird (1986), Meta-analysis in clinical trials, Control. Clin. Trials 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.service import Floats
from vilina_ingest.site import Site, Unit

HOURS: Final = 24
SAID_CV: Final = 0.2
"""How uncertain a share is that a person has written into the site file: a standard deviation, as part of it."""
UNKNOWN_CV: Final = 0.4
"""... and one of which nothing is known."""
FEWEST: Final = 30
"""Tickets; with fewer nothing is learned."""
NORMAL_90: Final = 1.645


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Share:
    """A unit's share of those who come to its zone and do not only pass.

    `hours` (24,): in each hour of the local day. `cv` (24,): how uncertain it is for a day to come, as a standard
    deviation over the share. `low` to `high`: the 90 % interval of the mean over the day. `tickets` it was learned
    from, 0 if a person has said it or, if not `known`, nobody.
    """

    unit: str
    mean: float
    low: float
    high: float
    hours: Floats
    cv: Floats
    tickets: int = 0
    known: bool = True

    def reason(self) -> str:
        """One sentence, with its numbers."""
        taken = f"{self.unit} is taken to get {_two_digits(100 * self.mean)} % of who comes to its zone"
        between = f"{100 * self.low:.0f} to {100 * self.high:.0f} %"
        if self.tickets:
            return f"{taken} ({between}), by {self.tickets} tickets."
        if self.known:
            return f"{taken} ({between}), as the site file says."
        return f"{taken} ({between}), which nobody has said: give its `share` in the site file, or tickets."


def said_shares(site: Site) -> dict[str, Share]:
    """What the site file says of each unit; units of a zone of which it says nothing have equal parts of the rest."""
    found = {}
    for unit in site.units:
        if unit.share is not None:
            found[unit.id] = _flat(unit.id, unit.share, SAID_CV)
        else:
            mates = [one for one in site.units if one.zone == unit.zone]
            rest = 1 - sum(one.share or 0.0 for one in mates)
            silent = sum(one.share is None for one in mates)
            found[unit.id] = _flat(unit.id, max(rest, 0.0) / silent, UNKNOWN_CV, known=False)
    return found


def learned_shares(
    units: Sequence[Unit], tickets: Mapping[str, Floats], came: Mapping[str, Floats]
) -> dict[str, Share]:
    """What tickets (D, 24) of units say, by the hour, beside those who came to zones and did not only pass (D, 24).

    NaN is a gap in either of them. A unit without tickets is not among them.

    Raises:
        StaffingError: there is too little to learn from.
    """
    return {
        unit.id: learned_share(unit.id, tickets[unit.id], came[unit.zone])
        for unit in units
        if unit.id in tickets
    }


def learned_share(unit: str, tickets: Floats, came: Floats) -> Share:
    """One unit's share, of tickets and of who came (D, 24).

    Raises:
        StaffingError: there is too little to learn from.
    """
    known = np.isfinite(tickets) & np.isfinite(came)
    drawn, people = np.where(known, tickets, 0.0), np.where(known, came, 0.0)
    if drawn.sum() < FEWEST or not people.sum():
        raise StaffingError(
            f"{unit}: {drawn.sum():.0f} tickets, in hours in which {people.sum():.0f} people were counted in its zone, "
            f"are too few to learn a share from; give {FEWEST} or more, or leave them out and write a `share` into the "
            "site file"
        )
    number = float(drawn.sum())
    mean = number / float(people.sum())
    expected = mean * people
    days = _day_variance(drawn.sum(axis=1), expected.sum(axis=1))
    ratio, spread = _by_hour(drawn, expected)
    sure = 1 / number + days / max(1, int(np.count_nonzero(people.sum(axis=1))))
    sigma = float(np.sqrt(np.log1p(sure)))
    return Share(
        unit=unit, mean=mean, low=mean * float(np.exp(-NORMAL_90 * sigma)),
        high=mean * float(np.exp(NORMAL_90 * sigma)), hours=mean * ratio,
        cv=np.sqrt(sure + days + spread / ratio**2), tickets=int(number),
    )  # fmt: skip


def _flat(unit: str, share: float, cv: float, *, known: bool = True) -> Share:
    sigma = np.sqrt(np.log1p(cv**2))
    low, high = (share * float(np.exp(sign * NORMAL_90 * sigma)) for sign in (-1, 1))
    return Share(
        unit=unit,
        mean=share,
        low=low,
        high=high,
        hours=np.full(HOURS, share),
        cv=np.full(HOURS, cv),
        known=known,
    )


def _day_variance(drawn: Floats, expected: Floats) -> float:
    """How much a day's share differs from another's, beyond chance: a variance of ratios to the mean share."""
    known = expected > 0
    if known.sum() < 2:
        return 0.0
    beyond = ((drawn - expected)[known] ** 2).sum() * known.sum() / (known.sum() - 1) - expected[known].sum()
    return max(0.0, float(beyond / (expected[known] ** 2).sum()))


def _by_hour(drawn: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Each hour's ratio to the mean share, and how uncertain it is, as a variance (24,)."""
    chance = _dispersion(drawn, expected)
    weight = expected.sum(axis=0) / chance
    seen = weight > 0
    ratio = np.where(seen, drawn.sum(axis=0) / chance / np.where(seen, weight, 1.0), 1.0)
    unlike = (weight * (ratio - 1) ** 2).sum() - (seen.sum() - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, float(unlike / scale)) if scale > 0 else 0.0
    believed = between * weight / (1 + between * weight)
    return np.maximum(1 + believed * (ratio - 1), 0.01), between / (1 + between * weight)


def _dispersion(drawn: Floats, expected: Floats) -> float:
    """How many times more than a Poisson number tickets of an hour vary, where days and hours have their own shares."""
    by_day, by_hour = expected.sum(axis=1, keepdims=True), expected.sum(axis=0, keepdims=True)
    of_day = drawn.sum(axis=1, keepdims=True) / np.where(by_day > 0, by_day, 1.0)
    of_hour = drawn.sum(axis=0, keepdims=True) / np.where(by_hour > 0, by_hour, 1.0)
    said = expected * of_day * of_hour
    free = (said > 0).sum() - (by_day > 0).sum() - (by_hour > 0).sum() + 1
    if free < 1:
        return 1.0
    return max(1.0, float(((drawn - said)[said > 0] ** 2 / said[said > 0]).sum() / free))


def _two_digits(percent: float) -> str:
    """6.5, but 12 and 100."""
    return f"{percent:.2g}" if percent < 10 else f"{percent:.0f}"
