"""The clocks that are passed in: UTC for what is said, monotonic seconds for how long to wait."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

BEGINNING: Final = datetime.fromtimestamp(0, UTC)
STEP: Final = timedelta(seconds=2)
"""A clock that is off by less is slewed by its time server; one that is off by more has been set."""


class Clock(Protocol):
    """Time, as a process sees it."""

    def now(self) -> datetime:
        """UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward."""


class SystemClock:
    """The computer's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SteadyClock:
    """The machine's monotonic clock, written as if it had begun in 1970: it never jumps, and processes agree on it."""

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=time.monotonic())

    def monotonic(self) -> float:
        return time.monotonic()


class Timeline:
    """What UTC it is at a steady time, also while somebody sets the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._measured()
        self._fixed = False

    @classmethod
    def fixed(cls, clock: Clock, *, beginning: datetime) -> "Timeline":
        """One on which steady time began at an instant, whatever the clock says: for recordings."""
        timeline = cls(clock)
        timeline._offset, timeline._fixed = beginning - BEGINNING, True
        return timeline

    def now(self) -> datetime:
        """UTC on this timeline."""
        return self.utc(BEGINNING + timedelta(seconds=self._clock.monotonic()))

    def utc(self, steady: datetime) -> datetime:
        return steady + self._offset

    def follow(self) -> tuple[datetime, datetime] | None:
        """If the clock has been set: what time it was until now, and what time it is from now on."""
        measured = self._measured()
        if self._fixed or abs(measured - self._offset) <= STEP:
            return None
        was = self.now()
        self._offset = measured
        return was, self.now()

    def _measured(self) -> timedelta:
        return self._clock.now() - BEGINNING - timedelta(seconds=self._clock.monotonic())
