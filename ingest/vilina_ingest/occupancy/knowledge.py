"""What is known of a site before a local day begins, and what happened on a day: both read from the store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from vilina_edge.wire import SLOT
from vilina_ingest.calendar import day_start, quarters_of_day
from vilina_ingest.occupancy.around import SLOTS, counts_of, past_day, sides_of
from vilina_ingest.occupancy.counts import Counts, Floats
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.hindcast import taught
from vilina_ingest.occupancy.learned import Learned
from vilina_ingest.occupancy.live import Live, Midnight, first_midnight
from vilina_ingest.occupancy.replay import LEARN_DAYS
from vilina_ingest.occupancy.settled import settle
from vilina_ingest.occupancy.usual import usual_crossings
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries, Reader


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the counters of a site saw, in quarter hours: `flows` of all lines, `presence` of all areas."""

    bins: Bins
    flows: Mapping[str, FlowSeries]
    presence: Mapping[str, PresenceSeries]


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """For the estimates of one local day: what earlier days taught, who usually crosses, and how yesterday ended."""

    day: date
    learned: Learned
    usual: Floats
    midnight: Midnight


def read_day(reader: Reader, site: Site, bins: Bins) -> Seen:
    """What was seen in some bins."""
    areas = [area.id for area in site.areas]
    return Seen(
        bins,
        reader.flows(site.id, bins, [line.id for line in site.lines]),
        reader.presence(site.id, bins, areas) if areas else {},
    )


def read_knowledge(reader: Reader, site: Site, day: date) -> Knowledge:
    """What the four weeks before a local day teach about it."""
    days = list(_days(reader, site, day))
    past = [past_day(seen.flows, site, seen.bins, one) for one, seen in days]
    usual = {
        one.weekday(): usual_crossings(past, one.weekday(), series=2 * len(site.lines), slots=SLOTS)
        for one in (day - timedelta(days=n) for n in range(7))
    }
    counts = [_counts(seen, site, usual[one.weekday()]) for one, seen in days]
    learned = taught(counts, sides_of(site).zones, SLOTS)
    yesterday = Live(learned, first_midnight(learned))
    yesterday.estimate(counts[-1])
    return Knowledge(day, learned, usual[day.weekday()], yesterday.midnight)


class LiveDay:
    """The live estimate of one local day, asked for again and again while it goes on."""

    def __init__(self, site: Site, known: Knowledge) -> None:
        self.known = known
        self._site = site
        self._live = Live(known.learned, known.midnight)

    def estimate(self, seen: Seen, now: datetime) -> Estimates:
        """People inside at the end of each quarter hour so far, the last one as of `now`; rows as in `sides_of`."""
        return self._live.estimate(_counts(seen, self._site, self.known.usual, now))


def settled_day(seen: Seen, site: Site, known: Knowledge) -> Floats:
    """People inside (Z, N) at the end of each quarter of a whole local day, balanced; NaN where nobody was looking."""
    counts = _counts(seen, site, known.usual)
    return np.where(counts.unseen > 0, np.nan, settle(counts, known.learned).people)


def _counts(seen: Seen, site: Site, usual: Floats, now: datetime | None = None) -> Counts:
    return counts_of(seen.flows, seen.presence, site, seen.bins, usual=usual, now=now)


def _days(reader: Reader, site: Site, day: date) -> Iterator[tuple[date, Seen]]:
    """The local days before one, from one reading of the store."""
    dates = [day - timedelta(days=n) for n in range(LEARN_DAYS, -1, -1)]
    whole = read_day(reader, site, Bins.regular(day_start(site, dates[0]), day_start(site, day), SLOT))
    begins = [(day_start(site, one) - whole.bins.edges[0]) // SLOT for one in dates]
    for one, (begin, end) in zip(dates, pairwise(begins), strict=False):
        bins = quarters_of_day(site, one)
        flows = {line: _flows_of(series, bins, begin, end) for line, series in whole.flows.items()}
        presence = {area: _presence_of(series, bins, begin, end) for area, series in whole.presence.items()}
        yield one, Seen(bins, flows, presence)


def _flows_of(series: FlowSeries, bins: Bins, begin: int, end: int) -> FlowSeries:
    part = slice(begin, end)
    return FlowSeries(
        line=series.line, bins=bins, entered=series.entered[part], left=series.left[part],
        coverage=series.coverage[part], reasons=series.reasons[part],
    )  # fmt: skip


def _presence_of(series: PresenceSeries, bins: Bins, begin: int, end: int) -> PresenceSeries:
    part = slice(begin, end)
    return PresenceSeries(
        area=series.area, bins=bins, mean=series.mean[part], most=series.most[part],
        waiting_mean=series.waiting_mean[part], waiting_most=series.waiting_most[part],
        dwell=series.dwell[part], coverage=series.coverage[part],
    )  # fmt: skip
