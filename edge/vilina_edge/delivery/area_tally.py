"""What happened in one area in an interval."""

from bisect import bisect_right
from datetime import datetime
from typing import Final

from vilina_edge.types import AreaLook
from vilina_edge.wire import DWELL_EDGES_S, AreaPresence

DIGITS: Final = 3


class AreaTally:
    """People over time in one area: a look holds until the next one."""

    def __init__(self, area: str, start: datetime) -> None:
        self._area = area
        self._people, self._waiting = 0, 0
        self._most, self._waiting_most = 0, 0
        self._queue = False
        self._begin(start)

    def look(self, look: AreaLook, at: datetime) -> None:
        """Take in how the area looks `at` a time."""
        self._until(at)
        self._people, self._waiting = look.people, look.waiting or 0
        self._queue = look.waiting is not None
        self._most, self._waiting_most = max(self._most, self._people), max(self._waiting_most, self._waiting)
        for stay in look.stays:
            self._dwell[bisect_right(DWELL_EDGES_S, stay)] += 1

    def close(self, end: datetime) -> AreaPresence:
        """The interval up to `end`, and the beginning of the next."""
        self._until(end)
        seconds = max((end - self._start).total_seconds(), 1e-3)
        presence = AreaPresence(
            area=self._area,
            mean=round(self._person_s / seconds, DIGITS),
            most=self._most,
            waiting_mean=round(self._waiting_s / seconds, DIGITS) if self._queue else None,
            waiting_most=self._waiting_most if self._queue else None,
            dwell=tuple(self._dwell) if any(self._dwell) else (),
        )
        self._begin(end)
        return presence

    def forget(self, at: datetime) -> None:
        """Until now nothing was seen, so nobody is known to be there."""
        self._people, self._waiting = 0, 0
        self._begin(at)

    def _begin(self, start: datetime) -> None:
        self._start = self._since = start
        self._person_s, self._waiting_s = 0.0, 0.0
        self._most, self._waiting_most = self._people, self._waiting
        self._dwell = [0] * (len(DWELL_EDGES_S) + 1)

    def _until(self, at: datetime) -> None:
        seconds = max(0.0, (at - self._since).total_seconds())
        self._person_s += self._people * seconds
        self._waiting_s += self._waiting * seconds
        self._since = max(self._since, at)
