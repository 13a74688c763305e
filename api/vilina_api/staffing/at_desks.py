"""Staff that somebody has decided on, whoever it was: how many are at a unit's desks, and from when to when."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import gcd
from typing import Final

from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import Demand
from vilina_ingest.site import Site

FINEST_MIN: Final = 5
MOST: Final = 200
"""Staff of one unit at once; more is a slip of the keyboard."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`staff` at the desks from `start` until `end`, both local times."""

    start: datetime
    end: datetime
    staff: int

    @property
    def hours(self) -> float:
        return self.staff * ((self.end - self.start) / timedelta(hours=1))


Given = Mapping[str, Sequence[Span]]
"""Spans by unit, in order; outside of them nobody is there."""


@dataclass(frozen=True, slots=True, eq=False)
class Manned:
    """Demand in slots in which staff does not change, and the staff (N,) of each.

    `outside_hours`: of staff at times at which nobody is expected, which no play is about.
    """

    demand: Demand
    staff: tuple[int, ...]
    outside_hours: float


def spans(unit: str, slots: Iterable[tuple[datetime, int]], slot_min: float) -> tuple[Span, ...]:
    """Of slots of one length, in any order; raises as `in_order` does."""
    length = timedelta(minutes=slot_min)
    return in_order(unit, (Span(at, at + length, staff) for at, staff in slots))


def in_order(unit: str, given: Iterable[Span]) -> tuple[Span, ...]:
    """Spans of one unit by their times.

    Raises:
        StaffingError: two overlap, or a number of staff cannot be.
    """
    found = sorted(given)
    for one in found:
        if not 0 <= one.staff <= MOST:
            raise StaffingError(
                f"{unit}, {one.start:%Y-%m-%d %H:%M}: {one.staff} staff cannot be; write 0 to {MOST}"
            )
    for before, after in pairwise(found):
        if after.start < before.end:
            raise StaffingError(
                f"{unit}: staff from {before.start:%Y-%m-%d %H:%M} and from {after.start:%H:%M} overlap; "
                "write each slot once"
            )
    return tuple(found)


def days_of(given: Given) -> frozenset[date]:
    """Days on which anybody is at any desk."""
    return frozenset(one.start.date() for each in given.values() for one in each if one.staff)


def manned(
    demand: Demand, given: Sequence[Span], site: Site | None = None, *, days: Container[date] | None = None
) -> Manned:
    """Demand and staff side by side. Times may have offsets in one of them only if the `site` says its clock.

    Only these `days` are played; by default all of the demand. A plan of five days says nothing of a sixth.

    Raises:
        StaffingError: they have no time in common, or staff changes at odd minutes.
    """
    given = _alike(demand, given, site)
    kept = [i for i, at in enumerate(demand.starts) if days is None or at.date() in days]
    demand = demand.only(kept) if kept else demand
    inside = [
        one for one in given if one.end > demand.starts[0] and one.start < demand.starts[-1] + demand.slot
    ]
    if not inside:
        about = f"about {given[0].start:%Y-%m-%d} to {given[-1].end:%Y-%m-%d}" if given else "empty"
        raise StaffingError(
            f"{demand.unit}: the staff given is {about}, and people are expected from {demand.starts[0]:%Y-%m-%d} "
            f"to {demand.starts[-1]:%Y-%m-%d}; play days that are in both"
        )
    fine = demand.split(round(demand.slot_min / _step_min(demand, inside)))
    staff, place = [], 0
    for at in fine.starts:
        while place < len(inside) and inside[place].end <= at:
            place += 1
        here = place < len(inside) and inside[place].start <= at
        staff.append(inside[place].staff if here else 0)
    played = sum(staff) * fine.slot_min / 60
    return Manned(fine, tuple(staff), max(0.0, sum(one.hours for one in given) - played))


def _step_min(demand: Demand, given: Sequence[Span]) -> int:
    """Minutes of slots in which staff never changes."""
    found = round(demand.slot_min)
    for at in (edge for one in given for edge in (one.start, one.end)):
        minutes = (at - demand.starts[0]) / timedelta(minutes=1)
        found = gcd(round(minutes), found)
        if minutes != round(minutes) or found < FINEST_MIN:
            raise StaffingError(
                f"{demand.unit}: staff changes on {at:%Y-%m-%d at %H:%M}; let it change at multiples of "
                f"{FINEST_MIN} minutes after the slots of demand begin"
            )
    return found


def _alike(demand: Demand, given: Sequence[Span], site: Site | None) -> Sequence[Span]:
    """Spans with an offset if demand has one, and else without."""
    if not given or (given[0].start.tzinfo is None) == (demand.starts[0].tzinfo is None):
        return given
    if site is None:
        raise StaffingError(
            f"{demand.unit}: times of staff and of demand are written with an offset in one of them only; "
            "give --site, which says the clock"
        )

    def local(at: datetime) -> datetime:
        return at.replace(tzinfo=site.tz) if at.tzinfo is None else site.local(at).replace(tzinfo=None)

    return [replace(one, start=local(one.start), end=local(one.end)) for one in given]
