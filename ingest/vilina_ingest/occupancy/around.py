"""From the flows of lines to the counts around each zone of a site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from vilina_edge.wire import SLOT
from vilina_ingest.calendar import hours_of
from vilina_ingest.occupancy.counts import Bools, Counts, Floats, Ints
from vilina_ingest.occupancy.recording import everybody_left
from vilina_ingest.occupancy.usual import filled
from vilina_ingest.site import OUTSIDE, Line, Site
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries

SLOTS: Final = int(timedelta(days=1) / SLOT)
PATIENCE: Final = timedelta(minutes=3)
"""A counter reports once a minute; what is missing from the open quarter hour for so long is not missing yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Which lines lead into and out of each zone, (Z, L) of 1 and 0; row 0 is the whole site."""

    zones: tuple[str | None, ...]
    inward: Floats
    outward: Floats


def sides_of(site: Site) -> Sides:
    """The zone graph of a site. A line inside a zone, or between zones for the whole site, is at neither side."""
    zones: tuple[str | None, ...] = (None, *(zone.id for zone in site.zones))
    row = {zone: number for number, zone in enumerate(zones)}
    sign = np.zeros((len(zones), len(site.lines)))
    for column, line in enumerate(site.lines):
        for zone in (None, line.origin, line.to):
            if zone in row:
                sign[row[zone], column] = sign_of(line, zone)
    return Sides(zones, np.maximum(sign, 0), np.maximum(-sign, 0))


def clock_of(site: Site, bins: Bins) -> Ints:
    """(N,): the quarter hour of the local day that each bin is."""
    starts = [site.local(start) for start, _ in pairwise(bins.edges)]
    return np.array([(at.hour * 60 + at.minute) * SLOTS // (24 * 60) for at in starts])


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What the counters of a site saw in quarter hours of one local day, as arrays.

    `crossed` (2 L, N) are who entered by each line, then who left; NaN in gaps. `coverage` (L, N) is the observed share
    of each bin, `seen` (Z, N) people in the areas of each zone; `clock` and `closed` are as in `Counts`.
    """

    sides: Sides
    crossed: Floats
    coverage: Floats
    seen: Floats
    clock: Ints
    closed: Bools
    open_end: bool


def observed(
    flows: Mapping[str, FlowSeries],
    presence: Mapping[str, PresenceSeries],
    site: Site,
    bins: Bins,
    *,
    now: datetime | None = None,
) -> Observed:
    """What was seen in a day, or up to `now` if it is not over; `presence` is of all areas of the site."""
    sides = sides_of(site)
    return Observed(
        sides=sides,
        crossed=_crossed(flows, site.lines),
        coverage=_coverage(flows, site.lines, bins, now),
        seen=_seen(presence, site, sides.zones, len(bins)),
        clock=clock_of(site, bins),
        closed=_closed(site, bins),
        open_end=now is not None and now < bins.edges[-1],
    )


def counts_of(day: Observed, usual: Floats) -> Counts:
    """Counts of the site and its zones; `usual` (2 L, slots) is what crosses where nobody looks."""
    sides = day.sides
    crossed, variance = filled(day.crossed, np.tile(day.coverage, (2, 1)), day.clock, usual)
    entered, left = np.split(crossed, 2)
    unsure = np.add(*np.split(variance, 2))
    return Counts.of(
        sides.zones,
        sides.inward @ entered + sides.outward @ left,
        sides.inward @ left + sides.outward @ entered,
        clock=day.clock,
        slots=SLOTS,
        closed=day.closed,
        unseen=(sides.inward + sides.outward) @ unsure,
        seen=day.seen,
        open_end=day.open_end,
    )


def gaps(flows: Mapping[str, FlowSeries], site: Site) -> Bools:
    """(Z, N): whether nobody at all was looking, at one of the lines around a zone; rows as in `sides_of`."""
    sides = sides_of(site)
    unknown = np.isnan(np.split(_crossed(flows, site.lines), 2)[0]).astype(float)
    blind: Bools = (sides.inward + sides.outward) @ unknown > 0
    return blind


def counted_per_bin(flows: Mapping[str, FlowSeries], site: Site) -> tuple[Floats, Floats]:
    """Who entered and left each zone (Z, N) as counted: a gap is nobody, and nothing is corrected."""
    sides = sides_of(site)
    entered, left = np.split(np.nan_to_num(_crossed(flows, site.lines)), 2)
    return sides.inward @ entered + sides.outward @ left, sides.inward @ left + sides.outward @ entered


def sign_of(line: Line, zone: str | None) -> int:
    """+1 if entering by the line adds to the zone, -1 if it takes away, 0 if it is not around the zone."""
    if zone is None:
        return (line.origin == OUTSIDE) - (line.to == OUTSIDE)
    return (line.to == zone) - (line.origin == zone)


def _crossed(flows: Mapping[str, FlowSeries], lines: Sequence[Line]) -> Floats:
    """(2 L, N): entered of all lines, then left of all lines; NaN in gaps."""
    series = [flows[line.id] for line in lines]
    return np.array([s.entered for s in series] + [s.left for s in series], float)


def _coverage(
    flows: Mapping[str, FlowSeries], lines: Sequence[Line], bins: Bins, now: datetime | None
) -> Floats:
    """(L, N): the observed share of each bin; of the open one, of what has passed of it."""
    coverage = np.array([flows[line.id].coverage for line in lines], float)
    if now is not None and bins.edges[-2] < now < bins.edges[-1]:
        due = max(timedelta(0), now - bins.edges[-2] - PATIENCE) / SLOT
        coverage[:, -1] = np.where(coverage[:, -1] >= due, 1.0, 1.0 - (due - coverage[:, -1]))
    return coverage


def _seen(
    presence: Mapping[str, PresenceSeries], site: Site, zones: Sequence[str | None], bins: int
) -> Floats:
    """(Z, N): people in the areas of each zone; NaN where one of them does not look, or a zone has none."""
    seen = np.full((len(zones), bins), np.nan)
    for row, zone in enumerate(zones):
        means = [presence[area.id].mean for area in site.areas if area.zone == zone]
        if means:
            seen[row] = np.array(means, float).sum(axis=0)
    return seen


def _closed(site: Site, bins: Bins) -> Bools:
    starts = [site.local(start) for start, _ in pairwise(bins.edges)]
    return everybody_left(starts, hours_of(site, starts[0].date()))
