"""When a site is open, by the quarter of an hour and by the hour, and which days are holidays there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from typing import Final

from vilina_api.errors import CountsError
from vilina_api.forecasting.counts import Calendar
from vilina_api.forecasting.holiday_names import public_holidays
from vilina_ingest.site import WEEKDAYS, Days, Site

HOUR: Final = 60


def site_calendar(site: Site, first: date, last: date, *, closures: Iterable[Days] = ()) -> Calendar:
    """From the first day to the last, of the site file and of closures beside it.

    On public holidays the site is closed, as everywhere in Vilina.
    """
    weekly = {
        WEEKDAYS.index(day): (_minutes(hours.opens), _minutes(hours.closes))
        for day, hours in site.opening.items()
    }
    try:
        known = public_holidays(site.country, site.subdivision, first, last)
    except CountsError:
        known = {}  # a country whose holidays nobody has written down; `calendar.hours_of` knows none, either
    closed = {day for closure in (*site.closures, *closures) for day in closure.each()}
    return Calendar(weekly=weekly, holidays=known, closed=frozenset(closed | set(known)))


def by_hour(calendar: Calendar) -> Calendar:
    """The same for hours: one in which the site is open for a while is open."""
    weekly = {
        day: (opens - opens % HOUR, closes + -closes % HOUR)
        for day, (opens, closes) in (calendar.weekly or {}).items()
    }
    return replace(calendar, weekly=weekly)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
