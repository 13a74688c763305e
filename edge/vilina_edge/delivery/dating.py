"""Reports of a clock that was wrong, dated again when the right time is known.

Within one boot, time that has passed is never in doubt: only where it lies is. So when the clock is set, everything of
this boot that nobody has seen moves by as much as the clock did. What was handed to a broker may be stored, and stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from vilina_edge.clock import Clock, Timeline
from vilina_edge.wire import EPOCH, MILLISECOND, SLOT, Report

TRUSTED_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less was never set: computers without a battery wake up in the past."""
HOLD_S: Final = 900.0
"""So long reports of an uncertain clock wait to be dated again; then they are sent as they are."""


def redated(report: Report, by: timedelta, *, certain: bool) -> Report:
    """The report as the clock now sees it, `by` so much later; `certain` if that clock is believed.

    What would now reach across a quarter of an hour keeps its counts, and of its time the part in the quarter in which
    most of it lies: a few seconds that were observed are then said not to be, and none that was not is said to be.
    """
    start, end = report.start + by, report.end + by
    boundary = start + SLOT - (start - EPOCH) % SLOT
    if report.gap != "outbox_full" and boundary < end:
        start, end = (
            (boundary, min(end, boundary + SLOT)) if end - boundary > boundary - start else (start, boundary)
        )
    return msgspec.structs.replace(report, start=start, end=end, time_uncertain=not certain)


@dataclass(frozen=True, slots=True)
class Change:
    """The clock was set from `was` to `now`, or has become certain, or has been waited for long enough."""

    was: datetime
    now: datetime
    waited: bool

    @property
    def by(self) -> timedelta:
        """Whole milliseconds, as all times on the wire."""
        return (self.now - self.was) // MILLISECOND * MILLISECOND


class Dating:
    """Whether the clock of this counter can be believed.

    `in_time` says whether a time server keeps it. It is asked for `patience_s` seconds after the start: a computer that
    restores its clock from a file shows a time that looks good and is wrong by as long as it was switched off.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        clock: Clock,
        in_time: Callable[[], bool] = lambda: True,
        patience_s: float = 0.0,
    ) -> None:
        self._timeline = timeline
        self._clock = clock
        self._in_time = in_time
        self._patience_s = patience_s
        self._began = clock.monotonic()
        self._waited = False
        self.uncertain = not self._believed()

    def follow(self) -> Change | None:
        """What has changed since the last call."""
        step = self._timeline.follow()
        was, now = step or (self._timeline.now(),) * 2
        before, self.uncertain = self.uncertain, self.uncertain and not self._believed()
        waited = self.uncertain and not self._waited and self._clock.monotonic() - self._began > HOLD_S
        self._waited = self._waited or waited
        if step is None and not waited and before == self.uncertain:
            return None
        return Change(was, now, waited)

    def _believed(self) -> bool:
        patient = self._clock.monotonic() - self._began < self._patience_s
        return self._timeline.now() >= TRUSTED_SINCE and (not patient or self._in_time())
