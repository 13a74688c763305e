"""The detector rests where nothing happens, and misses nobody for it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.edge.videos import discs, walking_right
from tests.edge.walks import START, counted
from vilina_edge.counting.line import Line
from vilina_edge.types import Detections, Frame, Image
from vilina_edge.vision.gate import MotionGate
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.source import recording

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = Detections(np.empty((0, 4)), np.empty(0))
SOMEBODY = Detections(np.array([[0.0, 0, 9, 9]]), np.array([0.9]))


class Looker:
    """A detector that is told what it sees."""

    def __init__(self, sees: Detections = NOBODY) -> None:
        self.sees = sees
        self.times = 0

    def __call__(self, frame: Frame) -> Detections:
        self.times += 1
        return self.sees


def frames(images: Sequence[Image], *, per_second: float = 10) -> list[Frame]:
    return [Frame(image, NOW + timedelta(seconds=i / per_second), i) for i, image in enumerate(images)]


def runs(images: Sequence[Image], looker: Looker | None = None) -> int:
    gate = MotionGate(looker or Looker())
    for frame in frames(images):
        gate(frame)
    return gate.runs


def empty(count: int) -> list[Image]:
    return list(discs([[]] * count))


def test_in_an_empty_scene_the_detector_runs_every_two_seconds_only() -> None:
    assert runs(empty(600)) <= 60


def test_light_that_changes_slowly_opens_no_gate() -> None:
    darker = [(image * (1 - 0.2 * i / 600)).astype(np.uint8) for i, image in enumerate(empty(600))]
    assert runs(darker) <= 60


def test_who_stands_still_is_seen_all_the_time() -> None:
    gate = MotionGate(Looker(SOMEBODY))
    assert all(len(gate(frame)) == 1 for frame in frames(empty(100)))
    assert gate.runs < 40


def test_the_detector_runs_as_soon_as_somebody_comes() -> None:
    """The disc is there in the tenth frame after a minute of nothing."""
    images = [*empty(600), *discs(walking_right(20))]
    gate = MotionGate(Looker())
    ran = []
    for frame in frames(images):
        before = gate.runs
        gate(frame)
        ran.append(gate.runs > before)
    assert all(ran[610:])


def test_a_gate_loses_no_crossing() -> None:
    """Half a minute of nothing, somebody, half a minute of nothing, somebody else."""
    images = list(discs([*[[]] * 300, *walking_right(50), *[[]] * 300, *walking_right(50)]))
    gate, bare = MotionGate(MotionDetector()), MotionDetector()
    line = Line("door", 160, 240, 160, 0)
    looks = {
        name: counted([(detector(f), f.at) for f in frames(images)], [line], reference="centre")
        for name, detector in (("gated", gate), ("bare", bare))
    }
    assert [c.direction for c in looks["gated"]] == ["entered"] * 2
    assert gate.runs < 0.5 * len(images)


def test_a_busy_street_is_never_taken_for_empty(test_data: Path) -> None:
    gate = MotionGate(Looker())
    count = sum(
        gate(frame) is not None for frame in recording(test_data / "video" / "vtest.avi", start=START)
    )
    assert gate.runs == count


@pytest.mark.parametrize("size", [(480, 640), (240, 320), (300, 300)])
def test_another_picture_opens_the_gate_whatever_its_size(size: tuple[int, int]) -> None:
    gate = MotionGate(Looker())
    for frame in frames(empty(65)):
        gate(frame)
    before = gate.runs
    gate(Frame(np.zeros((*size, 3), dtype=np.uint8), NOW + timedelta(seconds=6.5), 65))
    assert gate.runs == before + 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(seconds=1)])
def test_time_that_goes_back_opens_the_gate(back: timedelta) -> None:
    gate = MotionGate(Looker())
    images = empty(40)
    for frame in frames(images):
        gate(frame)
    before = gate.runs
    gate(Frame(images[0], NOW - back, 0))
    assert gate.runs == before + 1
