"""The site's calendar: local days, which last 23, 24 or 25 hours, and when the site is open on them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

import holidays

from vilina_edge.wire import EPOCH, SLOT
from vilina_ingest.site import WEEKDAYS, Hours, Site
from vilina_ingest.store import Bins

LONGEST_HOUR: Final = timedelta(minutes=90)
"""When clocks change by half an hour; before they were set by the quarter of an hour, also."""


def day_start(site: Site, day: date) -> datetime:
    """The first instant of a local day, in UTC, because arithmetic on local times ignores that clocks change."""
    return datetime.combine(day, time(), site.tz).astimezone(UTC)


def quarters_of_day(site: Site, day: date, *, until: datetime | None = None) -> Bins:
    """Quarter hours of a local day: 92, 96 or 100 of them, or those that have begun `until` an instant."""
    start, end = day_start(site, day), day_start(site, day + timedelta(days=1))
    return Bins.regular(start, end if until is None else min(end, max(until, start)), SLOT)


def local_hours(site: Site, start: datetime, end: datetime) -> Bins:
    """Hours of the site's own clock, from the one that `start` is in to the one that `end` ends.

    An hour goes from one full hour on the clock to the next. So it may begin at half past in UTC, comes twice when the
    clocks go back by an hour, and lasts 90 minutes when they change by 30.
    """
    first = start - (start - EPOCH) % SLOT
    while not _full_hour(site, first) and start - first < LONGEST_HOUR:
        first -= SLOT
    edges, at = [first], first + SLOT
    while edges[-1] < end:
        if _full_hour(site, at) or at - edges[-1] >= LONGEST_HOUR:
            edges.append(at)
        at += SLOT
    return Bins(tuple(edges))


def local_days(site: Site, first: date, last: date) -> Bins:
    """Whole local days from the first to the last."""
    count = (last - first).days + 1
    return Bins(tuple(day_start(site, first + timedelta(days=n)) for n in range(count + 1)))


def hours_of(site: Site, day: date) -> Hours | None:
    """When the site is open on a local day; None on closed weekdays, public holidays and closures."""
    if day in _holidays(site.country, site.subdivision) or site.is_closed(day):
        return None
    return site.opening.get(WEEKDAYS[day.weekday()])


def subdivisions(country: str) -> tuple[str, ...]:
    """Parts of a country that have holidays of their own."""
    return tuple(holidays.list_supported_countries().get(country, ()))


def is_open(site: Site, at: datetime) -> bool:
    local = site.local(at)
    hours = hours_of(site, local.date())
    return hours is not None and hours.opens <= local.time() < hours.closes


def _full_hour(site: Site, at: datetime) -> bool:
    return site.local(at).minute == 0


@cache
def _holidays(country: str, subdivision: str | None) -> holidays.HolidayBase | frozenset[date]:
    """The public holidays of a country, and of a part of it; none where none are known."""
    try:
        return holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return frozenset()
