"""When a report closes, and what it then says."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from vilina_edge.types import Crossing
from vilina_edge.wire import EPOCH, MILLISECOND, SLOT, GapReason, LineCount, Report

AFTER_CROSSING: Final = timedelta(seconds=1)
WITHOUT_CROSSING: Final = timedelta(seconds=60)
TRUSTED_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less was never set: computers without a battery wake up in the past."""


class Tally:
    """Counts of the open interval, and the reports that come of them.

    An interval ends one second after its first crossing, or after 60 s without one, or at a quarter of an hour,
    whichever is first. The intervals of one boot follow each other without a hole; sequence numbers too.
    A crossing counts in the interval in which it was decided.
    """

    def __init__(self, *, counter: str, boot: str, lines: Sequence[str], start: datetime) -> None:
        self._counter = counter
        self._boot = boot
        self._lines = tuple(lines)
        self._seq = 0
        self._start = _to_millisecond(start)
        self._due = _due(self._start)
        self._entered: Counter[str] = Counter()
        self._left: Counter[str] = Counter()

    def add(self, crossings: Sequence[Crossing], at: datetime) -> None:
        """Count crossings that were decided `at`."""
        for crossing in crossings:
            (self._entered if crossing.direction == "entered" else self._left)[crossing.line] += 1
        if crossings:
            self._due = min(self._due, _to_millisecond(at) + AFTER_CROSSING)

    def close_due(self, at: datetime, *, gap: GapReason | None = None) -> list[Report]:
        """The reports that are complete `at` this time; usually none or one, more after a long silence.

        With `gap`, what is open was not observed. A clock that went backwards closes nothing.
        """
        closed = []
        while self._due <= at:
            closed.append(self._close(self._due, gap))
        return closed

    def close(self, at: datetime, *, gap: GapReason | None = None) -> list[Report]:
        """All reports up to `at`, the open interval cut short: the counter stops, or starts or ends being blind.

        A crossing that was decided at the very end is kept, if need be in an interval of a millisecond.
        """
        closed = self.close_due(at, gap=gap)
        end = _to_millisecond(at)
        if self._entered or self._left:
            end = max(end, self._start + MILLISECOND)
        if end > self._start:
            closed.append(self._close(end, gap))
        return closed

    def _close(self, end: datetime, gap: GapReason | None) -> Report:
        self._seq += 1
        report = Report(
            counter=self._counter,
            boot=self._boot,
            seq=self._seq,
            start=self._start,
            end=end,
            lines=tuple(
                LineCount(line=line, entered=self._entered[line], left=self._left[line])
                for line in self._lines
            ),
            gap=None if self._entered or self._left else gap,
            time_uncertain=self._start < TRUSTED_SINCE,
        )
        self._entered.clear()
        self._left.clear()
        self._start = end
        self._due = _due(end)
        return report


def _due(start: datetime) -> datetime:
    into_slot = (start - EPOCH) % SLOT
    return min(start + WITHOUT_CROSSING, start + SLOT - into_slot)


def _to_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
