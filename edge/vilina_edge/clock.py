"""The clocks that are passed in: UTC for what is said, monotonic seconds for how long to wait."""

import time
from datetime import UTC, datetime
from typing import Protocol


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
