"""The counter at work: what it reports of what the eye says, and of what it does not say."""

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.clocks import TestClock
from vilina_edge.clock import BEGINNING, Timeline
from vilina_edge.delivery.dating import HOLD_S, Dating, redated
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import SourceError
from vilina_edge.eye.messages import Blind, Ended, Message, Refused, Seen, Trouble, Vitals
from vilina_edge.eye.process import Gone
from vilina_edge.pulse import Machine, Pulse
from vilina_edge.run import OpenEye, Watch
from vilina_edge.run_cli import run
from vilina_edge.types import AreaLook, Crossing
from vilina_edge.wire import AreaConfig, BlindReason, Config, Health, LineConfig, Report, StatusState

START = datetime(2026, 3, 2, 12, 3, tzinfo=UTC)
BOOT = "00000000000000aa"
CONFIG = Config(
    version=1,
    size=(640, 480),
    lines=(LineConfig(line="door", start=(100, 0), end=(100, 400)),),
    areas=(AreaConfig(area="hall", corners=((0, 0), (9, 0), (9, 9))),),
)


class Pigeonhole:
    """Takes what a courier would deliver."""

    depth = 0

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.redated: list[tuple[timedelta, bool]] = []
        self.released = False
        self.statuses: list[tuple[StatusState, BlindReason | None]] = []
        self.healths: list[Health] = []

    def deliver(self, reports: Sequence[Report]) -> None:
        self.reports += reports

    def redate(self, by: timedelta, *, certain: bool) -> None:
        self.redated.append((by, certain))
        self.reports = [redated(report, by, certain=certain) for report in self.reports]

    def release(self) -> None:
        self.released = True

    def say(self, status: StatusState, reason: BlindReason | None = None) -> None:
        self.statuses.append((status, reason))

    def tell_health(self, health: Health) -> None:
        self.healths.append(health)


Script = Iterable[Message | Gone | float | timedelta | None]


class ScriptedEye:
    """Says what a test wrote down: messages, seconds that pass, None for a while without a word, steps of the clock."""

    def __init__(self, script: Script, clock: TestClock, stop: threading.Event) -> None:
        self._script = iter(script)
        self._clock = clock
        self._stop = stop

    def next(self, timeout_s: float) -> Message | Gone | None:
        for said in self._script:
            if isinstance(said, timedelta):
                self._clock.set_by(said)
            elif isinstance(said, int | float):
                self._clock.advance(seconds=said)
            elif said is None:
                self._clock.advance(seconds=timeout_s)
                return None
            else:
                return said
        return Ended()

    def ask_to_end(self) -> None:
        self._script = iter([Ended()])


class Room:
    """A watch with everything around it."""

    def __init__(self, tmp_path: Path, *, now: datetime = START, patience_s: float = 0.0) -> None:
        self.clock = TestClock(now)
        self.in_time = False
        self.courier = Pigeonhole()
        self.stop = threading.Event()
        self.configs: list[Config] = []
        self.opened: list[Config] = []
        self.alive = 0
        timeline = Timeline(self.clock)
        self.watch = Watch(
            tally=Tally(counter="counter-a", boot=BOOT, lines=["door"], areas=["hall"], start=now),
            courier=self.courier,
            timeline=timeline,
            dating=Dating(
                timeline=timeline, clock=self.clock, in_time=lambda: self.in_time, patience_s=patience_s
            ),
            clock=self.clock,
            stop=self.stop,
            pulse=Pulse(boot=BOOT, clock=self.clock, machine=Machine(tmp_path)),
            new_config=lambda: self.configs.pop() if self.configs else None,
            alive=self._alive,
        )

    def _alive(self) -> None:
        self.alive += 1

    def see(self, *scripts: Script, once: bool = False) -> None:
        """Let one eye after the other say its script; then stop."""
        waiting = iter(scripts)

        @contextmanager
        def open_eye(config: Config) -> Iterator[ScriptedEye]:
            self.opened.append(config)
            yield ScriptedEye(next(waiting), self.clock, self.stop)

        opening: OpenEye = open_eye
        self.watch.run(opening, CONFIG, once=once)

    def seen(self, *, entered: int = 0, people: int = 0) -> Seen:
        """A frame at the present time."""
        at = self.steady
        return Seen(at, (Crossing("door", "entered", at),) * entered, (AreaLook("hall", people),))

    @property
    def steady(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.clock.monotonic())

    def seeing(
        self, seconds: float, *, people: int = 0, entered_at: float | None = None
    ) -> Iterator[Seen | float]:
        """Two frames a second."""
        for half in range(round(2 * seconds)):
            yield self.seen(
                people=people, entered=int(entered_at is not None and half == round(2 * entered_at))
            )
            yield 0.5

    def blind(self, reason: BlindReason, *, ago: float) -> Blind:
        return Blind(self.steady, reason, since=self.steady - timedelta(seconds=ago))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    return Room(tmp_path)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch, room: Room) -> None:
    """Where the watch waits for a while, a while passes."""

    def wait(timeout: float | None = None) -> bool:
        room.clock.advance(seconds=timeout or 0)
        return room.stop.is_set()

    monkeypatch.setattr(room.stop, "wait", wait)


