"""Crossings out of the store, on the grid of the local clock that forecasts are made on."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import DAY_MINUTES, WEEK, Counts, Floats, Ints
from vilina_api.site_forecast.hierarchy import Hierarchy, counts_of
from vilina_edge.wire import SLOT
from vilina_ingest.calendar import day_start, local_days
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, Reader

SLOTS: Final = DAY_MINUTES // 15
"""Quarter hours of a local day."""
SEEN: Final = 0.9
"""The share of a quarter hour that must have been observed; of one that was seen in part, too few are known."""
BLOCK: Final = 14
"""Days that are read, and made into series, one after the other."""
AT_ONCE: Final = 200
"""Days times lines that are read at once: other readers of the process wait so long, a twentieth of a second."""
NOBODY: Final = 13 * 7
"""Days without any count, after which nothing older is looked for."""
Progress = Callable[[int, int], None]


def read_crossings(reader: Reader, site: Site, first: date, days: int) -> Counts:
    """People by line, (2 L, days, 96): those who entered, of each line of the file, and then those who left.

    A gap is NaN. A quarter hour that the clock shows twice is the mean of both; one that it leaves out is a gap.

    Raises:
        StoreError: the store cannot be read.
    """
    names = [line.id for line in site.lines]
    found = np.full((2 * len(names), days, SLOTS), np.nan)
    at_once = max(1, AT_ONCE // max(1, len(names)))
    for begin in range(0, days, at_once):
        many = min(at_once, days - begin)
        starts = [day_start(site, first + timedelta(days=begin + n)) for n in range(many + 1)]
        series = reader.flows(site.id, Bins.regular(starts[0], starts[-1], SLOT), names)
        people = np.array(
            [series[name].entered for name in names] + [series[name].left for name in names], float
        )
        seen = np.array([series[name].coverage for name in names])
        people[np.tile(seen < SEEN, (2, 1))] = np.nan
        for n in range(many):
            low, high = ((at - starts[0]) // SLOT for at in starts[n : n + 2])
            found[:, begin + n] = _by_clock(people[:, low:high], site, starts[n])
    return Counts(names=tuple(names) * 2, first=first, people=found)


def read_past(
    reader: Reader,
    site: Site,
    found: Hierarchy,
    until: date,
    *,
    weeks: int,
    progress: Progress = lambda _d, _t: None,
) -> Counts:
    """The last weeks before a local day, as far back as there are counts without a gap of a quarter of a year.

    Raises:
        StoreError: the store cannot be read.
    """
    blocks: list[Floats] = []
    first, total = until, WEEK * weeks
    for back in range(BLOCK, total + BLOCK, BLOCK):
        first = until - timedelta(days=back)
        blocks.insert(0, counts_of(found, read_crossings(reader, site, first, BLOCK)).people)
        progress(min(back, total), total)
        if not np.isfinite(blocks[0]).any() and not _anything(reader, site, first):
            break
    people = np.concatenate(blocks, axis=1)
    known = np.flatnonzero(np.isfinite(people).any(axis=(0, 2)))
    begin = int(known[0]) if known.size else people.shape[1]
    return Counts(names=found.names, first=first + timedelta(days=begin), people=people[:, begin:])


def _anything(reader: Reader, site: Site, until: date) -> bool:
    """Whether anything was counted in a quarter of a year before a day."""
    bins = local_days(site, until - timedelta(days=NOBODY), until - timedelta(days=1))
    series = reader.flows(site.id, bins, [line.id for line in site.lines])
    return any(people is not None for one in series.values() for people in one.entered)


def slots_of_day(site: Site, day: date) -> tuple[tuple[datetime, ...], Ints]:
    """The edges in UTC of a local day's 92, 96 or 100 quarter hours, and which slot of the clock each of them is."""
    start, end = day_start(site, day), day_start(site, day + timedelta(days=1))
    count = (end - start) // SLOT
    edges = tuple(start + n * SLOT for n in range(count + 1))
    if count == SLOTS:
        return edges, np.arange(SLOTS)
    clock = (site.local(edge) for edge in edges[:-1])
    return edges, np.array([(at.hour * 60 + at.minute) // 15 for at in clock])


def _by_clock(people: Floats, site: Site, start: datetime) -> Floats:
    """(K, 96) from the quarter hours of a local day (K, 92 to 100)."""
    if people.shape[1] == SLOTS:
        return people
    _, slots = slots_of_day(site, site.local(start).date())
    shown = np.eye(SLOTS)[slots]
    times = shown.sum(axis=0)
    found = np.where(times > 0, np.nan_to_num(people) @ shown / np.maximum(times, 1), np.nan)
    return np.where(np.isnan(people).astype(float) @ shown > 0, np.nan, found)
