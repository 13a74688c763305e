"""What `vilina staffing` reads from a site's store: who is forecast to come to zones, and who was counted there."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from vilina_api.forecasting.counts import Counts
from vilina_api.site_forecast.hierarchy import counts_of, zone_key
from vilina_api.site_forecast.serving import SiteOutlook
from vilina_api.site_forecast.site_model import Planned, place_of
from vilina_api.site_forecast.store_crossings import read_crossings
from vilina_api.staffing.calibration import calibrated
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.shares import Share
from vilina_api.staffing.tickets import read_tickets
from vilina_api.staffing.unit_demand import zone_demand
from vilina_edge.clock import SystemClock
from vilina_ingest.site import Site
from vilina_ingest.stores import open_store


def forecast_zones(
    site: Site, address: str, *, models: Path | None, planned: Planned, days: int
) -> dict[str, Demand]:
    """Of so many local days from today on, as the API forecasts them.

    Raises:
        ApiError: nothing can be said.
        StoreError: the store cannot be read.
    """
    clock = SystemClock()
    with closing(open_store(address, read_only=True)) as reader:
        outlook = SiteOutlook(place=place_of(site, planned), reader=reader, clock=clock, models=models)
        forecast = asyncio.run(outlook.forecast(first=site.local(clock.now()).date(), days=days))
    return zone_demand(forecast)


def ticket_shares(path: Path, site: Site, address: str, *, tell: Callable[[str], None]) -> dict[str, Share]:
    """What tickets of a file say of units' shares, beside the store's counts of the same days; what they say is told.

    Raises:
        StaffingError: the file cannot be used, or has too little.
        StoreError: the store cannot be read.
    """
    tickets = read_tickets(path, [unit.id for unit in site.units], site.tz)
    found = calibrated(site, tickets, counted_zones(site, address, first=tickets.first, days=tickets.days))
    for text in (*found.notes, *(share.reason() for share in found.shares.values() if share.tickets)):
        tell(text)
    return found.shares


def counted_zones(site: Site, address: str, *, first: date, days: int) -> Counts:
    """Who entered each zone, by the quarter of an hour.

    Raises:
        StoreError: the store cannot be read.
    """
    hierarchy = place_of(site, Planned()).hierarchy
    with closing(open_store(address, read_only=True)) as reader:
        every = counts_of(hierarchy, read_crossings(reader, site, first, days))
    rows = {zone.id: row for zone in site.zones if (row := hierarchy.rows.get(zone_key(zone.id))) is not None}
    return Counts(names=tuple(rows), first=first, people=every.people[list(rows.values())])
