"""The forecast of a site: its counts by the hour, a method, the guess before it, special days; and it is coherent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats, weekdays
from vilina_api.forecasting.forecast import MEDIAN, Fitted, Forecast, Method
from vilina_api.site_forecast.coherent import reconciled
from vilina_api.site_forecast.cold_start import blended, guess, known_days, weight_of_past
from vilina_api.site_forecast.hierarchy import Hierarchy, hierarchy
from vilina_api.site_forecast.quarters import QUARTERS, hours_of, quarter_quantiles, quarter_shares
from vilina_api.site_forecast.site_calendar import by_hour, site_calendar
from vilina_api.site_forecast.special_days import Special, special_factors, specials
from vilina_ingest.site import Days, Event, PopUp, Site

MONDAY: Final = date(2024, 1, 1)
"""Of a week without anything special."""
YEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Planned:
    """Closures, school holidays, events and pop-ups that are written down beside the site file."""

    closures: tuple[Days, ...] = ()
    school_holidays: tuple[Days, ...] = ()
    events: tuple[Event, ...] = ()
    pop_ups: tuple[PopUp, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A site, what is counted there, and what is planned."""

    site: Site
    hierarchy: Hierarchy
    kinds: tuple[Special, ...]
    closures: tuple[Days, ...]

    def calendar(self, first: date, last: date) -> Calendar:
        return site_calendar(self.site, first, last, closures=self.closures)

    def hourly(self, first: date | None, last: date | None) -> Calendar:
        """What a method learns with, and is asked with for a year after: of the days it learns from."""
        last = last or first or MONDAY
        return by_hour(self.calendar(first or last, last + YEAR))


@dataclass(frozen=True, slots=True, eq=False)
class SiteForecast:
    """All N series of a site over D local days from `first` on.

    `hours` (N, D, 24, Q) and `quarters` (N, D, 96, Q) are coherent: medians of parts add up to those of totals, and
    those of four quarters to their hour. `shares` (B, D, 96): of parts, what a quarter has of its hour.
    """

    hierarchy: Hierarchy
    first: date
    hours: Floats
    quarters: Floats
    shares: Floats

    @property
    def days(self) -> int:
        return int(self.hours.shape[1])


def place_of(site: Site, planned: Planned) -> Place:
    kinds = specials(site, school=planned.school_holidays, events=planned.events, pop_ups=planned.pop_ups)
    return Place(site, hierarchy(site), kinds, planned.closures)


def learn(place: Place, past: Counts, method: Method) -> Fitted | None:
    """What a method learns from a site's counts by the quarter of an hour; None before there is a day."""
    if not past.days:
        return None
    calendar = place.hourly(past.first, past.end)
    hours = hours_of(past)
    factors = special_factors(hours, calendar, place.kinds, place.hierarchy, days=0)
    return method.fit(replace(hours, people=hours.people / factors[:, :, None]), calendar)


def site_forecast(place: Place, fitted: Fitted | None, past: Counts, *, days: int) -> SiteForecast:
    """The days after the past, by what was learned and by the guess of a site that is new."""
    calendar = place.calendar(past.first, past.end + timedelta(days=days))
    hourly, hours = by_hour(calendar), hours_of(past)
    factors = special_factors(hours, hourly, place.kinds, place.hierarchy, days=days)
    plain = replace(hours, people=hours.people / factors[:, : past.days, None])
    weight = weight_of_past(known_days(plain)) if fitted is not None else np.zeros(len(past.names))
    found = np.zeros(1)
    if fitted is not None and weight.any():
        found = fitted.predict(plain, days).people
    if (weight < 1).any():
        guessed = guess(place.site, place.hierarchy, hourly, plain, days=days)
        found = blended(found, guessed, weight)
    found = found * factors[:, past.days :, None, None]
    opened = calendar.is_open(MONDAY, days=WEEK, slots=past.slots)
    shares = quarter_shares(past, opened)[: len(place.hierarchy.parts)]
    hours_said = reconciled(found, place.hierarchy.matrix)
    by_day = shares[:, weekdays(past.end, days)]
    quarters = in_quarters(place.hierarchy, hours_said, by_day)
    return SiteForecast(place.hierarchy, past.end, hours_said, quarters, by_day)


def in_quarters(found: Hierarchy, hours: Floats, shares: Floats) -> Floats:
    """(N, D, 96, Q) from coherent hours (N, D, 24, Q) and the shares of parts (B, D, 96)."""
    each = np.repeat(hours[: len(found.parts), ..., MEDIAN], QUARTERS, axis=2) * shares
    return quarter_quantiles(hours, found.summed(each))


def told(said: SiteForecast, names: Mapping[str, str], *, quarters: bool = True) -> Forecast:
    """Zones, floors or the site, by the keys of the hierarchy, under the names that people know them by."""
    people = (said.quarters if quarters else said.hours)[said.hierarchy.of(names)]
    return Forecast(names=tuple(names.values()), first=said.first, people=people)
