"""What a change would do: with another target, service, opening or demand, planned anew and held against the plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from math import isfinite
from typing import Final

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import HOUR_MIN, StaffPlan, StaffSlot, plan, plan_beside
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.service import Floats, Service
from vilina_ingest.site import Target

MOST_TIMES: Final = 10.0
NOBODY: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What would be otherwise, and what is None stays.

    Opening hours are those of every open day: `opens`, `closes`, and an hour or more `closed` in between. They change
    when people come, not how many: a day keeps its visits.

    Raises:
        StaffingError: it cannot be.
    """

    target: Target | None = None
    service_min: float | None = None
    demand_times: float = 1.0
    opens: time | None = None
    closes: time | None = None
    closed: tuple[time, time] | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.demand_times) and 0 < self.demand_times <= MOST_TIMES):
            raise StaffingError(
                f"{self.demand_times:g} times the demand cannot be; give more than 0 and at most {MOST_TIMES:g}"
            )
        for begin, end in ((self.opens, self.closes), self.closed or (None, None)):
            if begin is not None and end is not None and begin >= end:
                raise StaffingError(
                    f"hours from {begin:%H:%M} to {end:%H:%M} cannot be; they end before they begin"
                )

    def said(self) -> str:
        """What changes, in words; empty where nothing does."""
        return ", ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.demand_times != 1:
            yield f"{100 * (self.demand_times - 1):+.0f} % people"
        if self.service_min is not None:
            yield f"{self.service_min:g} min of service"
        if self.target is not None:
            yield f"{100 * self.target.share:g} % within {self.target.within_min:g} min"
        if self.opens is not None:
            yield f"open from {self.opens:%H:%M}"
        if self.closes is not None:
            yield f"open until {self.closes:%H:%M}"
        if self.closed is not None:
            yield f"closed from {self.closed[0]:%H:%M} to {self.closed[1]:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A plan before and after a change; and what comes of the staff of `before` if nobody reacts to the change, None
    where there are slots in which nobody was planned."""

    change: Change
    before: StaffPlan
    after: StaffPlan
    unchanged: StaffPlan | None

    @property
    def paid_hours(self) -> float:
        return self.after.paid_hours - self.before.paid_hours

    @property
    def eur(self) -> float:
        return self.after.eur - self.before.eur

    def reason(self) -> str:
        """One sentence, with its numbers."""
        before, after = self.before, self.after
        worst = worst_slot(after)
        said = (
            f"{after.demand.unit}, {self.change.said() or 'nothing changed'}: {self.paid_hours:+.1f} h paid and "
            f"{self.eur:+.0f} € ({after.paid_hours:.1f} h instead of {before.paid_hours:.1f}), "
            f"{_percent(after.within)} in time instead of {_percent(before.within)}, "
            f"the worst slot {worst.start:%a %H:%M} with {_percent(worst.within)}"
        )
        if self.unchanged is None or self.unchanged.staff == after.staff:
            return f"{said}."
        worst = worst_slot(self.unchanged)
        return (
            f"{said}; with the staff of before it would be {_percent(self.unchanged.within)}, "
            f"and {_percent(worst.within)} on {worst.start:%a %H:%M}."
        )


def what_if(demand: Demand, by: Staffed, change: Change, *, before: StaffPlan | None = None) -> Difference:
    """Plan with a change. Who has the plan of `before` already gives it, and it is not made again.

    Raises:
        StaffingError: the change leaves nothing open, or a unit that nobody can plan.
    """
    before = before or plan(demand, by)
    changed = _changed_hours(demand, change).times(change.demand_times)
    otherwise = replace(
        by,
        target=change.target or by.target,
        service=by.service if change.service_min is None else Service(change.service_min, by.service.cv),
    )
    staff = dict(zip(demand.starts, before.staff, strict=True))
    if not all(start in staff for start in changed.starts):
        return Difference(change=change, before=before, after=plan(changed, otherwise), unchanged=None)
    after, unchanged = plan_beside(changed, otherwise, tuple(staff[start] for start in changed.starts))
    return Difference(change=change, before=before, after=after, unchanged=unchanged)


def worst_slot(made: StaffPlan) -> StaffSlot:
    """The one with the smallest share in time."""
    return min(made.slots, key=lambda slot: slot.within)


def _changed_hours(demand: Demand, change: Change) -> Demand:
    if change.opens is None and change.closes is None and change.closed is None:
        return demand
    starts: list[datetime] = []
    rows: list[Floats] = []
    for _, day in groupby(range(len(demand.starts)), lambda i: demand.starts[i].date()):
        mine = list(day)
        found = {demand.starts[i]: demand.quantiles[i] for i in mine}
        found = {at: row for at, row in (_longer(found, demand, change) | found).items() if _open(at, change)}
        if not found:
            continue
        # Whoever would have come when it is closed comes when it is open, on the same day.
        new = np.array([found[at] for at in sorted(found)])
        starts += sorted(found)
        rows += list(new * (demand.quantiles[mine].sum() / max(float(new.sum()), NOBODY)))
    if not starts:
        raise StaffingError(f"{demand.unit} would never be open; leave some of its hours")
    return replace(demand, starts=tuple(starts), quantiles=np.array(rows))


def _longer(day: dict[datetime, Floats], demand: Demand, change: Change) -> dict[datetime, Floats]:
    """Slots before the first and after the last of a day, as busy as the hour that is next to them."""
    slots, many, found = sorted(day), max(1, round(HOUR_MIN / demand.slot_min)), {}
    first, last = (np.mean([day[at] for at in part], axis=0) for part in (slots[:many], slots[-many:]))
    for at, step, row in ((slots[0], -demand.slot, first), (slots[-1], demand.slot, last)):
        beyond = at + step
        while beyond.date() == at.date() and _asked(beyond, change, later=step > timedelta()):
            found[beyond] = row
            beyond += step
    return found


def _asked(at: datetime, change: Change, *, later: bool) -> bool:
    """Whether a change opens longer than before, and so long."""
    if later:
        return change.closes is not None and at.time() < change.closes
    return change.opens is not None and at.time() >= change.opens


def _open(at: datetime, change: Change) -> bool:
    clock = at.time()
    if change.closed is not None and change.closed[0] <= clock < change.closed[1]:
        return False
    return (change.opens is None or clock >= change.opens) and (
        change.closes is None or clock < change.closes
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
