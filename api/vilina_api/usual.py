"""The usual day: the median of the same weekday over the last eight weeks, balanced, of days that were seen whole."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from vilina_ingest.calendar import hours_of, quarters_of_day
from vilina_ingest.occupancy.around import counted_per_bin
from vilina_ingest.occupancy.counts import SITE
from vilina_ingest.occupancy.learned import balanced_inside
from vilina_ingest.site import Site
from vilina_ingest.store import Reader

WEEKS: Final = 8
AT_LEAST: Final = 2
"""Days without which nothing is called usual."""


@dataclass(frozen=True, slots=True)
class UsualDay:
    """People inside the site at the end of each quarter hour of a local day; `days` it rests on."""

    curve: tuple[float, ...]
    days: int


def usual_day(reader: Reader, site: Site, day: date) -> UsualDay | None:
    """The usual course of a local day; None if too few days like it are known.

    Days are held against each other by the local clock: on the days on which it changes, quarter hours since midnight
    are other ones.
    """
    past = (day - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1))
    curves = [curve for one in past if (curve := _curve(reader, site, one)) is not None]
    if len(curves) < AT_LEAST:
        return None
    usual, last = [], 0.0
    for clock in _clocks(site, day):
        known = [curve[clock] for curve in curves if clock in curve]
        last = median(known) if known else last
        usual.append(last)
    return UsualDay(tuple(usual), len(curves))


def _curve(reader: Reader, site: Site, day: date) -> dict[time, int] | None:
    """People inside on one past day by the local clock; None if a door was blind while open, or nobody came."""
    bins = quarters_of_day(site, day)
    doors = site.doors()
    flows = reader.flows(site.id, bins, [line.id for line in doors])
    hours = hours_of(site, day)
    if hours is None or not any(n for series in flows.values() for n in series.entered):
        return None
    clocks = _clocks(site, day)
    for i, clock in enumerate(clocks):
        if hours.opens <= clock < hours.closes and any(s.entered[i] is None for s in flows.values()):
            return None
    # Outside the opening hours what is unknown is taken for nobody.
    entered, left = (side[SITE] for side in counted_per_bin(flows, site.model_copy(update={"lines": doors})))
    if not left.sum():
        return None
    inside = balanced_inside(entered, left, exits_short=bool(entered.sum() >= left.sum()))
    return {clock: max(0, round(float(people))) for clock, people in zip(clocks, inside, strict=True)}


def _clocks(site: Site, day: date) -> list[time]:
    """What the local clock shows at the start of each quarter hour of a day."""
    return [site.local(start).time() for start, _ in pairwise(quarters_of_day(site, day).edges)]
