"""What people counted inside, out of the drift ledger, as the filter takes it."""

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vilina_ingest.occupancy.around import counted_per_bin, sides_of
from vilina_ingest.occupancy.counts import Bools, Counts, Floats
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, Reader

SECOND: Final = timedelta(seconds=1)


def read_recounts(reader: Reader, site: Site, bins: Bins) -> Floats:
    """People inside (Z, N) at the end of each bin by the last count of a person in it, NaN where there is none.

    Rows as in `sides_of`. Who crossed between the count and the end of its bin is added, so what was before it, however
    late it comes, changes nothing. A count at the very end is of the last bin.
    """
    rows = {zone: row for row, zone in enumerate(sides_of(site).zones)}
    found = np.full((len(rows), len(bins)), np.nan)
    for entry in reader.corrections(site.id, bins.edges[0], bins.edges[-1] + SECOND):
        if entry.counted is not None and entry.zone in rows and entry.at <= bins.edges[-1]:
            row, i = rows[entry.zone], bin_at(bins, entry.at)
            found[row, i] = entry.counted + more_since(reader, site, entry.at, bins.edges[i + 1])[row]
    inside: Floats = np.maximum(0.0, found)
    return inside


def more_since(reader: Reader, site: Site, at: datetime, end: datetime) -> Floats:
    """(Z,): how many more came than left from an instant to the end of its bin, as counted by the lines."""
    if at >= end:
        return np.zeros(len(site.zones) + 1)
    flows = reader.flows(site.id, Bins((at, end)), [line.id for line in site.lines])
    entered, left = counted_per_bin(flows, site)
    more: Floats = (entered - left)[:, 0]
    return more


def with_recounts(counts: Counts, recounted: Floats) -> Counts:
    """Counts with those of people, who for an hour know better than that the site is closed."""
    hour = counts.slots // 24
    counted = (~np.isnan(recounted)).any(axis=0).astype(float)
    lately: Bools = np.convolve(counted, np.ones(hour), "full")[: len(counts)] > 0
    return replace(counts, recounted=recounted, closed=counts.closed & ~lately)


def bin_at(bins: Bins, at: datetime) -> int:
    """The bin of an instant from the first edge to the last."""
    return min(bisect_right(bins.edges, at), len(bins)) - 1
