"""A clock that shows what a test says."""

from datetime import datetime, timedelta


class TestClock:
    """Stands still until it is moved."""

    __test__ = False

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, **how: float) -> None:
        step = timedelta(**how)
        self._now += step
        self._monotonic += step.total_seconds()

    def set_by(self, step: timedelta) -> None:
        """Somebody sets the clock; no time passes."""
        self._now += step
