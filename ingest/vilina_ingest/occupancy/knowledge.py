"""What is known of a site before a local day begins, and what happened on a day: both read from the store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from vilina_ingest.calendar import quarters_of_day
from vilina_ingest.occupancy.around import SLOTS, Observed, counts_of, observed, sides_of
from vilina_ingest.occupancy.counts import Floats
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.hindcast import taught
from vilina_ingest.occupancy.learned import Learned
from vilina_ingest.occupancy.live import Live, Midnight, first_midnight
from vilina_ingest.occupancy.recounts import read_recounts, with_recounts
from vilina_ingest.occupancy.replay import LEARN_DAYS
from vilina_ingest.occupancy.settled import settle
from vilina_ingest.occupancy.usual import PastDay, UsualCrossings
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries, Reader


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the counters of a site saw, in quarter hours: `flows` of all lines, `presence` of all areas.

    `recounted` is what people counted, as `read_recounts` has it; None where nobody has asked.
    """

    bins: Bins
    flows: Mapping[str, FlowSeries]
    presence: Mapping[str, PresenceSeries]
    recounted: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """For the estimates of one local day: what earlier days taught, who usually crosses, and how yesterday ended.

    `usual` has (2 L, slots) for each weekday, from Monday as 0.
    """

    day: date
    learned: Learned
    usual: Mapping[int, Floats]
    midnight: Midnight


def read_day(reader: Reader, site: Site, bins: Bins) -> Seen:
    """What was seen in some bins."""
    areas = [area.id for area in site.areas]
    return Seen(
        bins,
        reader.flows(site.id, bins, [line.id for line in site.lines]),
        reader.presence(site.id, bins, areas) if areas else {},
    )


def with_newest(seen: Seen, newest: Seen) -> Seen:
    """What was seen before, up to where the newest bins begin, and these."""
    keep = seen.bins.edges.index(newest.bins.edges[0])
    bins = Bins(seen.bins.edges[:keep] + newest.bins.edges)
    flows = {line: _flow(seen.flows[line], now, bins, keep) for line, now in newest.flows.items()}
    presence = {
        area: _presence(seen.presence[area], now, bins, keep) for area, now in newest.presence.items()
    }
    return Seen(bins, flows, presence)


def recounted(seen: Seen, reader: Reader, site: Site) -> Seen:
    """What was seen, and what people counted in the same bins of a local day."""
    return replace(seen, recounted=read_recounts(reader, site, seen.bins))


def read_live_day(reader: Reader, site: Site, bins: Bins) -> Seen:
    """What was seen in some bins of a local day, and what people counted in them."""
    return recounted(read_day(reader, site, bins), reader, site)


def read_knowledge(reader: Reader, site: Site, day: date) -> Knowledge:
    """What the four weeks before a local day teach about it."""
    dates = [day - timedelta(days=n) for n in range(LEARN_DAYS, 0, -1)]
    # One day at a time: what a store answers takes a hundred times the memory of the arrays.
    days = [_observed(read_day(reader, site, quarters_of_day(site, one)), site) for one in dates]
    past = [PastDay(one.weekday(), seen.clock, seen.crossed) for one, seen in zip(dates, days, strict=True)]
    crossings = UsualCrossings(past, series=2 * len(site.lines), slots=SLOTS)
    usual = {weekday: crossings.on(weekday) for weekday in range(7)}
    counts = [counts_of(seen, usual[one.weekday()]) for one, seen in zip(dates, days, strict=True)]
    learned = taught(counts, sides_of(site).zones, SLOTS)
    yesterday = Live(learned, first_midnight(learned))
    recounted = read_recounts(reader, site, quarters_of_day(site, dates[-1]))
    yesterday.estimate(with_recounts(counts[-1], recounted))
    return Knowledge(day, learned, usual, yesterday.midnight)


class LiveDay:
    """The live estimate of one local day, asked for again and again while it goes on."""

    def __init__(self, site: Site, known: Knowledge) -> None:
        self.known = known
        self._site = site
        self._live = Live(known.learned, known.midnight)

    def estimate(self, seen: Seen, now: datetime) -> Estimates:
        """People inside at the end of each quarter hour so far, the last one as of `now`; rows as in `sides_of`."""
        counts = counts_of(_observed(seen, self._site, now), self.known.usual[self.known.day.weekday()])
        if seen.recounted is not None:
            counts = with_recounts(counts, seen.recounted)
        return self._live.estimate(counts)


def settled_day(seen: Seen, site: Site, day: date, known: Knowledge) -> Floats:
    """People inside (Z, N) at the end of each quarter of a whole local day, balanced; NaN where nobody was looking.

    What is known may be of a later day: the record is made once all is over.
    """
    counts = counts_of(_observed(seen, site), known.usual[day.weekday()])
    return np.where(counts.unseen > 0, np.nan, settle(counts, known.learned).people)


def _observed(seen: Seen, site: Site, now: datetime | None = None) -> Observed:
    return observed(seen.flows, seen.presence, site, seen.bins, now=now)


def _flow(before: FlowSeries, now: FlowSeries, bins: Bins, keep: int) -> FlowSeries:
    """The first bins of `before`, and then `now`."""
    return FlowSeries(
        line=now.line,
        bins=bins,
        entered=before.entered[:keep] + now.entered,
        left=before.left[:keep] + now.left,
        coverage=before.coverage[:keep] + now.coverage,
        reasons=before.reasons[:keep] + now.reasons,
    )


def _presence(before: PresenceSeries, now: PresenceSeries, bins: Bins, keep: int) -> PresenceSeries:
    return PresenceSeries(
        area=now.area,
        bins=bins,
        mean=before.mean[:keep] + now.mean,
        most=before.most[:keep] + now.most,
        waiting_mean=before.waiting_mean[:keep] + now.waiting_mean,
        waiting_most=before.waiting_most[:keep] + now.waiting_most,
        dwell=before.dwell[:keep] + now.dwell,
        coverage=before.coverage[:keep] + now.coverage,
    )
