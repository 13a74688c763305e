"""What a week asks of a person, in steps of which each is dearer than the last, so that it is spread among people."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vilina_api.rostering.shifts import Floats, Ints, Shifts, Week, wishes

WISH: Final = 0.3
UNPOPULAR: Final = 0.1
UNUSED: Final = 0.1
"""Paid hours that the first step weighs; the k-th weighs k times as much."""
STEPS: Final = 6
FIFTHS: Final = 5
INFINITE: Final = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Burden:
    """How much there is of it is `start` and an `amount` for each of the `shifts` (rows of `Shifts`) that a person has.

    Steps are `wide`, and each unit within a step costs its price, in paid hours; beyond all steps there is nothing.
    """

    shifts: Ints
    amount: Floats
    start: float
    wide: Floats
    prices: Floats

    def much(self, x: Floats) -> float:
        """Of it, with these values of the shifts."""
        return self.start + float(self.amount @ x[self.shifts])

    def dearer(self, factor: float) -> "Burden":
        """The same at so many times the price."""
        return replace(self, prices=factor * self.prices)

    def cost(self, much: Floats) -> Floats:
        """In paid hours."""
        ends = np.cumsum(self.wide)
        filled = np.minimum(np.maximum(much, 0.0)[..., None], ends)
        return np.diff(filled, axis=-1, prepend=0.0) @ self.prices


def burdens(week: Week, shifts: Shifts, person: int) -> Iterator[Burden]:
    """Wishes that are broken, evenings and weekend days, and hours of the contract that are not used."""
    mine = np.flatnonzero(shifts.person == person)
    if not len(mine):
        return
    hours = week.most_hours(person)
    days = np.arange(1.0, week.rules.most_days + 1)
    if shifts.broken[mine].any():
        yield Burden(
            mine, shifts.broken[mine].astype(float), float(wishes(week, person)),
            np.array([*np.ones(STEPS - 1), INFINITE]), WISH * np.arange(1.0, STEPS + 1),
        )  # fmt: skip
    if shifts.unpopular[mine].any():
        share = hours / week.rules.most_hours
        yield Burden(
            mine, shifts.unpopular[mine].astype(float), 0.0, np.ones(len(days)), UNPOPULAR * days / share
        )
    fifths = np.full(FIFTHS, hours / FIFTHS)
    yield Burden(mine, -shifts.paid[mine], hours, fifths, UNUSED * np.arange(float(FIFTHS)))


def limits(week: Week, shifts: Shifts, person: int) -> Iterator[Burden]:
    """Days and hours of the week as burdens: a day too many costs 1, and so do the hours of the shortest shift."""
    mine = np.flatnonzero(shifts.person == person)
    if not len(mine):
        return
    whole = np.array([INFINITE])
    yield Burden(mine, np.ones(len(mine)), -float(week.rules.most_days), whole, np.ones(1))
    hour = 1 / week.rules.paid_hours(week.rules.shortest_min)
    yield Burden(mine, shifts.paid[mine], -week.most_hours(person), whole, np.array([hour]))
