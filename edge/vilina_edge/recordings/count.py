"""Counting a recording from its first frame to its last, with the time that each stage takes.

A recording that is only counted has no date of its own, so it begins in 1970.
"""

import time
from collections import Counter as Tallies
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from vilina_edge.counting.area import Area
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.counting.presence import Presence
from vilina_edge.delivery.area_tally import AreaTally
from vilina_edge.recordings.mot import read_detections
from vilina_edge.types import Crossing, Detections, Detector, Frame, Reference, Size
from vilina_edge.vision.source import recording
from vilina_edge.wire import EPOCH, AreaPresence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LineResult:
    """Crossings of one line."""

    line: str
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class CountResult:
    """What a recording shows: crossings per line, people per area, its length, and each stage's ms per frame."""

    lines: tuple[LineResult, ...]
    areas: tuple[AreaPresence, ...]
    frames: int
    seconds: float
    ms_per_frame: dict[str, float]


class Look(NamedTuple):
    """One instant of a recording with who is seen; `frame` is None if there are only detections."""

    frame: Frame | None
    detections: Detections
    at: datetime


class Stopwatch:
    """Seconds spent per stage, in the order in which stages were first met."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        before = time.perf_counter()
        result = work()
        self.spent[stage] = self.spent.get(stage, 0.0) + time.perf_counter() - before
        return result


def looks_of_recording(path: Path, detector: Detector, watch: Stopwatch) -> Iterator[Look]:
    """The frames of a recording with what the detector finds.

    Raises:
        SourceError: the recording cannot be played.
    """
    frames = recording(path, start=EPOCH)
    while (frame := watch.timed("read", lambda: next(frames, None))) is not None:
        detections = watch.timed("detect", lambda frame=frame: detector(frame))  # type: ignore[misc]  # bound early
        yield Look(frame, detections, frame.at)


def looks_of_detections(path: Path, frames_per_second: float) -> Iterator[Look]:
    """The frames of a MOT detections file.

    Raises:
        DetectionsError: the file cannot be read.
    """
    for index, detections in enumerate(read_detections(path)):
        yield Look(None, detections, EPOCH + timedelta(seconds=index / frames_per_second))


def count_looks(
    looks: Iterable[Look],
    lines: Sequence[Line],
    *,
    watch: Stopwatch,
    areas: Sequence[Area] = (),
    reference: Reference = "foot",
    frame: Size | None = None,
    on_look: Callable[[Look, Sequence[Crossing]], None] = lambda _look, _crossings: None,
) -> CountResult:
    """Count everything. `frame` is the size of the picture; `on_look` sees each look with the crossings it decided."""
    counter = Counter(lines, reference=reference, frame=frame)
    presence = Presence(areas)
    tallies: Tallies[tuple[str, str]] = Tallies()
    area_tallies = {area.name: AreaTally(area.name, EPOCH) for area in areas}
    frames, last = 0, EPOCH
    for look in looks:
        step = watch.timed("track", lambda look=look: counter.track(look.detections, look.at))  # type: ignore[misc]  # bound early
        crossings = watch.timed("cross", lambda step=step: counter.decide(step))  # type: ignore[misc]  # bound early
        tallies.update((c.line, c.direction) for c in crossings)
        for area in watch.timed("areas", lambda step=step: presence.step(step)) if areas else ():  # type: ignore[misc]  # bound early
            area_tallies[area.area].look(area, look.at)
        on_look(look, crossings)
        frames, last = frames + 1, look.at
    tallies.update((c.line, c.direction) for c in counter.finish())
    for area in presence.finish():
        area_tallies[area.area].look(area, last)
    return CountResult(
        lines=tuple(
            LineResult(line.name, tallies[line.name, "entered"], tallies[line.name, "left"]) for line in lines
        ),
        areas=tuple(tally.close(last) for tally in area_tallies.values()),
        frames=frames,
        seconds=(last - EPOCH).total_seconds(),
        ms_per_frame={stage: 1000 * seconds / max(frames, 1) for stage, seconds in watch.spent.items()},
    )