def entered(reports: Sequence[Report]) -> int:
    return sum(count.entered for report in reports for count in report.lines)


def gaps(room: Room) -> list[tuple[str, float, float]]:
    """Reason, and seconds since the beginning, of each stretch without sight."""
    found: list[tuple[str, float, float]] = []
    for report in room.courier.reports:
        if report.gap is not None:
            begin, end = ((at - START).total_seconds() for at in (report.start, report.end))
            if found and found[-1][0] == report.gap and found[-1][2] == begin:
                found[-1] = (report.gap, found[-1][1], end)
            else:
                found.append((report.gap, begin, end))
    return found


def test_who_crosses_is_reported_within_two_seconds(room: Room) -> None:
    room.see(room.seeing(10, entered_at=3))
    first = next(report for report in room.courier.reports if entered([report]))
    assert first.end == START + timedelta(seconds=4)
    assert entered(room.courier.reports) == 1


def test_people_in_an_area_are_a_mean_over_time(room: Room) -> None:
    room.see(chain(room.seeing(15, people=4), room.seeing(46)))
    (hall,) = room.courier.reports[0].areas
    assert (hall.mean, hall.most) == (1.0, 4)


def test_reports_follow_each_other_without_a_hole(room: Room) -> None:
    room.see(room.seeing(200, entered_at=70))
    reports = room.courier.reports
    assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
    assert all(a.end == b.start for a, b in pairwise(reports))


def test_time_without_frames_is_a_gap_with_its_reason(room: Room) -> None:
    def script() -> Iterator[Any]:
        yield from room.seeing(10)
        yield 6.0
        yield room.blind("no_frames", ago=6.5)
        yield 80.0
        yield room.blind("no_frames", ago=86.5)
        yield room.seen()

    room.see(script())
    assert gaps(room) == [("no_frames", 9.5, 96.0)]
    assert room.courier.statuses == [("online", None), ("blind", "no_frames"), ("online", None)]


def test_another_reason_begins_another_gap(room: Room) -> None:
    def script() -> Iterator[Any]:
        yield from room.seeing(30)
        yield room.blind("dark", ago=10)
        yield 5.0
        yield room.blind("moved", ago=5)
        yield 5.0
        yield room.seen()

    room.see(script())
    assert gaps(room) == [("dark", 20.0, 35.0), ("moved", 35.0, 40.0)]


def test_what_crossed_before_the_camera_failed_is_counted(room: Room) -> None:
    def script() -> Iterator[Any]:
        yield from room.seeing(10)
        yield room.seen(entered=1)
        yield 6.0
        yield room.blind("no_frames", ago=6)

    room.see(script())
    assert entered(room.courier.reports) == 1


def test_an_eye_that_dies_is_replaced_and_the_time_between_is_a_gap(room: Room) -> None:
    room.see([room.seen(), 10.0, Gone()], room.seeing(5))
    assert gaps(room)[0][:2] == ("no_frames", 0.0)
    assert len(room.opened) == 2
    assert room.courier.statuses == [("online", None), ("blind", "no_frames"), ("online", None)]


