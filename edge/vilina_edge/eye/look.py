"""One pair of eyes: frames in, messages out. Pure but for the time that the detector takes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vilina_edge.counting.counter import Counter
from vilina_edge.counting.plan import Plan
from vilina_edge.counting.presence import Presence
from vilina_edge.errors import PlanError
from vilina_edge.eye.messages import VITALS_EVERY, Blind, Message, Refused, Seen, Trouble, Vitals
from vilina_edge.types import Detections, Detector, Frame, Size
from vilina_edge.vision.gate import MotionGate, Ungated
from vilina_edge.vision.pose import Pose
from vilina_edge.vision.sight import Sight, Verdict
from vilina_edge.wire import Config

BLIND_AFTER: Final = timedelta(seconds=5)
"""Without a frame for so long, the time between is a gap."""


@dataclass(slots=True)
class _Pulse:
    """Since the vitals were told last."""

    runs_before: int = 0
    frames: int = 0
    detect_s: float = 0.0


class Look:
    """What a counter sees with one plan."""

    def __init__(self, config: Config, detector: Detector, *, pose: Pose | None, start: datetime) -> None:
        self._config = config
        self._detector = detector if isinstance(detector, MotionGate) else Ungated(detector)
        self._sight = Sight(pose)
        self._plan: Plan | None = None
        self._size: Size | None = None
        self._last = self._told = start
        self._pulse = _Pulse()
        self.refused = False
        self._verdict: Verdict | None = None

    def step(self, frame: Frame) -> Iterator[Message]:
        """What one frame brings."""
        size = (frame.image.shape[1], frame.image.shape[0])
        if self._plan is None:
            try:
                self._begin(Plan.of(self._config, size), size)
            except PlanError as error:
                self.refused = True
                yield Refused(str(error))
                return
        elif size != self._size:
            yield Trouble(f"pictures are now {size[0]}x{size[1]} pixels; lines and areas are scaled to them")
            self._size = size
        if frame.at - self._last > BLIND_AFTER:
            yield Blind(frame.at, "no_frames", since=self._last)
        self._last = frame.at
        self._pulse.frames += 1
        self._verdict = verdict = self._sight.look(frame)
        if verdict.blind is None:
            yield self._seen(frame, size)
        else:
            assert verdict.since is not None
            yield Blind(frame.at, verdict.blind, since=verdict.since)
        yield from self._vitals(frame.at)

    def nothing(self, at: datetime) -> Iterator[Message]:
        """There was no frame for a while."""
        if at - self._last > BLIND_AFTER:
            yield Blind(at, "no_frames", since=self._last)
        yield from self._vitals(at)

    def finish(self) -> Iterator[Message]:
        """What is still undecided when no more frames come."""
        if self._plan is not None:
            yield Seen(self._last, tuple(self._counter.finish()), tuple(self._presence.finish()))

    def _begin(self, plan: Plan, size: Size) -> None:
        self._plan, self._size = plan, size
        self._counter = Counter(plan.lines, reference=plan.reference, frame=plan.size, plane=plan.plane)
        self._presence = Presence(plan.areas_on_floor())

    def _seen(self, frame: Frame, size: Size) -> Seen:
        assert self._plan is not None
        tracks = self._counter.track(self._plan.to_size(self._detect(frame), size), frame.at)
        return Seen(frame.at, tuple(self._counter.decide(tracks)), tuple(self._presence.step(tracks)))

    def _detect(self, frame: Frame) -> Detections:
        before = time.perf_counter()
        detections = self._detector(frame)
        self._pulse.detect_s += time.perf_counter() - before
        return detections

    def _vitals(self, at: datetime) -> Iterator[Vitals]:
        if at < self._told + VITALS_EVERY:
            return
        yield Vitals(
            frames=self._pulse.frames,
            detected=self._detector.runs - self._pulse.runs_before,
            detect_s=self._pulse.detect_s,
            brightness=None if self._verdict is None else self._verdict.brightness,
            sharpness=None if self._verdict is None else self._verdict.sharpness,
        )
        self._told, self._verdict = at, None
        self._pulse = _Pulse(self._detector.runs)
