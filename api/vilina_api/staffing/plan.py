"""How many staff a unit needs in each slot, so that its target holds over all the days that may come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import ceil, sqrt
from typing import Final

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.load import modified_offered_load
from vilina_api.staffing.queueing import waits
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.walk import Because, Given, Least, Search, walk, weighted

HOUR_MIN: Final = 60.0
MOST_LOAD: Final = 150.0
"""Erlangs of the busiest moment; a queue with more at its desks is not one queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSlot:
    """One suggestion, and its numbers.

    `expected` people come, on one day of ten `many` or more. `load`: erlangs, how many of the staff the expected keep
    busy. `within`: share of customers expected to be served in time; `one_fewer`: what it would be with one fewer, None
    where that was not looked at.
    """

    start: datetime
    staff: int
    expected: float
    many: float
    load: float
    within: float
    one_fewer: float | None
    because: Because


@dataclass(frozen=True, eq=False)
class StaffPlan:
    """One unit's staff by slot, and what they cost."""

    demand: Demand
    by: Staffed
    slots: tuple[StaffSlot, ...]

    @cached_property
    def staff(self) -> tuple[int, ...]:
        return tuple(slot.staff for slot in self.slots)

    @property
    def desk_hours(self) -> float:
        return sum(self.staff) * self.demand.slot_min / HOUR_MIN

    @property
    def paid_hours(self) -> float:
        return self.desk_hours * self.by.rules.paid

    def slot_hours(self, slot: StaffSlot) -> float:
        """Paid, of one of its slots."""
        return slot.staff * self.demand.slot_min / HOUR_MIN * self.by.rules.paid

    def slot_eur_per_visit(self, slot: StaffSlot) -> float | None:
        """None where nobody is expected."""
        return self.slot_hours(slot) * self.by.rules.hour_eur / slot.expected if slot.expected else None

    @property
    def visits(self) -> float:
        """Expected."""
        return sum(slot.expected for slot in self.slots)

    @property
    def eur(self) -> float:
        return self.paid_hours * self.by.rules.hour_eur

    @property
    def eur_per_visit(self) -> float | None:
        """None where nobody is expected."""
        return self.eur / self.visits if self.visits else None

    @property
    def within(self) -> float:
        """Share of all customers who are expected to be served in time."""
        if not self.visits:
            return 1.0
        return sum(slot.within * slot.expected for slot in self.slots) / self.visits


def plan(demand: Demand, by: Staffed) -> StaffPlan:
    """The least staff, slot after slot, with which the target holds over the distribution of demand.

    A slot is decided by how many wait from those before it; and its own are taken to be served by as many as in it.

    Raises:
        StaffingError: the unit is too large to be one queue.
    """
    guesses = settled(demand, by)
    return _planned(demand, by, [Least(by, guesses)], most=_at_desks(guesses, by))[0]


def expected_of(demand: Demand, by: Staffed, staff: tuple[int, ...]) -> StaffPlan:
    """What is to be expected of given staff: so many in each slot, which may be fewer or more than is suggested.

    Raises:
        StaffingError: there are not as many numbers as slots.
    """
    given = _given(demand, staff)
    return _planned(demand, by, [given], most=min(max(staff), max(settled(demand, by))))[0]


def plan_beside(demand: Demand, by: Staffed, staff: tuple[int, ...]) -> tuple[StaffPlan, StaffPlan]:
    """A plan, and what is to be expected of given staff, in little more time than the plan alone.

    Raises:
        StaffingError: as `plan` and `expected_of` say.
    """
    guesses = settled(demand, by)
    searches: list[Search] = [Least(by, guesses), _given(demand, staff)]
    made, given = _planned(
        demand, by, searches, most=max(_at_desks(guesses, by), min(max(staff), max(guesses)))
    )
    return made, given


def _at_desks(guesses: tuple[int, ...], by: Staffed) -> int:
    """How many work in the busiest slot: what the longest queue that anybody joins is measured by."""
    return min(max(guesses), by.rules.desks or max(guesses))


def _given(demand: Demand, staff: tuple[int, ...]) -> Given:
    if len(staff) != len(demand.starts) or min(staff) < 0:
        raise StaffingError(
            f"{demand.unit}: staff needs a number of 0 or more for each of {len(demand.starts)} slots"
        )
    return Given(staff)


def settled(demand: Demand, by: Staffed) -> tuple[int, ...]:
    """What the formulas of settled queues say: modified offered load, and Erlang C or A over the distribution.

    The first guess of `plan`, and what it is compared with.

    Raises:
        StaffingError: the unit is too large to be one queue.
    """
    found: list[int] = []
    days = demand.scenarios()
    for stretch in demand.stretches():
        rates = days[:, stretch]
        load = modified_offered_load(rates, slot_min=demand.slot_min, service=by.service, parts=1)
        if load.max() > MOST_LOAD:
            raise StaffingError(
                f"{demand.unit}: {load.max():.0f} staff would be busy at once, which is more than one queue "
                f"(at most {MOST_LOAD:.0f}); plan its parts, or check demand and service time"
            )
        most = ceil(load.max() + 8 * sqrt(load.max())) + 10
        levels = waits(
            most, load.ravel(), service=by.service,
            within_min=by.target.within_min, patience_min=by.patience_min,
        ).within.reshape(most + 1, *rates.shape)  # fmt: skip
        within = weighted(levels, rates)
        found += [max(by.rules.least, int(np.argmax(column >= by.target.share))) for column in within.T]
    return tuple(found)


def _planned(demand: Demand, by: Staffed, searches: Sequence[Search], *, most: int) -> list[StaffPlan]:
    mean, many = demand.mean(), demand.at(np.array([0.9]))[0]
    load = np.concatenate([
        modified_offered_load(mean[stretch], slot_min=demand.slot_min, service=by.service, parts=1)
        for stretch in demand.stretches()
    ])  # fmt: skip
    return [
        StaffPlan(demand, by, tuple(
            StaffSlot(
                start=start, staff=one.staff, expected=float(mean[i]), many=float(many[i]), load=float(load[i]),
                within=one.within, one_fewer=one.one_fewer, because=one.because,
            )
            for i, (start, one) in enumerate(zip(demand.starts, chosen, strict=True))
        ))
        for chosen in walk(demand, by, searches, most=most)
    ]  # fmt: skip
