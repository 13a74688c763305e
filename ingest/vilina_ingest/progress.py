"""How far something is, on stderr, when it takes over two seconds."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

QUIET_S: Final = 2.0
EVERY_S: Final = 0.5
EVERY_S_IN_A_LOG: Final = 30.0


class Progress:
    """Call it with what is done and how much there is; `end` leaves the line."""

    def __init__(self, what: str, *, now_s: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._now_s = now_s
        self._next_s = now_s() + QUIET_S
        self._said = False

    def __call__(self, done: int, total: int) -> None:
        if self._now_s() < self._next_s:
            return
        live = sys.stderr.isatty()
        self._next_s = self._now_s() + (EVERY_S if live else EVERY_S_IN_A_LOG)
        self._said = live
        text = f"{self._what}: {done / max(total, 1):.0%}"
        print(f"\r{text}" if live else text, end="" if live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._said:
            print(f"\r{' ' * (len(self._what) + 6)}\r", end="", file=sys.stderr, flush=True)
