"""Rows of any store added up into bins, and the one way in which instants become nanoseconds."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Final, NamedTuple, Self

import msgspec

from vilina_edge.wire import DWELL_EDGES_S, EPOCH, SLOT, GapReason
from vilina_ingest.points import NS_PER_MS, PresencePoint
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries

NS_PER_S: Final = 1_000_000_000
SLOT_NS: Final = int(SLOT.total_seconds()) * NS_PER_S
NO_STAYS: Final = (0,) * (len(DWELL_EDGES_S) + 1)


class BinnedRow(NamedTuple):
    """Counts of one line at one time; `reason` where it is a gap."""

    line: str
    at_ns: int
    entered: int
    left: int
    seconds: float
    reason: GapReason | None


@dataclass(slots=True)
class FlowSums:
    """Counts of one line, added up per bin."""

    entered: list[int]
    left: list[int]
    seconds: list[float]
    reasons: list[GapReason | None]

    @classmethod
    def zero(cls, bins: int) -> Self:
        return cls([0] * bins, [0] * bins, [0.0] * bins, [None] * bins)


class Binned:
    """Rows added up per line and bin; `edges` in ns, as `Bins.edges`."""

    def __init__(self, edges: Sequence[int], lines: Sequence[str]) -> None:
        self._edges = edges
        self._widths = [(b - a) / NS_PER_S for a, b in pairwise(edges)]
        self._sums = {line: FlowSums.zero(len(self._widths)) for line in lines}

    def bin_of(self, at_ns: int) -> int:
        """Which bin an instant is in."""
        return bisect_right(self._edges, at_ns) - 1

    def sums_of(self, line: str) -> FlowSums:
        """The line's sums so far, to add to where `add` would be too slow."""
        return self._sums[line]

    def add(self, row: BinnedRow) -> None:
        sums, i = self._sums[row.line], self.bin_of(row.at_ns)
        sums.entered[i] += row.entered
        sums.left[i] += row.left
        sums.seconds[i] += row.seconds
        sums.reasons[i] = row.reason or sums.reasons[i]

    def series(self, line: str, bins: Bins) -> FlowSeries:
        """The line's series; a bin that nobody observed is a gap."""
        sums = self._sums[line]
        return FlowSeries(
            line=line,
            bins=bins,
            entered=_where_seen(sums.entered, sums.seconds),
            left=_where_seen(sums.left, sums.seconds),
            coverage=_coverage(sums.seconds, self._widths),
            reasons=tuple(sums.reasons),
        )


def _where_seen(counts: list[int], seconds: list[float]) -> tuple[int | None, ...]:
    if all(seconds):
        return tuple(counts)
    if not any(seconds):
        return (None,) * len(counts)
    return tuple([n if seen else None for n, seen in zip(counts, seconds, strict=True)])


def _coverage(seconds: list[float], widths: list[float]) -> tuple[float, ...]:
    return tuple([seen / width if seen < width else 1.0 for seen, width in zip(seconds, widths, strict=True)])


class PresenceRow(NamedTuple):
    """People in one area at one time; `person_s` is their mean times the seconds that were observed."""

    area: str
    at_ns: int
    seconds: float
    person_s: float
    most: int
    waiting_person_s: float | None
    waiting_most: int | None
    dwell: tuple[int, ...]


@dataclass(slots=True)
class PresenceSums:
    """Presence added up; `waiting_*` stay None in an area that is no queue."""

    seconds: float = 0.0
    person_s: float = 0.0
    most: int = 0
    waiting_person_s: float | None = None
    waiting_most: int | None = None
    dwell: tuple[int, ...] = NO_STAYS

    def add_point(self, point: PresencePoint) -> None:
        waiting = None if point.waiting_mean is None else point.waiting_mean * point.seconds
        self.add(
            PresenceRow(
                point.area, point.at_ns, point.seconds, point.mean * point.seconds, point.most,
                waiting, point.waiting_most, point.dwell,
            )
        )  # fmt: skip

    def add(self, row: PresenceRow) -> None:
        self.seconds += row.seconds
        self.person_s += row.person_s
        self.most = max(self.most, row.most)
        if row.waiting_person_s is not None:
            self.waiting_person_s = (self.waiting_person_s or 0.0) + row.waiting_person_s
        if row.waiting_most is not None:
            self.waiting_most = max(self.waiting_most or 0, row.waiting_most)
        if self.dwell is NO_STAYS and len(row.dwell) == len(NO_STAYS):
            self.dwell = row.dwell
        elif row.dwell:
            self.dwell = tuple([a + b for a, b in zip_longest(self.dwell, row.dwell, fillvalue=0)])


class BinnedPresence:
    """Rows of presence added up per area and bin; `edges` in ns, as `Bins.edges`."""

    def __init__(self, edges: Sequence[int], areas: Sequence[str]) -> None:
        self._edges = edges
        self._sums: dict[str, dict[int, PresenceSums]] = {area: defaultdict(PresenceSums) for area in areas}

    def add(self, row: PresenceRow) -> None:
        self._sums[row.area][bisect_right(self._edges, row.at_ns) - 1].add(row)

    def series(self, area: str, bins: Bins) -> PresenceSeries:
        """The area's series; a bin that nobody observed is a gap."""
        found = [self._sums[area].get(i) for i in range(len(bins))]
        seen = [sums if sums and sums.seconds else None for sums in found]
        widths = [(b - a) / NS_PER_S for a, b in pairwise(self._edges)]
        return PresenceSeries(
            area=area,
            bins=bins,
            mean=tuple(None if s is None else s.person_s / s.seconds for s in seen),
            most=tuple(None if s is None else s.most for s in seen),
            waiting_mean=tuple(
                None if s is None or s.waiting_person_s is None else s.waiting_person_s / s.seconds
                for s in seen
            ),
            waiting_most=tuple(None if s is None else s.waiting_most for s in seen),
            dwell=tuple(None if s is None else s.dwell for s in seen),
            coverage=tuple(min(1.0, s.seconds / w) if s else 0.0 for s, w in zip(seen, widths, strict=True)),
        )


def encode_dwell(dwell: tuple[int, ...]) -> str:
    """A histogram as text; none at all is short."""
    return msgspec.json.encode(dwell).decode()


@lru_cache(maxsize=1024)
def decode_dwell(text: str) -> tuple[int, ...]:
    """A histogram from text; most are the same few, with nobody or one person in them."""
    return msgspec.json.decode(text, type=tuple[int, ...])


def ns_of(at: datetime) -> int:
    """Nanoseconds since 1970 of an instant, which counts in milliseconds."""
    return round(at.timestamp() * 1000) * NS_PER_MS


def end_of(point_ns: int) -> datetime:
    """The end of the interval whose point stands at `point_ns`."""
    return EPOCH + timedelta(milliseconds=point_ns // NS_PER_MS + 1)