def test_an_eye_that_hangs_is_replaced(room: Room) -> None:
    room.see([room.seen(), *[None] * 60], room.seeing(5))
    assert len(room.opened) == 2
    assert gaps(room)[0][0] == "no_frames"


def test_an_eye_that_dies_in_a_recording_is_an_error(room: Room) -> None:
    with pytest.raises(SourceError, match="has ended"):
        room.see([room.seen(entered=1), Gone()], once=True)
    assert entered(room.courier.reports) == 1


def test_an_eye_that_is_refused_ends_the_counter_with_the_reason(room: Room) -> None:
    with pytest.raises(SourceError, match="leaves the frame"):
        room.see([Refused("line door leaves the frame")])


def test_trouble_is_told_and_counting_goes_on(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.see([Trouble("the camera stumbles"), *room.seeing(3, entered_at=1)])
    assert "stumbles" in caplog.text
    assert entered(room.courier.reports) == 1


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=3)])
def test_a_clock_that_is_set_while_running_makes_no_false_gap_and_stops_nothing(
    room: Room, step: timedelta
) -> None:
    def script() -> Iterator[Any]:
        yield from room.seeing(10, entered_at=3)
        yield step
        yield from room.seeing(100, entered_at=3)

    room.see(script())
    assert entered(room.courier.reports) == 2
    assert not gaps(room)
    assert sum(report.seconds for report in room.courier.reports) == pytest.approx(109.5, abs=0.6)
    assert room.courier.reports[-1].end == START + step + timedelta(seconds=109.5)


def test_a_clock_that_drifts_is_left_to_its_time_server(room: Room) -> None:
    def script() -> Iterator[Any]:
        for _ in range(3):
            yield from room.seeing(10)
            yield timedelta(seconds=0.5)

    room.see(script())
    assert room.courier.reports[-1].end == START + timedelta(seconds=29.5)


def test_another_config_is_counted_from_then_on(room: Room) -> None:
    other = Config(version=2, size=(640, 480), lines=(LineConfig(line="gate", start=(0, 0), end=(9, 9)),))

    def script() -> Iterator[Any]:
        yield from room.seeing(5, entered_at=1)
        room.configs.append(other)
        yield room.seen()

    def after() -> Iterator[Any]:
        yield Seen(room.steady, (Crossing("gate", "left", room.steady),))

    room.see(script(), after())
    assert room.opened == [CONFIG, other]
    assert [line.line for line in room.courier.reports[0].lines] == ["door"]
    assert [(line.line, line.left) for line in room.courier.reports[-1].lines] == [("gate", 1)]
    assert not room.courier.reports[-1].areas


def test_health_is_told_once_a_minute(room: Room) -> None:
    def script() -> Iterator[Any]:
        for _ in range(26):
            yield from room.seeing(5)
            yield Vitals(frames=10, detected=5, detect_s=0.1, brightness=99.04, sharpness=0.5)

    room.see(script())
    assert [health.uptime_s for health in room.courier.healths] == [60, 120]
    health = room.courier.healths[1]
    assert health.frames_per_second == pytest.approx(2.0)
    assert (health.inference_ms, health.brightness, health.sharpness) == (20.0, 99.0, 0.5)
    assert health.disk_free_mb is not None


