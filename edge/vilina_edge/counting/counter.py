"""From detections to crossings: the counter's mind. What comes out has no identity left."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from vilina_edge.counting.crossing import (
    AS_MEASURED,
    BAND,
    BAND_OF_BODIES,
    LEAN,
    LEAN_OF_FEET,
    Crosser,
    Passage,
)
from vilina_edge.counting.line import Line
from vilina_edge.counting.plane import Plane
from vilina_edge.counting.smoothing import HALF_WINDOW_S, smoothed
from vilina_edge.counting.track import Sample
from vilina_edge.counting.tracker import Tracker, TrackerStep
from vilina_edge.counting.upright import upright
from vilina_edge.types import Crossing, Detections, Reference, Size

NEAR: Final = 1.0
"""Beyond so many body heights from a line, a position needs no smoothing to know its side."""
GONE_S: Final = 1.0
"""A person who was not measured for so long is judged by their last position; they may still come back."""


@dataclass(slots=True)
class _Path:
    """The recent positions of one person: those that are needed to smooth, and how many of them are judged."""

    crossers: list[Crosser]
    samples: deque[Sample] = field(default_factory=deque)
    judged: int = 0
    ended: bool = False


class Counter:
    """Counts the crossings of some lines by the people of one camera.

    A crossing is decided about half a second after it happened, when the path around it is known; at a path's end
    one second after the last sight.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        reference: Reference = "foot",
        frame: Size | None = None,
        plane: Plane | None = None,
    ) -> None:
        """Lines are in pixels. With the size of the `frame`, who walks out of it is not mixed up with who walks in.

        With a `plane` people are judged by where they are on the floor, in metres.

        Raises:
            PlaneError: a line is not on the floor.
        """
        self._lines = tuple(lines if plane is None else map(plane.line, lines))
        above = reference == "centre"
        # The middle of somebody seen from above has no feet to look for.
        self._plane = replace(plane, lean=None) if plane is not None and above else plane
        self._band = BAND_OF_BODIES if above or plane is not None else BAND
        self._slack = LEAN if above else LEAN_OF_FEET if plane is None else AS_MEASURED
        self._tracker = Tracker(reference=reference, frame=frame)
        self._paths: dict[int, _Path] = {}
        self._epoch: datetime | None = None
        self._now = 0.0

    def step(self, detections: Detections, at: datetime) -> list[Crossing]:
        """The crossings that the detections of one frame, which shows the instant `at`, decide."""
        return self.decide(self.track(detections, at))

    def track(self, detections: Detections, at: datetime) -> TrackerStep:
        """The first half of `step`: who is who."""
        if self._plane is not None and self._plane.lean is not None:
            detections = upright(detections, self._plane.lean)
        step = self._tracker.step(detections, self._advance(at))
        return step if self._plane is None else replace(step, samples=_on_floor(step.samples, self._plane))

    def decide(self, step: TrackerStep) -> list[Crossing]:
        """The second half of `step`: who has crossed."""
        for _, old in step.stitched:
            if old in self._paths:
                self._paths[old].ended = False
        for track, sample in step.samples:
            path = self._paths.get(track)
            if path is None:
                path = self._paths[track] = _Path(
                    [Crosser(line, self._band, self._slack) for line in self._lines]
                )
            path.samples.append(sample)
            path.ended = False
        crossings = [c for path in self._paths.values() for c in self._judge(path, self._now)]
        for track in step.gone:
            self._paths.pop(track, None)
        return crossings

    def finish(self) -> list[Crossing]:
        """The crossings that are still undecided when no more frames come."""
        crossings = [c for path in self._paths.values() for c in self._judge(path, float("inf"))]
        self._paths.clear()
        return crossings

    def _advance(self, at: datetime) -> float:
        """Seconds since the first frame. A clock that is set back takes no time, and runs on from there."""
        if self._epoch is None:
            self._epoch = at
        now = (at - self._epoch).total_seconds()
        if now < self._now:
            self._epoch = at - timedelta(seconds=self._now)
        self._now = max(self._now, now)
        return self._now

    def _judge(self, path: _Path, now: float) -> list[Crossing]:
        """What can be decided of a path now."""
        found: list[Crossing] = []
        samples = path.samples
        while path.judged < len(samples) and samples[path.judged].at + HALF_WINDOW_S <= now:
            found += self._step(path, path.judged)
            path.judged += 1
        while path.judged and samples[0].at < samples[path.judged - 1].at - HALF_WINDOW_S:
            samples.popleft()
            path.judged -= 1
        if not path.ended and now - samples[-1].at >= GONE_S:
            path.ended = True
            found += self._crossings((crosser, crosser.end()) for crosser in path.crossers)
        return found

    def _step(self, path: _Path, index: int) -> list[Crossing]:
        sample = path.samples[index]
        smooth: Sample | None = None
        passages = []
        for crosser in path.crossers:
            if abs(crosser.line.beside(sample.x, sample.y)) > NEAR * sample.height:
                passages.append((crosser, crosser.step(sample)))
                continue
            smooth = smooth or smoothed(path.samples, index)
            passages.append((crosser, crosser.step(smooth)))
        return self._crossings(passages)

    def _crossings(self, passages: Iterable[tuple[Crosser, Passage | None]]) -> list[Crossing]:
        assert self._epoch is not None
        return [
            Crossing(crosser.line.name, passage.direction, self._epoch + timedelta(seconds=passage.at))
            for crosser, passage in passages
            if passage is not None
        ]


def _on_floor(samples: Sequence[tuple[int, Sample]], plane: Plane) -> list[tuple[int, Sample]]:
    places = [(track, plane.sample(sample)) for track, sample in samples]
    return [(track, place) for track, place in places if place is not None]
