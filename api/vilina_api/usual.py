"""The usual day: the median of the same weekday over the last eight weeks, of days that were seen whole."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

from vilina_api.local_days import opening_of, quarters_of_day
from vilina_ingest.occupancy import live_occupancy
from vilina_ingest.site import Site
from vilina_ingest.store import Reader

WEEKS: Final = 8
AT_LEAST: Final = 2
"""Days without which nothing is called usual."""


@dataclass(frozen=True, slots=True)
class UsualDay:
    """People inside the site at the end of each quarter hour of the local day; `days` it rests on."""

    curve: tuple[float, ...]
    days: int


def usual_day(reader: Reader, site: Site, day: date) -> UsualDay | None:
    """The usual course of a local day; None if too few days like it are known."""
    days = (day - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1))
    curves = [curve for past in days if (curve := _curve(reader, site, past)) is not None]
    if len(curves) < AT_LEAST:
        return None
    return UsualDay(tuple(median(at_slot) for at_slot in zip(*curves, strict=False)), len(curves))


def _curve(reader: Reader, site: Site, day: date) -> tuple[int, ...] | None:
    """People inside on one past day; None if a door was blind while open, or if the site stayed closed."""
    bins = quarters_of_day(site, day)
    doors = site.doors()
    flows = reader.flows(site.id, bins, [line.id for line in doors])
    hours = opening_of(site, day)
    if hours is None or not any(n for series in flows.values() for n in series.entered):
        return None
    for i, edge in enumerate(bins.edges[:-1]):
        if hours.opens <= site.local(edge).time() < hours.closes and any(
            s.entered[i] is None for s in flows.values()
        ):
            return None
    return _filled(live_occupancy(flows, doors, bins).curve)


def _filled(curve: tuple[int | None, ...]) -> tuple[int, ...]:
    """The curve with what is unknown, outside the opening hours, taken from before."""
    filled, last = [], 0
    for value in curve:
        last = last if value is None else value
        filled.append(last)
    return tuple(filled)
