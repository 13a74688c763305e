"""What is known of a week's people: what is forecast, what was said of it the day before, and what came."""

import asyncio
from datetime import date, datetime, timedelta

import numpy as np

from vilina_api.errors import NotFound
from vilina_api.forecast_subject import Subject
from vilina_api.forecasting.counts import Floats
from vilina_api.forecasting.forecast import LEVELS, MEDIAN
from vilina_api.planner_page.fan import Fan, fan
from vilina_api.planner_page.week import DAYS, Week
from vilina_api.site_forecast.serving import SiteOutlook, View
from vilina_api.site_forecast.store_crossings import SLOTS

HOURS = 24


async def week_fan(outlook: SiteOutlook, week: Week, about: Subject, *, now: datetime) -> Fan:
    """By the hour. Of days that are over, what was said at their beginning; `now` is the site's local time, naive.

    Raises:
        NotFound: nothing is counted there.
        NotReady: the store cannot be read.
    """
    view = await outlook.view()
    if about.key not in outlook.place.hierarchy.rows:
        raise NotFound("No line leads there from elsewhere, so nothing is counted there.")
    expected, said, came = await asyncio.to_thread(_numbers, outlook, view, week, about)
    return fan(week, expected=expected, said=said, came=came, now=now)


def _numbers(outlook: SiteOutlook, view: View, week: Week, about: Subject) -> tuple[Floats, Floats, Floats]:
    key, site = about.key, outlook.place.site
    row, today = outlook.place.hierarchy.rows[key], view.said.first
    expected = np.full((DAYS, HOURS, len(LEVELS)), np.nan)
    said, came = np.full_like(expected, np.nan), np.full((DAYS, SLOTS), np.nan)
    for n, day in enumerate(week.days()):
        ahead = (day - today).days
        if 0 <= ahead < view.said.days:
            expected[n] = view.said.hours[row, ahead]
        elif ahead < 0:
            expected[n] = _said(outlook, key, day, made=day)
            came[n] = outlook.came_of(day)[row]
        if ahead == 0:
            came[n] = view.came[row]
        if ahead <= 0:  # of days to come it lies on the forecast of now, and tells nothing
            said[n] = _said(outlook, key, day, made=day - timedelta(days=1))
    return (
        about.people(site, expected, week.first),
        about.people(site, said, week.first)[..., MEDIAN],
        about.came(site, came, week.first, hourly=True),
    )


def _said(outlook: SiteOutlook, key: str, day: date, *, made: date) -> Floats:
    """(H, Q) of a day as it was said on another; NaN where nothing was."""
    nothing = np.full((HOURS, len(LEVELS)), np.nan)
    try:
        said, row = outlook.said_of(made, key)
    except NotFound:
        return nothing
    hours, place = said.hours[row], (day - said.first).days
    return hours[place] if 0 <= place < len(hours) else nothing
