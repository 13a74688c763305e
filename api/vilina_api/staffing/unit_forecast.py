"""A forecast of a unit: of who comes to its zone, those who come to its desks."""

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
from scipy.special import ndtri

from vilina_api.forecasting.counts import DAY_MINUTES
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.service import Floats
from vilina_api.staffing.shares import HOURS, Share
from vilina_api.staffing.unit_demand import opening
from vilina_ingest.site import Site, Unit

QUARTERS: Final = 96
TENTHS: Final = 2 * ndtri(LEVELS[-2])
"""Standard deviations between the quantiles .1 and .9."""


def unit_quantiles(site: Site, unit: Unit, zone: Floats, first: date, share: Share) -> Floats:
    """(D, H, Q) people who will come to a unit's desks, from those of its zone on local days from `first` on.

    Chance is taken out of the zone's, how uncertain the share is makes them wider, and the chance of fewer people is
    put back: small numbers vary more. NaN stays where nothing is known of the zone; where the unit is closed, 0.
    """
    days, slots, _ = zone.shape
    part = _part(site, unit, first, (days, slots), share)
    found = np.where(np.isfinite(zone), 0.0, np.nan)
    busy = (zone[..., -1] > 0) & (part > 0)
    if not busy.any():
        return found
    width = timedelta(minutes=DAY_MINUTES // slots)
    midnight = datetime.combine(first, time())
    places = np.flatnonzero(busy)
    starts = tuple(midnight + int(place) * width for place in places)
    cv = np.array([share.cv[at.hour] for at in starts])
    counted = Demand(unit.id, starts, width / timedelta(minutes=1), zone[busy])
    found[busy] = _with_chance(counted.without_chance().times(part[busy]).wider(cv))
    return found


def unit_counts(site: Site, unit: Unit, zone: Floats, first: date, share: Share) -> Floats:
    """(D, H) of those who were counted entering its zone (D, H), the unit's share: nobody counts at the desks."""
    return np.asarray(zone * _part(site, unit, first, zone.shape, share))


def _part(site: Site, unit: Unit, first: date, shape: tuple[int, ...], share: Share) -> Floats:
    """(D, H): which part of who enters the zone comes to the unit; 0 where it is closed."""
    days, slots = shape
    passing = next(zone.passing for zone in site.zones if zone.id == unit.zone)
    opened = opening(site, unit)
    is_open = np.zeros((days, QUARTERS))
    for day in range(days):
        hours = opened(first + timedelta(days=day))
        if hours is not None:
            begin, end = (clock.hour * 4 + clock.minute / 15 for clock in (hours.opens, hours.closes))
            is_open[day] = np.clip(
                np.minimum(np.arange(1, QUARTERS + 1), end) - np.maximum(np.arange(QUARTERS), begin), 0, 1
            )
    by_hour = np.repeat(share.hours, QUARTERS // HOURS)
    return np.asarray((1 - passing) * (is_open * by_hour).reshape(days, slots, -1).mean(axis=2))


def _with_chance(demand: Demand) -> Floats:
    """(N, Q) people who may be counted: what `Demand.without_chance` takes out is put back."""
    mean = demand.mean()[:, None]
    away = demand.quantiles - mean
    width = (demand.quantiles[:, [-2]] - demand.quantiles[:, [1]]) / TENTHS
    wanted = np.sqrt(width**2 + mean)
    known = width > 0
    factor = np.where(known, wanted / np.where(known, width, 1.0), 0.0)
    scores = ndtri(np.array(LEVELS))
    return np.maximum(0.0, mean + np.where(known, away * factor, scores * wanted))