def test_the_watchdog_hears_of_us_all_the_time(room: Room) -> None:
    room.see(room.seeing(10))
    assert room.alive >= 20


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
        ({"lines": []}, "nothing to count"),
        ({"lines": GOOD["lines"] * 2}, "same name"),
        ({"detektor": "nanodet"}, "detektor"),
        ({"broker_port": 0}, "broker_port"),
        ({"lines": [{"name": "door", "points": [0, 0, 0, 481]}]}, "leaves the frame"),
        ({"source": "nothing.avi"}, "no recording at nothing.avi"),
        ({"lines": [{"name": "door", "points": [5, 5, 5, 5]}]}, "no length"),
        ({"lines": [{"name": "door", "points": [5, 5, 15, 5]}]}, "shorter than a person"),
        ({"areas": [{"name": "hall", "corners": [[0, 0], [9, 9], [9, 0], [0, 9]]}]}, "crosses itself"),
        ({"areas": [{"name": "door", "corners": [[0, 0], [9, 9], [9, 0]]}]}, "same name"),
        ({"floor": {"pixels": [[0, 0]] * 4, "metres": [[0, 0]] * 4}}, "one line"),
        ({"pose": "nothing.pose"}, "calibrate again"),
        ({"size": [20, 20], "lines": [{"name": "door", "points": [0, 0, 30, 9]}]}, "leaves the frame"),
        ({"size": [10, 10]}, "size.0"),
        ({"outbox": "/proc/nowhere/outbox.db"}, "outbox"),
    ],
)
def test_a_counters_file_that_is_wrong_is_told_in_words(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "counter.yaml"
    path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    result = CliRunner().invoke(run, [str(path)])
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_missing_counters_file_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(run, [str(tmp_path / "nothing.yaml")])
    assert result.exit_code == 1
    assert "cannot be read" in result.output


@pytest.mark.parametrize("option", ["--fast", "--repeat"])
@pytest.mark.parametrize("source", ["simulation:20", "/dev/video0"])
def test_what_has_its_own_pace_is_neither_hurried_nor_repeated(
    source: str, option: str, tmp_path: Path
) -> None:
    path = tmp_path / "counter.yaml"
    lines = "[{name: door, points: [100, 0, 100, 400]}]"
    path.write_text(f"site: s\ncounter: c\nsource: x.mp4\nlines: {lines}\n", encoding="utf-8")
    result = CliRunner().invoke(run, [str(path), "--source", source, option])
    assert result.exit_code == 2
    assert "are for recordings" in result.output
    assert source in result.output


def woken_in_1970(tmp_path: Path) -> Room:
    return Room(tmp_path, now=datetime(1970, 1, 1, 0, 5, tzinfo=UTC))


def test_what_was_counted_before_the_clock_was_set_is_dated_by_the_right_one(
    tmp_path: Path,
) -> None:
    room = woken_in_1970(tmp_path)
    began = room.clock.now()

    def script() -> Iterator[Any]:
        yield from room.seeing(100, entered_at=30)
        yield START - began + timedelta(microseconds=123)
        yield from room.seeing(20, entered_at=5)

    room.see(script())
    assert room.courier.redated == [(START - began, True)]
    assert entered(room.courier.reports) == 2
    assert not any(report.end.microsecond % 1000 for report in room.courier.reports)
    assert not any(report.time_uncertain for report in room.courier.reports)
    assert room.courier.reports[0].start == START
    assert all(a.end == b.start for a, b in pairwise(room.courier.reports))
    assert room.courier.reports[-1].end == START + timedelta(seconds=119.5)


def test_a_clock_that_is_never_set_is_waited_for_only_so_long(tmp_path: Path) -> None:
    room = woken_in_1970(tmp_path)
    room.see(room.seeing(HOLD_S - 10))
    assert not room.courier.released
    room = woken_in_1970(tmp_path)
    room.see(room.seeing(HOLD_S + 10))
    assert room.courier.released
    assert all(report.time_uncertain for report in room.courier.reports)


def test_a_clock_that_looks_good_is_uncertain_until_a_time_server_keeps_it(tmp_path: Path) -> None:
    room = Room(tmp_path, patience_s=300)

    def script() -> Iterator[Any]:
        yield from room.seeing(70)
        yield timedelta(hours=7)
        yield from room.seeing(5)
        room.in_time = True
        yield from room.seeing(70)

    room.see(script())
    assert room.courier.redated == [(timedelta(hours=7), False), (timedelta(0), True)]
    assert room.courier.reports[0].start == START + timedelta(hours=7)
    assert not any(report.time_uncertain for report in room.courier.reports)


def test_where_no_time_server_is_found_in_time_the_clock_is_believed(tmp_path: Path) -> None:
    room = Room(tmp_path, patience_s=60)
    room.see(room.seeing(130))
    assert room.courier.redated == [(timedelta(0), True)]
    assert not any(report.time_uncertain for report in room.courier.reports)
