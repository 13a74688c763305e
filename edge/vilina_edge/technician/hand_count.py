"""A technician counts at a door; the counter's own reports say what it counted in the same minutes.

Only time that the counter has reported is compared. Times are UTC of the computer that serves the page; the clock is
passed in. A session may be used in several threads at once.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from vilina_edge.clock import Clock
from vilina_edge.technician.agreement import comparable, enough, hand_count
from vilina_edge.types import Direction
from vilina_edge.wire import GapReason, HandCount, Report, Validation

PATIENCE_S: Final = 65.0
"""So long after the finish reports are waited for: one is at most 60 s long, and then it has to get here."""
DECIDED: Final = timedelta(seconds=0.5)
"""A crossing is decided about so long after it happened."""
REACH: Final = timedelta(seconds=1)
"""A report that has crossings closes so long after the first was decided, so all were decided in its last second."""
KEPT: Final = timedelta(minutes=3)
"""Of the time before the session begins no more than this is remembered."""
DIRECTIONS: Final[tuple[Direction, Direction]] = ("entered", "left")

HoleReason = Literal[GapReason, "time_uncertain", "merged", "not_reported"]
"""Why some time cannot be compared: as the report says; its clock was not set or jumped; its crossings are only known
to lie somewhere in minutes; or there is no report."""


class Span(NamedTuple):
    """`[start, end)`."""

    start: datetime
    end: datetime


class Hole(NamedTuple):
    """Time that cannot be compared."""

    start: datetime
    end: datetime
    reason: HoleReason


@dataclass(frozen=True, slots=True)
class Tap:
    """The technician saw somebody pass."""

    direction: Direction
    at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """By hand and by the counter, in the `spans` that can be compared.

    `left_out` taps were in a hole, or had no partner within the tolerance of a span's ends: theirs may be beyond it.
    """

    line: str
    spans: tuple[Span, ...]
    holes: tuple[Hole, ...]
    hand_counts: tuple[HandCount, ...]
    left_out: int

    @property
    def enough(self) -> bool:
        return enough(self.hand_counts)

    @property
    def anybody(self) -> bool:
        """Whether somebody was seen at all, by either."""
        return any(one.by_hand or one.counted for one in self.hand_counts)

    def validation(self, name: str) -> Validation:
        """What is told to the site, under a random name (16 hexadecimal digits). Only with `anybody`."""
        return Validation(
            id=name, line=self.line, start=self.spans[0].start, end=self.spans[-1].end,
            hand_counts=self.hand_counts, enough=self.enough,
        )  # fmt: skip


class Stage(StrEnum):
    """How far a session is."""

    READY = "ready"
    COUNTING = "counting"
    WAITING = "waiting"
    RESULT = "result"


class Session:
    """One line, counted by hand in one or several stretches. What is asked twice under the same id is done once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._line: str | None = None
        self._stretches: list[Span] = []
        self._begun: datetime | None = None
        self._patience_until = 0.0
        self._done: set[str] = set()
        self._taps: dict[str, Tap] = {}
        self._undone: set[str] = set()
        self._reports: dict[tuple[str, int], Report] = {}

    def begin(self, name: str, line: str, at: datetime) -> None:
        """Count this line from now on; if there was a stretch before, go on with its line."""
        with self._lock:
            if self._is_new(name) and self._begun is None:
                self._line = self._line or line
                self._begun = max([at, *(stretch.end for stretch in self._stretches)])

    def tap(self, name: str, direction: Direction, at: datetime) -> None:
        """Somebody passed."""
        with self._lock:
            if self._is_new(name):
                self._taps[name] = Tap(direction, at)

    def undo(self, name: str, tap: str) -> None:
        """The tap of this id was a mistake, also if it arrives later."""
        with self._lock:
            if self._is_new(name):
                self._undone.add(tap)

    def finish(self, name: str, at: datetime) -> None:
        """The stretch is over."""
        with self._lock:
            if self._is_new(name) and self._begun is not None:
                if at > self._begun:
                    self._stretches.append(Span(self._begun, at))
                self._begun = None
                self._patience_until = self._clock.monotonic() + PATIENCE_S

    def hear(self, report: Report) -> None:
        """A report of the counter; one that comes again is ignored."""
        with self._lock:
            self._reports.setdefault((report.boot, report.seq), report)
            if self._line is None:
                self._reports = {
                    key: one for key, one in self._reports.items() if one.end > report.end - KEPT
                }

    @property
    def line(self) -> str | None:
        return self._line

    @property
    def stage(self) -> Stage:
        with self._lock:
            if self._begun is not None:
                return Stage.COUNTING
            if not self._stretches:
                return Stage.READY
            return Stage.WAITING if self.patience_s > 0 else Stage.RESULT

    @property
    def taps(self) -> dict[str, Tap]:
        """What was tapped and not undone, in the order of time."""
        with self._lock:
            valid = [(name, tap) for name, tap in self._taps.items() if name not in self._undone]
        return dict(sorted(valid, key=lambda one: one[1].at))

    @property
    def counted_s(self) -> float:
        """Seconds counted by hand until now."""
        with self._lock:
            return sum((end - start).total_seconds() for start, end in self._all_stretches())

    @property
    def patience_s(self) -> float:
        """Seconds that missing reports are waited for; 0 as soon as there are none, or it took too long."""
        with self._lock:
            missing = any(hole.reason == "not_reported" for hole in self.holes())
            return max(0.0, self._patience_until - self._clock.monotonic()) if missing else 0.0

    @property
    def reported_until(self) -> datetime | None:
        """The end of the latest report."""
        with self._lock:
            return max((report.end for report in self._reports.values()), default=None)

    def holes(self) -> list[Hole]:
        """Time of the session that cannot be compared, as far as is known now."""
        return self._sorted_out()[1]

    def comparison(self) -> Comparison:
        """Hand and counter; before `Stage.RESULT` of what is known by then."""
        with self._lock:
            spans, holes = self._sorted_out()
            line, taps = self._line or "", self.taps.values()
            counts, judged = [], 0
            for direction in DIRECTIONS:
                by_hand = [tap.at.timestamp() for tap in taps if tap.direction == direction]
                times = [(start.timestamp(), end.timestamp()) for start, end in spans]
                kept, counted = comparable(by_hand, self._counted(direction), times)
                counts.append(hand_count(direction, kept, counted))
                judged += len(kept)
            return Comparison(line, tuple(spans), tuple(holes), tuple(counts), len(taps) - judged)

    def _is_new(self, name: str) -> bool:
        if name in self._done:
            return False
        self._done.add(name)
        return True

    def _all_stretches(self) -> list[Span]:
        """Those that are over, and the one that is not, until now."""
        now = self._clock.now()
        open_one = [] if self._begun is None or self._begun >= now else [Span(self._begun, now)]
        return [*self._stretches, *open_one]

    def _sorted_out(self) -> tuple[list[Span], list[Hole]]:
        with self._lock:
            found = [sorted_out(self._reports.values(), s, self._line or "") for s in self._all_stretches()]
            return [s for spans, _ in found for s in spans], [hole for _, holes in found for hole in holes]

    def _counted(self, direction: Direction) -> list[float]:
        found = (instants(report, self._line or "", direction) for report in self._reports.values())
        return [at.timestamp() for one in found for at in one]


