"""How many staff a unit needs in each slot, so that its target holds over all the days that may come."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import ceil, inf, isfinite, sqrt
from typing import Final, Literal

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.evolution import Crowd, Evolution
from vilina_api.staffing.load import effective_rates, modified_offered_load
from vilina_api.staffing.queueing import waits
from vilina_api.staffing.service import Floats, Service
from vilina_ingest.site import Target

PART_MIN: Final = 5.0
"""Arrivals are taken as steady for so long; the load of a slot rises and falls in it."""
HOUR_MIN: Final = 60.0

Because = Literal["target", "presence", "desks", "given"]
"""What decided how many."""
MOST_LOAD: Final = 150.0
"""Erlangs of the busiest moment; a queue with more at its desks is not one queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What else decides how many are at the desks, and what their time costs.

    `least`: staff present in every open slot. `desks`: the most who can work at once. `shrinkage`: share of paid time
    in which staff are away, ill or in training. `break_share`: share of the time present that is a paid break.

    Raises:
        StaffingError: nobody can be planned by them.
    """

    least: int = 1
    desks: int | None = None
    shrinkage: float = 0.0
    break_share: float = 0.0
    hour_eur: float = 0.0

    def __post_init__(self) -> None:
        if self.least < 1:
            raise StaffingError(f"at least {self.least} present cannot be; an open unit has 1, or is closed")
        if self.desks is not None and self.desks < self.least:
            raise StaffingError(f"{self.desks} desks are fewer than the {self.least} who are to be present")
        for name, share in (("shrinkage", self.shrinkage), ("breaks", self.break_share)):
            if not 0 <= share < 1:
                raise StaffingError(
                    f"{name} of {100 * share:g} % cannot be; give 0 or more, and less than 100"
                )
        if not (isfinite(self.hour_eur) and self.hour_eur >= 0):
            raise StaffingError(f"an hour at {self.hour_eur:g} euros cannot be; give 0 or more")

    @property
    def paid(self) -> float:
        """Paid hours for each hour at a desk."""
        return 1 / (1 - self.shrinkage) / (1 - self.break_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffed:
    """What a unit is planned by."""

    service: Service
    target: Target
    rules: Rules = field(default_factory=Rules)
    patience_min: float = inf

    def __post_init__(self) -> None:
        if not self.patience_min > 0:
            raise StaffingError(f"a patience of {self.patience_min:g} minutes cannot be; give more than 0")


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
    return _planned(demand, by, None)


def expected_of(demand: Demand, by: Staffed, staff: tuple[int, ...]) -> StaffPlan:
    """What is to be expected of given staff: so many in each slot, which may be fewer or more than is suggested.

    Raises:
        StaffingError: there are not as many numbers as slots.
    """
    if len(staff) != len(demand.starts) or min(staff) < 0:
        raise StaffingError(
            f"{demand.unit}: staff needs a number of 0 or more for each of {len(demand.starts)} slots"
        )
    return _planned(demand, by, staff)


def settled(demand: Demand, by: Staffed) -> tuple[int, ...]:
    """What the formulas of settled queues say: modified offered load, and Erlang C or A over the distribution.

    The first guess of `plan`, and what it is compared with.

    Raises:
        StaffingError: the unit is too large to be one queue.
    """
    found: list[int] = []
    for stretch in demand.stretches():
        rates = demand.scenarios()[:, stretch]
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
        within = _weighted(levels, rates)
        found += [max(by.rules.least, int(np.argmax(column >= by.target.share))) for column in within.T]
    return tuple(found)


def _parts(slot_min: float) -> int:
    return max(1, round(slot_min / PART_MIN))


def _weighted(levels: Floats, rates: Floats) -> Floats:
    """(..., N): levels (..., K, N) of days, as all customers together see them."""
    total = rates.sum(axis=0)
    return np.where(total > 0, (levels * rates).sum(axis=-2) / np.where(total > 0, total, 1.0), 1.0)


def _planned(demand: Demand, by: Staffed, given: tuple[int, ...] | None) -> StaffPlan:
    scenarios, guesses = demand.scenarios(), settled(demand, by)
    slots: list[StaffSlot] = []
    for stretch in demand.stretches():
        slots += _Stretch(demand, by, scenarios, stretch, guesses).walk(given)
    return StaffPlan(demand, by, tuple(slots))


class _Stretch:
    """Slots that follow each other, and the queue that goes through them."""

    def __init__(
        self, demand: Demand, by: Staffed, scenarios: Floats, stretch: slice, guesses: tuple[int, ...]
    ) -> None:
        self.demand, self.by, self.stretch, self.guesses = demand, by, stretch, guesses
        self.people = scenarios[:, stretch]
        self.parts = _parts(demand.slot_min)
        lag = {"slot_min": demand.slot_min, "service": by.service}
        self.rates = effective_rates(self.people, **lag, parts=self.parts)  # type: ignore[arg-type]
        self.load = modified_offered_load(self.people.mean(axis=0), **lag, parts=1)  # type: ignore[arg-type]
        self.evolution = Evolution.of(
            by.service, within_min=by.target.within_min, patience_min=by.patience_min,
            most_load=max(guesses[stretch]),
        )  # fmt: skip

    def walk(self, given: tuple[int, ...] | None) -> list[StaffSlot]:
        crowd, found = self.evolution.nobody(len(self.people)), []
        excess = 0
        many = self.demand.at(np.array([0.9]))[0]
        for i, number in enumerate(range(self.stretch.start, self.stretch.stop)):
            tried: dict[int, tuple[Crowd, float]] = {}
            if given is None:
                staff, because = self._least(crowd, i, self.guesses[number] - excess, tried)
                excess = self.guesses[number] - staff
            else:
                staff, because = given[number], "given"
            crowd, within = self._try(crowd, i, staff, tried)
            fewer = tried.get(staff - 1)
            found.append(StaffSlot(
                start=self.demand.starts[number], staff=staff, expected=float(self.people[:, i].mean()),
                many=float(many[number]), load=float(self.load[i]), within=within,
                one_fewer=None if fewer is None else fewer[1], because=because,
            ))  # fmt: skip
        return found

    def _least(
        self, crowd: Crowd, i: int, guess: int, tried: dict[int, tuple[Crowd, float]]
    ) -> tuple[int, Because]:
        """From the guess, down while the target holds, or up until it does, as far as presence and desks allow."""
        share, least = self.by.target.share, self.by.rules.least
        most = self.by.rules.desks or inf
        staff = int(min(max(least, guess), most))
        while staff > least and self._try(crowd, i, staff, tried)[1] >= share:
            staff -= 1
        while staff < most and self._try(crowd, i, staff, tried)[1] < share:
            staff += 1
        if self._try(crowd, i, staff, tried)[1] < share:
            return staff, "desks"
        return staff, "presence" if staff == least and staff - 1 not in tried else "target"

    def _try(
        self, crowd: Crowd, i: int, staff: int, tried: dict[int, tuple[Crowd, float]]
    ) -> tuple[Crowd, float]:
        if staff not in tried:
            rates = self.rates[:, i * self.parts : (i + 1) * self.parts]
            after, within = self.evolution.run(crowd, staff, rates=rates, minutes=self.demand.slot_min)
            tried[staff] = after, float(_weighted(within[:, None], self.people[:, i, None])[0])
        return tried[staff]
