"""People who walk in a picture as a test says, and a counter that watches them."""

from collections import Counter as Tallies
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.counting.plane import Plane
from vilina_edge.types import Crossing, Detections, Reference, Size

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEIGHT = 100.0
"""Pixels that every person is high; a calm pace is about 70 of them a second."""

Walk = Callable[[float], tuple[float, float] | None]
"""Where somebody's feet are at a time in seconds; None where nobody sees them."""


def straight(
    start: tuple[float, float], end: tuple[float, float], *, seconds: float, begin: float = 0.0
) -> Walk:
    """From start to end in so many seconds, then gone."""

    def at(t: float) -> tuple[float, float] | None:
        share = (t - begin) / seconds
        if not 0 <= share <= 1:
            return None
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

    return at


def through(*points: tuple[float, float], seconds: float) -> Walk:
    """From point to point at an even pace, so many seconds in all."""
    xy = np.array(points)
    legs = np.hypot(*np.diff(xy, axis=0).T)
    times = np.concatenate([[0], np.cumsum(legs)]) / legs.sum() * seconds

    def at(t: float) -> tuple[float, float] | None:
        if t > seconds:
            return None
        return float(np.interp(t, times, xy[:, 0])), float(np.interp(t, times, xy[:, 1]))

    return at


def hidden(walk: Walk, *, since: float, until: float) -> Walk:
    """The same walk, behind something for a while."""
    return lambda t: None if since <= t < until else walk(t)


def boxes(feet: Iterable[tuple[float, float]], *, score: float = 0.9) -> Detections:
    xyxy = np.array([(x - 20, y - HEIGHT, x + 20, y) for x, y in feet]).reshape(-1, 4)
    return Detections(xyxy, np.full(len(xyxy), score))


def seen(walks: Sequence[Walk], *, per_second: float, seconds: float) -> list[tuple[Detections, datetime]]:
    """What a perfect detector sees, frame by frame."""
    frames = []
    for index in range(round(seconds * per_second)):
        t = index / per_second
        feet = [place for walk in walks if (place := walk(t)) is not None]
        frames.append((boxes(feet), START + timedelta(seconds=t)))
    return frames


def counted(
    frames: Iterable[tuple[Detections, datetime]],
    lines: Sequence[Line],
    *,
    reference: Reference = "foot",
    frame: Size | None = None,
    plane: Plane | None = None,
) -> list[Crossing]:
    """All the crossings that a counter finds in these frames."""
    counter = Counter(lines, reference=reference, frame=frame, plane=plane)
    found = [crossing for detections, at in frames for crossing in counter.step(detections, at)]
    return found + counter.finish()


def timed(frames: Iterable[Detections], *, per_second: float) -> list[tuple[Detections, datetime]]:
    """Frames at an even pace."""
    return [(detections, START + timedelta(seconds=i / per_second)) for i, detections in enumerate(frames)]


def crossings(
    walks: Sequence[Walk], *lines: Line, per_second: float = 10, seconds: float = 12
) -> list[Crossing]:
    return counted(seen(walks, per_second=per_second, seconds=seconds), lines)


def directions(found: Iterable[Crossing]) -> list[str]:
    return [crossing.direction for crossing in found]


def tallies(found: Iterable[Crossing]) -> Tallies[tuple[str, str]]:
    """Crossings per (line, direction)."""
    return Tallies((crossing.line, crossing.direction) for crossing in found)
