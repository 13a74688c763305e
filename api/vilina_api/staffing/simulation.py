"""One queue of one unit, customer by customer: who comes first is served first, by whoever is free.

A member of staff whose time is up finishes the customer at the desk and takes no other; one who comes is free at once.
A simulator that lets the old shift work on while the new one starts has more servers at each change than the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from math import inf
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vilina_api.staffing.service import Floats, Service

Bools: TypeAlias = NDArray[np.bool_]


class Customers(NamedTuple):
    """Who comes, in order: minutes from the first slot's start, minutes at the desk, minutes of patience (N,)."""

    arrives: Floats
    service: Floats
    patience: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What happened. `waits` (N,) minutes, until served or given up; `served` (N,).

    `busy_min`: minutes that staff were with customers. `over_min`: minutes that staff stayed after their time was up.
    """

    waits: Floats
    served: Bools
    busy_min: float
    over_min: float


def customers(
    rates: Floats, *, slot_min: float, service: Service, patience_min: float, dice: np.random.Generator
) -> Customers:
    """A Poisson process of `rates` (slots,) arrivals per slot, and what each one brings."""
    came = dice.poisson(rates)
    slot = np.repeat(np.arange(len(rates)), came)
    arrives = np.sort((slot + dice.random(len(slot))) * slot_min)
    many = len(arrives)
    patience = np.full(many, inf) if patience_min == inf else dice.exponential(patience_min, many)
    return Customers(arrives, service.sample(dice, many), patience)


def serve(who: Customers, staff: Sequence[int], *, slot_min: float) -> Served:
    """Serve them with so many staff in each slot, and nobody after the last.

    Before a slot without anybody, staff stay until all who are there have been served, as places do at closing.
    Who comes after the last of the staff has left waits for nothing until the last slot ends.
    """
    changes = _changes(staff, slot_min)
    end = changes[0][0]
    at, then = changes.pop()
    free: list[float] = []
    starts: list[float] = []
    served: list[bool] = []
    over = 0.0
    for arrives, service, patience in zip(*(each.tolist() for each in who), strict=True):
        while at <= arrives or (then and at <= (free[0] if free else at)):
            over += _change(free, at, then)
            at, then = changes.pop() if changes else (inf, 0)
        start = max(arrives, free[0]) if free else inf
        stays = start - arrives <= patience
        if stays and free:
            heapreplace(free, start + service)
        else:
            start, stays = min(arrives + patience, max(end, arrives)), False
        starts.append(start)
        served.append(stays)
    for time, number in [(at, then), *reversed(changes)]:
        over += _change(free, time, number) if time < inf else 0.0
    helped = np.array(served, np.bool_)
    return Served(
        waits=np.array(starts) - who.arrives,
        served=helped,
        busy_min=float(who.service[helped].sum()),
        over_min=over,
    )


def _changes(staff: Sequence[int], slot_min: float) -> list[tuple[float, int]]:
    """When the number of staff becomes another and which, the last change first."""
    found, before = [], 0
    for slot, number in enumerate([*staff, 0]):
        if number != before or slot == len(staff):
            found.append((slot * slot_min, number))
        before = number
    return found[::-1]


def _change(free: list[float], at: float, then: int) -> float:
    """Let staff come or go, whoever is or becomes free first; the minutes that these stay with their last customers.

    `free` is the heap of the minutes at which each one on duty is free.
    """
    while len(free) < then:
        heappush(free, at)
    over = 0.0
    while len(free) > then:
        over += max(0.0, heappop(free) - at)
    return over
