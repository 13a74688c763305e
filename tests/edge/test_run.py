"""The counter at work: what it reports of what it sees, and of what it does not see."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.clocks import TestClock
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import SourceError
from vilina_edge.run import Watch, paced
from vilina_edge.run_cli import run
from vilina_edge.types import Detections, Frame
from vilina_edge.wire import Health, Report, StatusState

START = datetime(2026, 3, 2, 12, 3, tzinfo=UTC)
BOOT = "00000000000000aa"
IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)


class Pigeonhole:
    """Takes what a courier would deliver."""

    depth = 0

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.statuses: list[StatusState] = []
        self.healths: list[Health] = []

    def deliver(self, reports: Sequence[Report]) -> None:
        self.reports += reports

    def say(self, status: StatusState) -> None:
        self.statuses.append(status)

    def tell_health(self, health: Health) -> None:
        self.healths.append(health)


def walker(frame: Frame) -> Detections:
    """One person who walks ten pixels a frame to the right, 40 high."""
    x = 10.0 * frame.index
    return Detections(np.array([[x, 60, x + 16, 100]]), np.array([0.9]))


def frames(count: int, *, start: datetime = START, per_second: float = 10) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(IMAGE, start + timedelta(seconds=index / per_second), index)


def watch(courier: Pigeonhole, clock: TestClock, stop: threading.Event | None = None) -> Watch:
    lines = [Line("door", 100, 200, 100, 0)]
    return Watch(
        boot=BOOT,
        detector=walker,
        make_counter=lambda: Counter(lines),
        tally=Tally(counter="counter-a", boot=BOOT, lines=["door"], start=START),
        courier=courier,  # type: ignore[arg-type]  # takes the same calls
        clock=clock,
        stop=stop or threading.Event(),
    )


def entered(reports: Sequence[Report]) -> int:
    return sum(count.entered for report in reports for count in report.lines)


def test_who_crosses_is_reported_within_two_seconds() -> None:
    courier = Pigeonhole()
    watch(courier, TestClock(START)).recording(frames(30))
    first = next(report for report in courier.reports if entered([report]))
    assert first.end - (START + timedelta(seconds=1)) < timedelta(seconds=2)
    assert entered(courier.reports) == 1
    assert courier.reports[-1].end == START + timedelta(seconds=2.9)


def test_time_without_frames_is_reported_as_a_gap() -> None:
    courier = Pigeonhole()
    late = frames(5, start=START + timedelta(seconds=90))
    watch(courier, TestClock(START)).recording([*frames(5), *late])
    gaps = [(r.start, r.end) for r in courier.reports if r.gap == "no_frames"]
    assert gaps[0][0] == START + timedelta(seconds=0.4)
    assert gaps[-1][1] == START + timedelta(seconds=90)
    assert [r.seq for r in courier.reports] == list(range(1, len(courier.reports) + 1))


def test_a_camera_that_fails_is_said_to_be_blind_and_tried_again() -> None:
    courier, stop = Pigeonhole(), threading.Event()
    clock = ImpatientClock(START)
    tries = 0

    def camera() -> Iterator[Frame]:
        nonlocal tries
        tries += 1
        if tries == 2:
            yield from frames(5, start=clock.now())
            stop.set()
            return
        raise SourceError("the camera does not open")

    watch(courier, clock, stop).live(camera)
    assert courier.statuses == ["blind", "online"]
    assert tries == 2


def test_a_camera_that_stumbles_is_online_again_and_loses_nobody() -> None:
    courier, stop = Pigeonhole(), threading.Event()
    clock = ImpatientClock(START)
    passes = iter([14, 5])

    def camera() -> Iterator[Frame]:
        count = next(passes)
        # The walker has just passed the line when the camera fails, and is not decided yet.
        yield from frames(count, start=clock.now() if count == 14 else START + timedelta(seconds=3))
        if count == 5:
            stop.set()

    watch(courier, clock, stop).live(camera)
    assert courier.statuses == ["online", "blind", "online"]
    assert entered(courier.reports) == 1


class ImpatientClock(TestClock):
    """Each look at it takes a second, so that nothing has to be waited for."""

    def monotonic(self) -> float:
        self.advance(seconds=1)
        return super().monotonic()


def test_health_is_told_once_a_minute() -> None:
    courier, clock = Pigeonhole(), TestClock(START)

    def seen() -> Iterator[Frame]:
        for frame in frames(130, per_second=1):
            yield frame
            clock.advance(seconds=1)

    watch(courier, clock).recording(seen())
    assert [health.uptime_s for health in courier.healths] == [60, 120]
    assert courier.healths[1].frames_per_second == pytest.approx(1.0)


def test_a_recording_is_played_at_its_own_pace_and_stops_when_told() -> None:
    stop = threading.Event()
    stop.set()
    assert list(paced(frames(5, start=START + timedelta(hours=1)), clock=TestClock(START), stop=stop)) == []
    assert (
        len(list(paced(frames(5), clock=TestClock(START + timedelta(hours=1)), stop=threading.Event()))) == 5
    )


GOOD: dict[str, Any] = {
    "site": "square",
    "counter": "counter-a",
    "source": "simulation:20",
    "lines": [{"name": "door", "points": [0, 0, 9, 9]}],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counter": "a b"}, "counter"),
        ({"lines": []}, "lines"),
        ({"lines": GOOD["lines"] * 2}, "same name"),
        ({"detektor": "nanodet"}, "detektor"),
        ({"broker_port": 0}, "broker_port"),
        ({"lines": [{"name": "door", "points": [0, 0, 0, 481]}]}, "leaves the frame"),
        ({"source": "nothing.avi"}, "no recording at nothing.avi"),
        ({"lines": [{"name": "door", "points": [5, 5, 5, 5]}]}, "no length"),
        ({"outbox": "/proc/nowhere/outbox.db"}, "outbox"),
    ],
)
def test_a_counters_file_that_is_wrong_is_told_in_words(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "counter.yaml"
    path.write_text(str(GOOD | changes).replace("'", '"'), encoding="utf-8")
    result = CliRunner().invoke(run, [str(path)])
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_missing_counters_file_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(run, [str(tmp_path / "nothing.yaml")])
    assert result.exit_code == 1
    assert "cannot be read" in result.output
