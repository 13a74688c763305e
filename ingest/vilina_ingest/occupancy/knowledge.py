"""What is known of a site before a local day begins, and what happened on a day: both read from the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from vilina_ingest.calendar import quarters_of_day
from vilina_ingest.occupancy.around import SLOTS, Observed, counts_of, observed, sides_of
from vilina_ingest.occupancy.counts import Floats
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.hindcast import taught
from vilina_ingest.occupancy.learned import Learned
from vilina_ingest.occupancy.live import Live, Midnight, first_midnight
from vilina_ingest.occupancy.replay import LEARN_DAYS
from vilina_ingest.occupancy.settled import settle
from vilina_ingest.occupancy.usual import PastDay, usual_crossings
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


def read_knowledge(reader: Reader, site: Site, day: date) -> Knowledge:
    """What the four weeks before a local day teach about it."""
    dates = [day - timedelta(days=n) for n in range(LEARN_DAYS, 0, -1)]
    # One day at a time: what a store answers takes a hundred times the memory of the arrays.
    days = [_observed(read_day(reader, site, quarters_of_day(site, one)), site) for one in dates]
    past = [PastDay(one.weekday(), seen.clock, seen.crossed) for one, seen in zip(dates, days, strict=True)]
    usual = {
        one.weekday(): usual_crossings(past, one.weekday(), series=2 * len(site.lines), slots=SLOTS)
        for one in dates[:7]
    }
    counts = [counts_of(seen, usual[one.weekday()]) for one, seen in zip(dates, days, strict=True)]
    learned = taught(counts, sides_of(site).zones, SLOTS)
    yesterday = Live(learned, first_midnight(learned))
    yesterday.estimate(counts[-1])
    return Knowledge(day, learned, usual, yesterday.midnight)


class LiveDay:
    """The live estimate of one local day, asked for again and again while it goes on."""

    def __init__(self, site: Site, known: Knowledge) -> None:
        self.known = known
        self._site = site
        self._live = Live(known.learned, known.midnight)

    def estimate(self, seen: Seen, now: datetime) -> Estimates:
        """People inside at the end of each quarter hour so far, the last one as of `now`; rows as in `sides_of`."""
        return self._live.estimate(
            counts_of(_observed(seen, self._site, now), self.known.usual[self.known.day.weekday()])
        )


def settled_day(seen: Seen, site: Site, day: date, known: Knowledge) -> Floats:
    """People inside (Z, N) at the end of each quarter of a whole local day, balanced; NaN where nobody was looking.

    What is known may be of a later day: the record is made once all is over.
    """
    counts = counts_of(_observed(seen, site), known.usual[day.weekday()])
    return np.where(counts.unseen > 0, np.nan, settle(counts, known.learned).people)


def _observed(seen: Seen, site: Site, now: datetime | None = None) -> Observed:
    return observed(seen.flows, seen.presence, site, seen.bins, now=now)
