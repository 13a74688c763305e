"""The counter at work: frames in, reports out, until it is stopped."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vilina_edge.clock import Clock
from vilina_edge.counting.counter import Counter
from vilina_edge.delivery.publish import Courier
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import SourceError
from vilina_edge.types import Detector, Frame
from vilina_edge.wire import Health

log = logging.getLogger(__name__)

BLIND_AFTER: Final = timedelta(seconds=5)
"""Without a frame for so long, the time between is a gap."""
HEALTH_EVERY_S: Final = 60.0
BACKOFF_S: Final = (1.0, 30.0)


@dataclass(slots=True)
class Pulse:
    """Frames and detector time since the last health message."""

    clock: Clock
    started: float = field(init=False)
    since: float = field(init=False)
    frames: int = 0
    detect_s: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.since = self.clock.monotonic()

    def due(self) -> bool:
        return self.clock.monotonic() - self.since >= HEALTH_EVERY_S

    def health(self, boot: str, outbox_depth: int) -> Health:
        """The message, and a new beginning."""
        now = self.clock.monotonic()
        health = Health(
            boot=boot,
            at=self.clock.now(),
            uptime_s=round(now - self.started, 1),
            outbox_depth=outbox_depth,
            frames_per_second=round(self.frames / (now - self.since), 2),
            inference_ms=round(1000 * self.detect_s / self.frames, 2) if self.frames else None,
        )
        self.since, self.frames, self.detect_s = now, 0, 0.0
        return health


class Watch:
    """One counter's eye, memory and voice, wired together."""

    def __init__(
        self,
        *,
        boot: str,
        detector: Detector,
        make_counter: Callable[[], Counter],
        tally: Tally,
        courier: Courier,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._boot = boot
        self._detector = detector
        self._make_counter = make_counter
        self._tally = tally
        self._courier = courier
        self._clock = clock
        self._stop = stop
        self._pulse = Pulse(clock)
        self._last: datetime | None = None
        self._seeing = False

    def recording(self, frames: Iterable[Frame]) -> None:
        """Count frames to their end, or until stopped. What was seen is reported, also when the source fails.

        Raises:
            SourceError: the recording cannot be read.
        """
        counter = self._make_counter()
        try:
            for frame in frames:
                self._step(counter, frame)
                if self._stop.is_set():
                    break
        finally:
            if self._last is not None:
                self._tally.add(counter.finish(), self._last)
                self._courier.deliver(self._tally.close(self._last))

    def live(self, open_source: Callable[[], Iterable[Frame]]) -> None:
        """Count what a camera sees until stopped; while it gives no frames, say so and try again."""
        patience = BACKOFF_S[0]
        while not self._stop.is_set():
            self._seeing = False
            try:
                self.recording(self._announced(open_source()))
            except SourceError as error:
                patience = BACKOFF_S[0] if self._seeing else min(2 * patience, BACKOFF_S[1])
                log.warning("%s; trying again in %.0f s", error, patience)
                self._courier.say("blind")
                self._wait_blind(patience)

    def _announced(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if not self._seeing:
                self._seeing = True
                self._courier.say("online")
            yield frame
        if not self._stop.is_set():
            raise SourceError("the camera gives no more frames")

    def _step(self, counter: Counter, frame: Frame) -> None:
        if self._last is not None and frame.at - self._last > BLIND_AFTER:
            self._courier.deliver(self._tally.close(self._last))
            self._courier.deliver(self._tally.close(frame.at, gap="no_frames"))
        before = self._clock.monotonic()
        detections = self._detector(frame)
        self._pulse.detect_s += self._clock.monotonic() - before
        self._pulse.frames += 1
        self._tally.add(counter.step(detections, frame.at), frame.at)
        self._courier.deliver(self._tally.close_due(frame.at))
        self._last = frame.at
        self._beat()

    def _wait_blind(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until and not self._stop.wait(min(1.0, seconds)):
            self._courier.deliver(self._tally.close_due(self._clock.now(), gap="no_frames"))
            self._beat()

    def _beat(self) -> None:
        if self._pulse.due():
            self._courier.tell_health(self._pulse.health(self._boot, self._courier.depth))


def paced(frames: Iterable[Frame], *, clock: Clock, stop: threading.Event) -> Iterator[Frame]:
    """Frames of a recording or a simulation, each not before its time."""
    for frame in frames:
        ahead = (frame.at - clock.now()).total_seconds()
        if ahead > 0 and stop.wait(ahead):
            return
        yield frame
