"""What was seen today, read again at every change: of a large site only the newest bins, as long as that is in time."""

import time
from typing import Final

from vilina_ingest.occupancy.knowledge import Seen, read_day, with_newest
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, Reader

NEWEST: Final = 2
"""Quarter hours in which nearly all changes are: the open one, and the one whose last reports are still coming in."""
CHEAP_S: Final = 0.02
"""A day that is read in this time is read whole each time; ..."""
REST: Final = 20
MOST_REST_S: Final = 10.0
"""... another one not again before so many times the time it took, and so long at most: late reports wait no longer."""


class SoFar:
    """The bins of one local day until now. A new day, and whatever else is not known yet, is read whole."""

    def __init__(self, reader: Reader, site: Site) -> None:
        self._reader = reader
        self._site = site
        self._seen: Seen | None = None
        self._whole_of = -1
        self._rests_until = 0.0

    def is_behind(self, version: int) -> bool:
        """Whether something may have changed since the day was read whole, and it is time to look."""
        return version != self._whole_of and time.monotonic() >= self._rests_until

    def read(self, bins: Bins, version: int) -> Seen:
        """What was seen in `bins`, which end now; of a store that had this version before.

        Raises:
            StoreError: it cannot be read.
        """
        seen = self._seen
        if seen is None or self.is_behind(version) or not _goes_on(seen.bins, bins):
            self._seen = self._whole(bins, version)
        else:
            newest = Bins(bins.edges[-NEWEST - 1 :])
            self._seen = with_newest(seen, read_day(self._reader, self._site, newest))
        return self._seen

    def _whole(self, bins: Bins, version: int) -> Seen:
        began = time.monotonic()
        seen = read_day(self._reader, self._site, bins)
        took = time.monotonic() - began
        self._whole_of = version
        self._rests_until = began + took + (min(REST * took, MOST_REST_S) if took > CHEAP_S else 0.0)
        return seen


def _goes_on(before: Bins, bins: Bins) -> bool:
    """Whether all but the newest bins are among those from before."""
    return len(bins) > NEWEST and bins.edges[:-NEWEST] == before.edges[: len(bins.edges) - NEWEST]
