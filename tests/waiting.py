"""Waiting for conditions, so that no test sleeps."""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, seconds: float = 20.0, what: str = "") -> None:
    """Return as soon as the condition holds.

    Raises:
        TimeoutError: it did not hold in time.
    """
    tick = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what or condition}")
        tick.wait(0.01)
