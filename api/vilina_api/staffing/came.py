"""Who came to zones today, out of the store, by the quarter of an hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from vilina_api.models import AreaLive
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.service import Floats
from vilina_api.staffing.shares import Share
from vilina_ingest.calendar import quarters_of_day
from vilina_ingest.site import Site
from vilina_ingest.store import Reader

Came = Mapping[str, Mapping[datetime, float]]
"""By zone and the naive local time at which a quarter begins: people who entered; one that has a gap is not there."""


def came_today(reader: Reader, site: Site, now: datetime) -> Came:
    """Until now; of the quarter that is open, those so far.

    Raises:
        StoreError: the store cannot be read.
    """
    bins = quarters_of_day(site, site.local(now).date(), until=now)
    flows = reader.flows(site.id, bins, [line.id for line in site.lines])
    begins = [site.local(edge).replace(tzinfo=None) for edge in bins.edges[:-1]]
    found: dict[str, dict[datetime, float]] = {}
    for zone in site.zones:
        ways = [
            series
            for line in site.lines
            for to, series in ((line.to, flows[line.id].entered), (line.origin, flows[line.id].left))
            if to == zone.id
        ]
        found[zone.id] = {
            at: float(sum(known))
            for i, at in enumerate(begins)
            if len(known := [n for way in ways if (n := way[i]) is not None]) == len(ways) > 0
        }
    return found


def waiting_seen(site: Site, areas: Sequence[AreaLive]) -> dict[str, int]:
    """Who waits in the queues that a camera sees, by unit; of a zone with several units nobody knows for which."""
    found: dict[str, int] = {}
    for unit in site.units:
        waiting = [one.waiting for one in areas if one.zone == unit.zone and one.waiting is not None]
        if waiting and [one.zone for one in site.units].count(unit.zone) == 1:
            found[unit.id] = sum(waiting)
    return found


def came_to_units(
    site: Site, demands: Sequence[Demand], came: Came, shares: Mapping[str, Share]
) -> dict[str, Floats]:
    """(N,) by unit: in each slot of its demand its share of those who came to its zone; NaN where nobody counted."""
    zones = {unit.id: unit.zone for unit in site.units}
    passing = {zone.id: zone.passing for zone in site.zones}
    found = {}
    for demand in demands:
        zone = zones[demand.unit]
        hours = shares[demand.unit].hours
        counted = np.full(len(demand.starts), np.nan)
        for i, start in enumerate(at.replace(tzinfo=None) for at in demand.starts):
            parts = [n for at, n in came[zone].items() if start <= at < start + demand.slot]
            if parts:
                counted[i] = sum(parts) * (1 - passing[zone]) * hours[start.hour]
        found[demand.unit] = counted
    return found
