"""How a counter feels: what the eye and the computer say, once a minute."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from vilina_edge import machine
from vilina_edge.clock import Clock
from vilina_edge.eye.messages import Vitals
from vilina_edge.wire import Health

EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What is asked of the computer."""

    folder: Path
    """Where the outbox is: its disk must not be full."""
    temperature_c: Callable[[], float | None] = machine.temperature_c
    throttled: Callable[[], bool | None] = machine.throttled
    clock_offset_s: Callable[[], float | None] = machine.clock_offset_s


class Pulse:
    """Sums since the last health message."""

    def __init__(self, *, boot: str, clock: Clock, machine: Machine) -> None:
        self._boot = boot
        self._clock = clock
        self._machine = machine
        self._started = self._since = clock.monotonic()
        self._vitals: list[Vitals] = []

    def add(self, vitals: Vitals) -> None:
        self._vitals.append(vitals)

    def due(self) -> bool:
        return self._clock.monotonic() - self._since >= EVERY_S

    def health(self, at: datetime, outbox_depth: int) -> Health:
        """The message, and a new beginning."""
        now = self._clock.monotonic()
        frames = sum(vitals.frames for vitals in self._vitals)
        detected = sum(vitals.detected for vitals in self._vitals)
        spent = sum(vitals.detect_s for vitals in self._vitals)
        newest = next((v for v in reversed(self._vitals) if v.brightness is not None), None)
        health = Health(
            boot=self._boot,
            at=at,
            uptime_s=round(now - self._started, 1),
            outbox_depth=outbox_depth,
            frames_per_second=round(frames / (now - self._since), 2),
            inference_ms=round(1000 * spent / detected, 2) if detected else None,
            temperature_c=self._machine.temperature_c(),
            throttled=self._machine.throttled(),
            disk_free_mb=machine.disk_free_mb(self._machine.folder),
            clock_offset_s=self._machine.clock_offset_s(),
            brightness=None if newest is None else _rounded(newest.brightness, 1),
            sharpness=None if newest is None else _rounded(newest.sharpness, 3),
        )
        self._since = now
        self._vitals.clear()
        return health


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
