"""Staff that units need, block by block of the site's days: from staffing plans, or from their JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vilina_api.errors import RosterError
from vilina_api.rostering.people import DAY_MIN
from vilina_api.staffing.plan import StaffPlan
from vilina_ingest.site import Site

Counts = npt.NDArray[np.int64]
WEEK: Final = 7
MOST: Final = 200
"""Staff of one unit at once; more is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class UnitNeed:
    """Staff a unit needs, in slots of so many minutes from local times on."""

    unit: str
    slot_min: float
    slots: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Required:
    """`need` (units, days, blocks of the local day): staff, the most of the slots that a block touches."""

    first: date
    units: tuple[str, ...]
    block_min: int
    need: Counts

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range(self.need.shape[1]))

    @property
    def hours(self) -> float:
        """At desks."""
        return float(self.need.sum()) * self.block_min / 60

    def opens(self, day: int) -> tuple[int, int] | None:
        """First and last minute at which anybody is needed on a day of the week; None if nobody is."""
        blocks = np.flatnonzero(self.need[:, day].any(axis=0))
        if not len(blocks):
            return None
        return int(blocks[0]) * self.block_min, (int(blocks[-1]) + 1) * self.block_min


def from_plans(plans: Iterable[StaffPlan]) -> tuple[UnitNeed, ...]:
    """What plans suggest."""
    return tuple(
        UnitNeed(
            plan.demand.unit,
            plan.demand.slot_min,
            tuple((slot.start, slot.staff) for slot in plan.slots),
        )
        for plan in plans
    )


def from_document(document: Any) -> tuple[UnitNeed, ...]:
    """The same from what `vilina staffing plan --json` prints, or from as much of it: unit, slot_min, start and staff.

    Raises:
        RosterError: it is something else; the text says where.
    """
    try:
        units = list(document["units"])
    except (TypeError, KeyError) as error:
        raise RosterError("this is no staffing plan: it has no units; print one with --json") from error
    if not units:
        raise RosterError("the staffing plan has no units")
    return tuple(_unit(number, unit) for number, unit in enumerate(units))


def _unit(number: int, unit: Any) -> UnitNeed:
    try:
        name, slot_min, slots = unit["unit"], float(unit["slot_min"]), unit["slots"]
        found = []
        for slot in slots:
            found.append((datetime.fromisoformat(slot["start"]), slot["staff"]))
    except (TypeError, KeyError, ValueError) as error:
        raise RosterError(
            f"units[{number}] of the staffing plan is not one: {error!r}; it has unit, slot_min, "
            "and slots with start and staff"
        ) from error
    for at, staff in found:
        if not isinstance(staff, int) or isinstance(staff, bool) or not 0 <= staff <= MOST:
            raise RosterError(f"{name}, {at}: staff is {staff!r}; it is a whole number from 0 to {MOST}")
    if not 5 <= slot_min <= 120:
        raise RosterError(f"{name}: slots of {slot_min:g} minutes cannot be; they are 5 to 120 long")
    return UnitNeed(name, slot_min, tuple(found))


def required(needs: Sequence[UnitNeed], site: Site, *, first: date | None, block_min: int) -> Required:
    """The week from `first` on; by default from the first day that is in the plan.

    Raises:
        RosterError: a unit is not of the site, or nobody is needed in that week.
    """
    known = [unit.id for unit in site.units]
    for need in needs:
        if need.unit not in known:
            raise RosterError(
                f"the site has no unit {need.unit!r}; it has {', '.join(known) or 'none'}. "
                "Write the site's names into the plan, or add the unit to the site file"
            )
    slots = [
        (known.index(need.unit), _local(at, site), need.slot_min, staff)
        for need in needs
        for at, staff in need.slots
        if staff
    ]
    if not slots:
        raise RosterError("the plan needs nobody at any time; there is nothing to roster")
    begins = first or min(at for _, at, _, _ in slots).date()
    found = np.zeros((len(known), WEEK, DAY_MIN // block_min), np.int64)
    for unit, at, slot_min, staff in slots:
        day = (at.date() - begins).days
        if 0 <= day < WEEK:
            minute = at.hour * 60 + at.minute
            last = min(-(-int(minute + slot_min) // block_min), found.shape[2])
            blocks = found[unit, day, minute // block_min : last]
            np.maximum(blocks, staff, out=blocks)
    if not found.any():
        days = sorted({at.date() for _, at, _, _ in slots})
        raise RosterError(
            f"the plan needs nobody in the week from {begins} on; it is about {days[0]} to {days[-1]}"
        )
    return Required(begins, tuple(known), block_min, found)


def _local(at: datetime, site: Site) -> datetime:
    """The site's clock; a time without an offset is read from it already."""
    return at if at.tzinfo is None else site.local(at)