def instants(report: Report, line: str, direction: Direction) -> list[datetime]:
    """About when the crossings of a report happened.

    The first of all its crossings was decided 1 s before its end, the others at any time until then, and each
    happened half a second before. Of n in m crossings, the k-th is expected to be number k (m + 1) / (n + 1) of all.
    """
    own = sum(getattr(count, direction) for count in report.lines if count.line == line)
    every = sum(count.entered + count.left for count in report.lines)
    first = report.end - REACH - DECIDED
    return [first + REACH * ((k * (every + 1) / (own + 1) - 1) / every) for k in range(1, own + 1)]


def sorted_out(reports: Iterable[Report], within: Span, line: str) -> tuple[list[Span], list[Hole]]:
    """The time in a span that can be compared, and the holes in it, both in order and without overlap."""
    spans: list[Span] = []
    holes: list[Hole] = []
    at = within.start
    for report in sorted(reports, key=lambda report: (report.start, report.end)):
        if report.end <= within.start or report.start >= within.end:
            continue
        start, end = max(report.start, within.start), min(report.end, within.end)
        if start > at:
            holes.append(Hole(at, start, "not_reported"))
        if start < at:
            # The clock was set back: this time was there twice.
            spans = _without(spans, start)
            holes.append(Hole(start, min(at, end), "time_uncertain"))
        start = max(start, at)
        if start < end:
            reason = _unusable(report, line)
            if reason is not None:
                holes.append(Hole(start, end, reason))
            elif spans and spans[-1].end == start:
                spans[-1] = Span(spans[-1].start, end)
            else:
                spans.append(Span(start, end))
        at = max(at, end)
    if at < within.end:
        holes.append(Hole(at, within.end, "not_reported"))
    return spans, list(_joined(holes))


def _unusable(report: Report, line: str) -> HoleReason | None:
    if report.gap is not None or report.time_uncertain:
        return report.gap or "time_uncertain"
    if not any(count.line == line for count in report.lines):
        return "not_reported"
    busy = any(count.entered or count.left for count in report.lines)
    return "merged" if busy and report.first != report.seq else None


def _without(spans: Iterable[Span], since: datetime) -> list[Span]:
    """Spans cut off at an instant."""
    return [Span(start, min(end, since)) for start, end in spans if start < since]


def _joined(holes: Iterable[Hole]) -> Iterator[Hole]:
    """Neighbours of the same reason as one."""
    last: Hole | None = None
    for hole in holes:
        if last is not None and last.reason == hole.reason and last.end >= hole.start:
            last = last._replace(end=max(last.end, hole.end))
            continue
        if last is not None:
            yield last
        last = hole
    if last is not None:
        yield last
