"""Staff plans of weeks, made unit by unit when a planner asks, and kept while the server runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vilina_api.errors import BadRequest, NotFound
from vilina_api.planner_page.week import Week
from vilina_api.site_forecast.outlook import Outlook
from vilina_api.staffing.plan import StaffPlan
from vilina_api.staffing.planner import Asked, Planner
from vilina_api.staffing.pooling import Pooled
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import Service
from vilina_api.staffing.shares import Share
from vilina_api.staffing.unit_demand import unit_demands, zone_demand
from vilina_api.staffing.what_if import Change, Difference
from vilina_ingest.site import Site, Unit

WEEKS_KEPT: Final = 6
HOUR_EUR: Final = 30.0
STEP_MIN: Final = 30


@dataclass(slots=True)
class WeekPlan:
    """Plans by unit; None of a unit to which nobody is expected to come. `now`: the same days without the plan."""

    made_at: datetime
    units: dict[str, StaffPlan | None] = field(default_factory=dict)
    now: dict[str, StaffPlan] = field(default_factory=dict)

    @property
    def plans(self) -> Mapping[str, StaffPlan]:
        return {unit: made for unit, made in self.units.items() if made is not None}


class WeekPlans:
    """The plans of one site, for one event loop."""

    def __init__(
        self, site: Site, *, shares: Mapping[str, Share], outlook: Outlook, planner: Planner
    ) -> None:
        self._site, self._shares, self._outlook, self._planner = site, shares, outlook, planner
        self._weeks: dict[Week, WeekPlan] = {}

    def of(self, week: Week) -> WeekPlan | None:
        """What has been planned of a week."""
        return self._weeks.get(week)

    async def make(self, week: Week, unit: str, *, now: datetime) -> None:
        """Plan one unit with what is known now, and keep it. Days of the week that are over are left out.

        Raises:
            ApiError: the week is over or too far ahead, or the unit cannot be planned.
        """
        known = {one.id: one for one in self._site.units}
        if unit not in known:
            raise NotFound(f"There is no unit {unit!r} in site {self._site.id!r}.")
        today = self._site.local(now).date()
        if week.last < today:
            raise BadRequest(f"Week {week.number} is over; plan one that is not.")
        first = max(week.first, today)
        forecast = await self._outlook.forecast(first=first, days=(week.last - first).days + 1)
        zone = zone_demand(forecast).get(known[unit].zone)
        made = now_there = None
        if zone is not None:
            demands = unit_demands(self._site, {known[unit].zone: zone}, self._shares, [unit])
            asked = [Asked(one.in_slots(STEP_MIN), staffed(known[unit])) for one in demands]
            planned = (await self._planner.plans(asked))[0]
            made, now_there = planned.plan, planned.now
        kept = self._weeks.setdefault(week, WeekPlan(now))
        kept.made_at = now
        kept.units[unit] = made
        kept.now.pop(unit, None)
        if now_there is not None:
            kept.now[unit] = now_there.plan
        while len(self._weeks) > WEEKS_KEPT:
            del self._weeks[next(iter(self._weeks))]

    def made(self, week: Week, unit: str) -> StaffPlan:
        """A unit's plan.

        Raises:
            NotFound: it has not been planned yet.
        """
        kept = self._weeks.get(week)
        found = kept.units.get(unit) if kept else None
        if found is None:
            raise NotFound(f"There is no plan of {unit!r} for week {week.number} yet; plan the week first.")
        return found

    async def together(self, week: Week, units: Sequence[str]) -> Pooled:
        """What it saves if these units share their staff.

        Raises:
            NotFound: one of them has not been planned yet.
            StaffingError: there are fewer than two.
        """
        return await self._planner.together([self.made(week, unit) for unit in units])

    async def difference(self, week: Week, unit: str, change: Change) -> Difference:
        """What a change would do to a unit's plan.

        Raises:
            NotFound: the unit has not been planned yet.
            StaffingError: it cannot be planned so.
        """
        made = self.made(week, unit)
        return (await self._planner.differences([Asked(made.demand, made.by)], change))[0]


def staffed(unit: Unit) -> Staffed:
    """What the site file says of a unit."""
    rules = Rules(desks=unit.desks, hour_eur=HOUR_EUR)
    return Staffed(service=Service(unit.service_min), target=unit.target, rules=rules)
