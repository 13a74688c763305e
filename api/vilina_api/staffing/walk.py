"""The queue of a unit, followed through its slots, each of which gets the least staff with which the target holds.

Days do not know of each other, nor do the numbers of staff that are tried: all of them are columns of one crowd.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, Literal, Protocol

import numpy as np

from vilina_api.staffing.demand import CHANCES, Demand
from vilina_api.staffing.evolution import Crowd, Evolution
from vilina_api.staffing.load import effective_rates
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.service import Floats

PART_MIN: Final = 5.0
"""Arrivals are taken as steady for so long; the load of a slot rises and falls in it."""
DAYS: Final = len(CHANCES)

Because = Literal["target", "presence", "desks", "given"]
"""What decided how many."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Staff of a slot; the share in time with them, and with one fewer, None where nobody asked; and what decided."""

    staff: int
    within: float
    one_fewer: float | None
    because: Because


class Search(Protocol):
    """How the staff of a slot are found."""

    def asks(self, slot: int, tried: Mapping[int, float], excess: int) -> tuple[int, ...]:
        """What to try next, after the shares in time of what was tried; nothing when it is decided.

        In the slot before, the guess was too many by `excess`.
        """

    def takes(self, slot: int, tried: Mapping[int, float]) -> Chosen: ...

    def excess(self, slot: int, chosen: Chosen) -> int: ...


@dataclass(frozen=True, slots=True)
class Least:
    """From the guess, down while the target holds, or up until it does, as far as presence and desks allow."""

    by: Staffed
    guesses: Sequence[int]

    def asks(self, slot: int, tried: Mapping[int, float], excess: int) -> tuple[int, ...]:
        least, most = self.by.rules.least, self.by.rules.desks or inf
        if not tried:
            guess = int(min(max(least, self.guesses[slot] - excess), most))
            return (guess,) if guess in (least, most) else (guess, guess - 1)
        held = [staff for staff, level in tried.items() if level >= self.by.target.share]
        if held:
            return () if (fewer := min(held) - 1) < least or fewer in tried else (fewer,)
        return () if max(tried) == most else (max(tried) + 1,)

    def takes(self, slot: int, tried: Mapping[int, float]) -> Chosen:
        held = [staff for staff, level in tried.items() if level >= self.by.target.share]
        staff = min(held, default=max(tried))
        because: Because = "desks" if not held else "presence" if staff == self.by.rules.least else "target"
        return Chosen(staff, tried[staff], tried.get(staff - 1), because)

    def excess(self, slot: int, chosen: Chosen) -> int:
        return self.guesses[slot] - chosen.staff


@dataclass(frozen=True, slots=True)
class Given:
    """So many, whatever comes of it."""

    staff: Sequence[int]

    def asks(self, slot: int, tried: Mapping[int, float], excess: int) -> tuple[int, ...]:
        return () if tried else (self.staff[slot],)

    def takes(self, slot: int, tried: Mapping[int, float]) -> Chosen:
        staff = self.staff[slot]
        return Chosen(staff, tried[staff], None, "given")

    def excess(self, slot: int, chosen: Chosen) -> int:
        return 0


@dataclass(slots=True)
class _Stretch:
    """Slots that follow each other, and how their staff are found.

    People (K, n) and effective arrivals per minute (K, n, parts) of each day.
    """

    search: Search
    first: int
    people: Floats
    rates: Floats
    excess: int = 0
    tried: dict[int, float] = field(default_factory=dict)
    column: dict[int, int] = field(default_factory=dict)
    """Of the slot of now: the share in time with each staff that was tried, and where its crowd begins."""
    chosen: dict[int, Chosen] = field(default_factory=dict)


def weighted(levels: Floats, people: Floats) -> Floats:
    """(..., N): levels (..., K, N) of days, as all customers together see them; nobody is always in time."""
    came = CHANCES[:, None] * people
    total = came.sum(axis=0)
    return np.where(total > 0, (levels * came).sum(axis=-2) / np.where(total > 0, total, 1.0), 1.0)


def walk(demand: Demand, by: Staffed, searches: Sequence[Search], *, most: int) -> list[list[Chosen]]:
    """What each of the searches finds for each slot. `most` are at work in the busiest."""
    queue = Evolution.of(
        by.service, within_min=by.target.within_min, patience_min=by.patience_min, most_load=most
    )
    every = going = _stretches(demand, by, searches)
    crowd = queue.nobody(len(going) * DAYS)
    for i in range(going[0].people.shape[1]):
        going = [one for one in going if i < one.people.shape[1]]
        after = _try(queue, crowd, going, i=i, minutes=demand.slot_min)
        columns = []
        for one in going:
            slot = one.first + i
            one.chosen[slot] = best = one.search.takes(slot, one.tried)
            one.excess = one.search.excess(slot, best)
            columns.append(np.arange(DAYS) + one.column[best.staff])
        crowd = after.take(np.concatenate(columns))
    found = []
    for search in searches:
        chosen: dict[int, Chosen] = {}
        for one in every:
            if one.search is search:
                chosen |= one.chosen
        found.append([chosen[slot] for slot in range(len(demand.starts))])
    return found


def _stretches(demand: Demand, by: Staffed, searches: Sequence[Search]) -> list[_Stretch]:
    """The longest first, so that those which are over leave from the end."""
    parts, days, found = max(1, round(demand.slot_min / PART_MIN)), demand.scenarios(), []
    for slots in sorted(demand.stretches(), key=lambda one: one.start - one.stop):
        people = days[:, slots]
        rates = effective_rates(people, slot_min=demand.slot_min, service=by.service, parts=parts)
        for search in searches:
            found.append(_Stretch(search, slots.start, people, rates.reshape(*people.shape, parts)))
    return found


def _try(queue: Evolution, crowd: Crowd, stretches: Sequence[_Stretch], *, i: int, minutes: float) -> Crowd:
    """Try staff in slot `i` of each stretch until its search has what it needs; the crowds after all that was tried."""
    crowds: list[Crowd] = []
    at = 0
    for one in stretches:
        one.tried, one.column = {}, {}
    while asked := [
        (j, staff)
        for j, one in enumerate(stretches)
        for staff in one.search.asks(one.first + i, one.tried, one.excess)
    ]:
        days = np.concatenate([np.arange(DAYS) + j * DAYS for j, _ in asked])
        after, within = queue.run(
            crowd.take(days), np.repeat([staff for _, staff in asked], DAYS),
            rates=np.concatenate([stretches[j].rates[:, i] for j, _ in asked]).T, minutes=minutes,
        )  # fmt: skip
        people = np.stack([stretches[j].people[:, i] for j, _ in asked], axis=1)
        for (j, staff), level in zip(asked, weighted(within.reshape(-1, DAYS).T, people), strict=True):
            stretches[j].tried[staff], stretches[j].column[staff] = float(level), at
            at += DAYS
        crowds.append(after)
    return crowds[0] if len(crowds) == 1 else Crowd.beside(crowds)
