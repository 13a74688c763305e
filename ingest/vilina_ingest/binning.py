"""Rows of any store added up into bins, and the one way in which instants become nanoseconds."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from vilina_edge.wire import EPOCH, SLOT, GapReason
from vilina_ingest.points import NS_PER_MS
from vilina_ingest.store import Bins, FlowSeries

NS_PER_S: Final = 1_000_000_000
SLOT_NS: Final = int(SLOT.total_seconds()) * NS_PER_S


class BinnedRow(NamedTuple):
    """Counts of one line at one time; `reason` where it is a gap."""

    line: str
    at_ns: int
    entered: int
    left: int
    seconds: float
    reason: GapReason | None


class Binned:
    """Rows added up per line and bin; `edges` in ns, as `Bins.edges`."""

    def __init__(self, edges: Sequence[int], lines: Sequence[str]) -> None:
        self._edges = edges
        self._sums: dict[str, dict[int, _Sums]] = {line: defaultdict(_Sums) for line in lines}

    def add(self, row: BinnedRow) -> None:
        sums = self._sums[row.line][bisect_right(self._edges, row.at_ns) - 1]
        sums.entered += row.entered
        sums.left += row.left
        sums.seconds += row.seconds
        sums.reason = row.reason or sums.reason

    def series(self, line: str, bins: Bins) -> FlowSeries:
        """The line's series; a bin that nobody observed is a gap."""
        sums = [self._sums[line].get(i, _NOTHING) for i in range(len(bins))]
        widths = [(b - a) / NS_PER_S for a, b in pairwise(self._edges)]
        return FlowSeries(
            line=line,
            bins=bins,
            entered=tuple(s.entered if s.seconds else None for s in sums),
            left=tuple(s.left if s.seconds else None for s in sums),
            coverage=tuple(min(1.0, s.seconds / width) for s, width in zip(sums, widths, strict=True)),
            reasons=tuple(s.reason for s in sums),
        )


class _Sums:
    __slots__ = ("entered", "left", "reason", "seconds")

    def __init__(self) -> None:
        self.entered = 0
        self.left = 0
        self.seconds = 0.0
        self.reason: GapReason | None = None


_NOTHING: Final = _Sums()


def ns_of(at: datetime) -> int:
    """Nanoseconds since 1970 of an instant, which counts in milliseconds."""
    return round(at.timestamp() * 1000) * NS_PER_MS


def end_of(point_ns: int) -> datetime:
    """The end of the interval whose point stands at `point_ns`."""
    return EPOCH + timedelta(milliseconds=point_ns // NS_PER_MS + 1)
