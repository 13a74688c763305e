"""The site's calendar: local days as bins of UTC instants, which is where 23 and 25 hours are born."""

from datetime import UTC, date, datetime, time, timedelta

from vilina_edge.wire import SLOT
from vilina_ingest.site import WEEKDAYS, Hours, Site
from vilina_ingest.store import Bins


def day_start(site: Site, day: date) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, time(), site.tz)


def quarters_of_day(site: Site, day: date, *, until: datetime | None = None) -> Bins:
    """Quarter hours of a local day: 92, 96 or 100 of them, or those that have begun `until` an instant."""
    start, end = _utc(day_start(site, day)), _utc(day_start(site, day + timedelta(days=1)))
    return Bins.regular(start, end if until is None else min(end, max(_utc(until), start)), SLOT)


def local_days(site: Site, first: date, last: date) -> Bins:
    """Whole local days from the first to the last."""
    count = (last - first).days + 1
    return Bins(tuple(_utc(day_start(site, first + timedelta(days=n))) for n in range(count + 1)))


def opening_of(site: Site, day: date) -> Hours | None:
    """Opening hours of a weekday; None when the site is closed."""
    return site.opening.get(WEEKDAYS[day.weekday()])


def is_open(site: Site, at: datetime) -> bool:
    local = site.local(at)
    hours = opening_of(site, local.date())
    return hours is not None and hours.opens <= local.time() < hours.closes


def _utc(at: datetime) -> datetime:
    """UTC, because arithmetic on local times ignores that clocks change."""
    return at.astimezone(UTC)
