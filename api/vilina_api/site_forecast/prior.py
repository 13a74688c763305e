"""What can be said of a site before anybody was counted: from its capacity, its units and their kinds.

It is a guess, and its intervals say so. It is scaled to what comes as soon as somebody comes, and gone after a month.
"""

from typing import Final, NamedTuple

import numpy as np

from vilina_api.forecasting.counts import Calendar, Counts, Floats, Ints
from vilina_api.forecasting.spread import NORMAL
from vilina_api.site_forecast.hierarchy import Hierarchy
from vilina_ingest.site import Site, Unit, UnitKind


class Kind(NamedTuple):
    """Of a unit: the share of visitors who go to a desk, and people through the opening hours, in equal parts of it."""

    at_desk: float
    shape: tuple[float, ...]


MORNING: Final = (0.8, 1.5, 1.6, 1.2, 1.0, 0.9, 0.7, 0.3)
EVEN: Final = (0.7, 1.1, 1.2, 1.2, 1.2, 1.2, 0.9, 0.5)
AFTERNOON: Final = (0.3, 0.5, 0.8, 1.0, 1.4, 1.6, 1.5, 0.9)
KINDS: Final[dict[UnitKind, Kind]] = {
    "library": Kind(0.15, EVEN),
    "office": Kind(0.8, MORNING),
    "clinic": Kind(0.8, MORNING),
    "laboratory": Kind(0.9, (1.8, 1.7, 1.3, 1.0, 0.8, 0.6, 0.5, 0.3)),
    "youth": Kind(0.3, AFTERNOON),
    "other": Kind(0.6, EVEN),
}
BUSY: Final = 0.6
"""The share of opening time in which a desk is taken."""
FULL: Final = 0.2
"""Of the people allowed inside, who are there on average."""
STAY_HOURS: Final = 0.6
"""How long a visit to the site takes."""
CHANGE_FLOORS: Final = 0.3
"""Visitors who go to another floor, and back."""
UNSURE: Final = 0.5
"""The standard deviation of the level as a share of it: it may well be half, or twice as much."""


def prior_day(site: Site, found: Hierarchy, calendar: Calendar, weekday: int) -> Floats:
    """(B, 24) people of parts in each hour of a weekday; the calendar is by the hour."""
    if calendar.weekly is None or weekday not in calendar.weekly:
        return np.zeros((len(found.parts), 24))
    opens, closes = (minute // 60 for minute in calendar.weekly[weekday])
    hours = np.arange(opens, closes)
    units = {zone.id: [unit for unit in site.units if unit.zone == zone.id] for zone in site.zones}
    shapes = {zone: _shape(those, len(hours)) for zone, those in units.items()}
    desks = {zone: sum(_per_hour(unit) for unit in those) for zone, those in units.items()}
    floor_of = {zone.id: zone.floor for zone in site.zones}
    visitors = site.capacity * FULL / STAY_HOURS
    levels = []
    for part in found.parts:
        alike = [other for other in found.parts if other.whence == part.whence]
        ways = len(part.ways) / sum(len(other.ways) for other in alike)
        if part.whence == "outside":
            levels.append(visitors * ways)
        elif part.whence == "floor":
            levels.append(visitors * CHANGE_FLOORS * 2 * ways)
        elif units[part.zone]:
            levels.append(desks[part.zone])
        else:
            # Who has been in the zones around it comes back.
            floor = floor_of[part.zone]
            levels.append(sum(each for zone, each in desks.items() if floor_of[zone] == floor) or visitors)
    day = np.zeros((len(found.parts), 24))
    for row, (part, level) in enumerate(zip(found.parts, levels, strict=True)):
        day[row, hours] = level * shapes[part.zone]
    return day


def prior_quantiles(middle: Floats) -> Floats:
    """(..., Q) around a middle (...): Poisson, and the doubt about the level."""
    return np.asarray(
        np.maximum(middle[..., None] + np.sqrt(middle + (UNSURE * middle) ** 2)[..., None] * NORMAL, 0)
    )


def scaled_to(days: Floats, past: Counts, weekday: Ints) -> Floats:
    """(N,): how much more came than the prior `days` (N, 7, 24) say, of the past (N, D, 24); 1 where none is known."""
    expected = np.where(np.isfinite(past.people), days[:, weekday], 0).sum(axis=(1, 2))
    came = np.nansum(past.people, axis=(1, 2))
    guess = days.sum(axis=2).max(axis=1) / 2
    return np.asarray((came + guess) / np.maximum(expected + guess, 1e-9))


def _shape(units: list[Unit], hours: int) -> Floats:
    """(hours,) with a mean of 1."""
    shapes = [KINDS[unit.kind].shape for unit in units] or [EVEN]
    mean = np.array(shapes).mean(axis=0)
    places = (np.arange(hours) + 0.5) / hours * len(mean) - 0.5
    found = np.interp(places, np.arange(len(mean)), mean)
    return np.asarray(found / found.mean())


def _per_hour(unit: Unit) -> float:
    return unit.desks * 60 / unit.service_min * BUSY / KINDS[unit.kind].at_desk
