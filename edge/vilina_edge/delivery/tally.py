"""When a report closes, and what it then says."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from vilina_edge.delivery.area_tally import AreaTally
from vilina_edge.delivery.dating import TRUSTED_SINCE
from vilina_edge.types import AreaLook, Crossing
from vilina_edge.wire import EPOCH, MILLISECOND, SLOT, AreaPresence, GapReason, LineCount, Report

AFTER_CROSSING: Final = timedelta(seconds=1)
WITHOUT_CROSSING: Final = timedelta(seconds=60)


class Tally:
    """Counts of the open interval, and the reports that come of them.

    An interval ends one second after its first crossing, or after 60 s without one, or at a quarter of an hour,
    whichever is first. The intervals of one boot follow each other without a hole; sequence numbers too.
    A crossing counts in the interval in which it was decided. While the clock is `uncertain`, reports say so.
    """

    uncertain = False

    def __init__(
        self, *, counter: str, boot: str, lines: Sequence[str], areas: Sequence[str] = (), start: datetime
    ) -> None:
        self._counter = counter
        self._boot = boot
        self._seq = 0
        self._entered: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._lines: tuple[str, ...] = ()
        self._areas: dict[str, AreaTally] = {}
        self.restart(start, lines=lines, areas=areas)

    def restart(
        self, at: datetime, *, lines: Sequence[str] | None = None, areas: Sequence[str] | None = None
    ) -> None:
        """Go on from another time, or with other lines and areas. What is open must have been closed before."""
        self._start = _to_millisecond(at)
        self._due = _due(self._start)
        self._lines = self._lines if lines is None else tuple(lines)
        names = self._areas if areas is None else areas
        self._areas = {area: AreaTally(area, self._start) for area in names}

    def step(self, crossings: Sequence[Crossing], areas: Sequence[AreaLook], at: datetime) -> list[Report]:
        """Take in what was seen and decided `at` a time; the reports that are complete by then."""
        closed = self.close_due(at)
        self.add(crossings, at)
        for look in areas:
            self._areas[look.area].look(look, at)
        return closed

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
        gap = None if self._entered or self._left else gap
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
            areas=self._close_areas(end, gap),
            gap=gap,
            time_uncertain=self.uncertain or self._start < TRUSTED_SINCE,
        )
        self._entered.clear()
        self._left.clear()
        self._start = end
        self._due = _due(end)
        return report

    def _close_areas(self, end: datetime, gap: GapReason | None) -> tuple[AreaPresence, ...]:
        """In a gap nothing is known of areas, not even that they are empty."""
        if gap is not None:
            for area in self._areas.values():
                area.forget(end)
        return tuple(area.close(end) for area in self._areas.values())


def _due(start: datetime) -> datetime:
    into_slot = (start - EPOCH) % SLOT
    return min(start + WITHOUT_CROSSING, start + SLOT - into_slot)


def _to_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
