"""Demand at units: who is forecast to come to their zones, less those who only pass, times the units' shares."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.forecasting.forecast import Forecast
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.shares import Share
from vilina_ingest.calendar import hours_of
from vilina_ingest.site import WEEKDAYS, Hours, Site, Unit


def zone_demand(forecast: Forecast) -> dict[str, Demand]:
    """Who may come to each zone that is forecast, in the slots in which anybody may; times are of the local clock."""
    found = {}
    edges = forecast.edges
    minutes = (edges[1] - edges[0]) / timedelta(minutes=1)
    for name, days in zip(forecast.names, forecast.people, strict=True):
        quantiles = days.reshape(-1, days.shape[-1])
        opened = np.flatnonzero(quantiles[:, -1] > 0).tolist()
        if opened:
            found[name] = Demand(name, tuple(edges[i] for i in opened), minutes, quantiles[opened])
    return found


def unit_demands(
    site: Site, zones: Mapping[str, Demand], shares: Mapping[str, Share], units: Sequence[str] = ()
) -> list[Demand]:
    """Demand of the named units, or of all, in the order of the site file; units to which nobody comes are left out.

    Chance alone is taken out of what is forecast of a zone, and how uncertain a share is makes demand wider. Slots are
    those in which the unit is open.

    Raises:
        StaffingError: a unit is not of this site, its zone is not in the forecast, or there is nothing to plan.
    """
    known = {unit.id: unit for unit in site.units}
    for name in units:
        if name not in known:
            raise StaffingError(f"the site has no unit {name!r}; it has {', '.join(known) or 'none'}")
    chosen = [unit for unit in site.units if not units or unit.id in units]
    for unit in chosen:
        if unit.zone not in zones and units:
            raise StaffingError(
                f"nobody is forecast to come to {unit.zone}, the zone of {unit.id}; the forecast has "
                f"{', '.join(zones) or 'none'}"
            )
    found = [_of(site, unit, zones[unit.zone], shares[unit.id]) for unit in chosen if unit.zone in zones]
    demands = [one for one in found if one is not None]
    if not demands:
        raise StaffingError("nobody is forecast to come to a unit while it is open; there is nothing to plan")
    return demands


def _of(site: Site, unit: Unit, zone: Demand, share: Share) -> Demand | None:
    opened = opening(site, unit)
    hours_by_day = {day: opened(day) for day in {at.date() for at in zone.starts}}
    kept = [i for i, at in enumerate(zone.starts) if _is_open(hours_by_day[at.date()], at)]
    if not kept or not share.mean:
        return None
    demand = zone.only(kept).without_chance()
    hours = np.array([at.hour for at in demand.starts])
    passing = next(one.passing for one in site.zones if one.id == unit.zone)
    found = demand.times((1 - passing) * share.hours[hours]).wider(share.cv[hours])
    return Demand(unit.id, found.starts, found.slot_min, found.quantiles)


def opening(site: Site, unit: Unit) -> Callable[[date], Hours | None]:
    """When a unit is open on a local day: in its own hours, or the site's, and never when the site is closed."""

    def hours(day: date) -> Hours | None:
        of_site = hours_of(site, day)
        if unit.opening is None or of_site is None:
            return of_site
        return unit.opening.get(WEEKDAYS[day.weekday()])

    return hours


def _is_open(hours: Hours | None, at: datetime) -> bool:
    return hours is not None and hours.opens <= at.time() < hours.closes
