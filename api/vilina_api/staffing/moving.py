"""Move one person now: today is not as planned, one unit's customers wait, and another can spare somebody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.evolution import Evolution
from vilina_api.staffing.plan import HOUR_MIN
from vilina_api.staffing.rules import Staffed

LEAST_GAIN: Final = 1.0
"""Customers of the next hour; for fewer nobody is asked to move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNow:
    """A unit at this moment.

    `came` so far today, when `planned_so_far` were expected with a `spread` of the day's busyness; `planned_next_hour`
    are expected in the next hour. Who works at a unit can help at those that share one of its `skills`.

    Raises:
        StaffingError: these numbers cannot be.
    """

    unit: str
    by: Staffed
    skills: frozenset[str]
    staff: int
    waiting: int
    came: float
    planned_so_far: float
    planned_next_hour: float
    spread: float = 0.15

    def __post_init__(self) -> None:
        numbers = (
            self.staff,
            self.waiting,
            self.came,
            self.planned_so_far,
            self.planned_next_hour,
            self.spread,
        )
        if not all(isfinite(number) and number >= 0 for number in numbers):
            raise StaffingError(f"{self.unit}: staff, people and spread are numbers of 0 or more")

    @property
    def busyness(self) -> float:
        """How busy today is, of what was expected: the mean of a gamma distribution of that spread, after what came."""
        if self.spread == 0:
            return 1.0
        sure = 1 / self.spread**2
        return (sure + self.came) / (sure + self.planned_so_far)

    @property
    def coming(self) -> float:
        """People in the next hour, as today is."""
        return self.planned_next_hour * self.busyness

    def within(self, staff: int) -> float:
        """Share of the next hour's customers who are served in time by so many, from those on who are there now."""
        load = self.coming / HOUR_MIN * self.by.service.mean_min
        evolution = Evolution.of(
            self.by.service, within_min=self.by.target.within_min, patience_min=self.by.patience_min,
            most_load=max(load, staff, self.waiting / self.by.service.mean_min),
        )  # fmt: skip
        at_desks = self.staff if self.waiting else min(self.staff, load)
        crowd = evolution.with_people(self.staff, at_desks + self.waiting)
        rates = np.array([[self.coming / HOUR_MIN]])
        _, within = evolution.run(crowd, np.array([staff]), rates=rates, minutes=HOUR_MIN)
        return float(within[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One person from one unit to another, and what it changes in the next hour."""

    origin: UnitNow
    to: UnitNow
    origin_within: tuple[float, float]
    to_within: tuple[float, float]
    gain: float

    def reason(self) -> str:
        """One sentence, with its numbers."""
        to, origin = self.to, self.origin
        so_far = f"{to.came:.0f} came to {to.unit} when {to.planned_so_far:.0f} were expected, and {to.waiting} wait"
        return (
            f"{so_far}: with one more from {origin.unit} {_change(self.to_within)} of its next hour's {to.coming:.0f} "
            f"customers are served in time, at {origin.unit} {_change(self.origin_within)}; "
            f"{self.gain:.0f} more in all."
        )


def move_one(units: Sequence[UnitNow]) -> Move | None:
    """The move that helps most, or None where none is worth it.

    It goes to a unit that would miss its target, and comes from one that still meets its own with one fewer.
    """
    return max(_moves(units), key=lambda move: move.gain, default=None)


def _moves(units: Sequence[UnitNow]) -> Iterator[Move]:
    now = {one.unit: one.within(one.staff) for one in units}
    for to in units:
        desks = to.by.rules.desks
        if now[to.unit] >= to.by.target.share or (desks is not None and to.staff >= desks):
            continue
        helped = now[to.unit], to.within(to.staff + 1)
        for origin in units:
            if origin is to or not origin.skills & to.skills or origin.staff <= origin.by.rules.least:
                continue
            spared = now[origin.unit], origin.within(origin.staff - 1)
            gain = (helped[1] - helped[0]) * to.coming + (spared[1] - spared[0]) * origin.coming
            if gain >= LEAST_GAIN and spared[1] >= origin.by.target.share:
                yield Move(origin=origin, to=to, origin_within=spared, to_within=helped, gain=gain)


def _change(within: tuple[float, float]) -> str:
    before, after = within
    return f"{100 * after:.0f} % instead of {100 * before:.0f} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Nobody moves; `why` in one sentence, with its numbers."""

    why: str

    def reason(self) -> str:
        return self.why


def advice(units: Sequence[UnitNow]) -> Move | Stay:
    """The move that helps most, or why nobody should move."""
    if not units:
        return Stay(
            why="Nobody should move: no unit is open in the next hour of which it is known who is there."
        )
    move = move_one(units)
    if move is not None:
        return move
    now = [(one.within(one.staff), one) for one in units]
    level, worst = min(now, key=lambda each: each[0] - each[1].by.target.share)
    target = worst.by.target
    in_time = f"{100 * level:.0f} % of the next hour's {worst.coming:.0f} customers in time at {worst.unit}"
    if level >= target.share:
        return Stay(why=f"Nobody should move: all meet their targets, with {in_time} as the tightest.")
    return Stay(
        why=f"Nobody should move: {in_time} is less than {100 * target.share:.0f} %, but {_why_not(worst, units)}."
    )


def _why_not(to: UnitNow, units: Sequence[UnitNow]) -> str:
    """Why nobody helps a unit that misses its target."""
    desks = to.by.rules.desks
    if desks is not None and to.staff >= desks:
        return f"all its {desks} desks are staffed"
    able = [one for one in units if one is not to and one.skills & to.skills]
    if not able:
        return "nobody elsewhere shares one of its skills"
    more = (to.within(to.staff + 1) - to.within(to.staff)) * to.coming
    if more < LEAST_GAIN:
        return f"one more would not be enough: {more:.1f} more customers in time"
    return f"whoever could help is missed more at {' and '.join(one.unit for one in able)}"
