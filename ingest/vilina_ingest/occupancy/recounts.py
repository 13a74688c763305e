"""What people counted inside, out of the drift ledger, as the filter takes it."""

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vilina_ingest.occupancy.around import sign_of
from vilina_ingest.occupancy.counts import Bools, Counts, Floats
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, Reader

SECOND: Final = timedelta(seconds=1)


def read_recounts(reader: Reader, site: Site, bins: Bins) -> Floats:
    """People inside (Z, N) at the end of each bin by the last count of a person in it, NaN where there is none.

    Rows as in `sides_of`. Who crossed between the count and the end of its bin is added, so what was before it, however
    late it comes, changes nothing. A count at the very end is of the last bin.
    """
    zones = (None, *(zone.id for zone in site.zones))
    last: dict[tuple[int, int], tuple[int, datetime]] = {}
    for entry in reader.corrections(site.id, bins.edges[0], bins.edges[-1] + SECOND):
        if entry.counted is not None and entry.zone in zones and entry.at <= bins.edges[-1]:
            last[zones.index(entry.zone), bin_at(bins, entry.at)] = (entry.counted, entry.at)
    found = np.full((len(zones), len(bins)), np.nan)
    for (row, i), (counted, at) in last.items():
        more = more_since(reader, site, zones[row], at=at, end=bins.edges[i + 1])
        found[row, i] = max(0, counted + more)
    return found


def more_since(reader: Reader, site: Site, zone: str | None, *, at: datetime, end: datetime) -> int:
    """How many more came into a zone than left it from an instant to the end of its bin, as its lines counted."""
    signs = {line.id: sign for line in site.lines if (sign := sign_of(line, zone))}
    if at >= end or not signs:
        return 0
    flows = reader.flows(site.id, Bins((at, end)), list(signs))
    return sum(signs[name] * ((one.entered[0] or 0) - (one.left[0] or 0)) for name, one in flows.items())


def with_recounts(counts: Counts, recounted: Floats) -> Counts:
    """Counts with those of people, who for an hour know better than that the site is closed."""
    hour = counts.slots // 24
    counted = (~np.isnan(recounted)).any(axis=0).astype(float)
    lately: Bools = np.convolve(counted, np.ones(hour), "full")[: len(counts)] > 0
    return replace(counts, recounted=recounted, closed=counts.closed & ~lately)


def bin_at(bins: Bins, at: datetime) -> int:
    """The bin of an instant from the first edge to the last."""
    return min(bisect_right(bins.edges, at), len(bins)) - 1
