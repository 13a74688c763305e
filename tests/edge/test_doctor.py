"""What the doctor finds, and what a bench advises."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.brokers import BROKERS, Broker
from tests.edge.videos import discs, walking_right, write_video
from vilina_edge.eye.messages import Blind, Message, Refused, Seen, Trouble, Vitals
from vilina_edge.settings import CounterSettings
from vilina_edge.technician.doctor import Finding, broker, clock, disk, heat, looked
from vilina_edge.technician.doctor_cli import doctor
from vilina_edge.technician.speed import Speed, best
from vilina_edge.technician.speed_cli import bench

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WELL: dict[str, Any] = {
    "site": "square",
    "counter": "counter-a",
    "detector": "motion",
    "reference": "centre",
    "lines": [{"name": "door", "points": [160, 240, 160, 0]}],
}


def counter_file(folder: Path, **changes: Any) -> Path:
    video = write_video(folder / "walk.avi", discs(walking_right(90)))
    path = folder / "counter.yaml"
    path.write_text(json.dumps(WELL | {"source": str(video)} | changes), encoding="utf-8")
    return path


@pytest.fixture(params=BROKERS)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    one = BROKERS[request.param](tmp_path)
    one.start()
    yield one
    one.kill()


def test_a_counter_that_can_work_is_told_so_thing_by_thing(tmp_path: Path, running: Broker) -> None:
    result = CliRunner().invoke(doctor, [str(counter_file(tmp_path, broker_port=running.address.port))])
    lines = {
        line.split()[1]: line.split()[0]
        for line in result.stdout.splitlines()
        if line[:4] in {"well", "DO  "}
    }
    assert set(lines) == {
        "settings", "camera", "model", "clock", "disk", "outbox", "heat", "broker", "certificate",
    }  # fmt: skip
    assert {what for what, mark in lines.items() if mark == "DO"} <= {"clock"}
    assert result.exit_code == (1 if "DO" in lines.values() else 0)


def test_a_counter_that_cannot_work_is_told_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(doctor, [str(counter_file(tmp_path, broker_port=9, source="nothing.avi"))])
    assert result.exit_code == 1
    assert "there is no recording at nothing.avi" in result.output
    assert "is it running, is the address right" in result.output


def test_a_counters_file_that_is_wrong_ends_the_examination(tmp_path: Path) -> None:
    result = CliRunner().invoke(doctor, [str(counter_file(tmp_path, lines=[]))])
    assert (result.exit_code, "nothing to count" in result.output) == (1, True)


VITALS = Vitals(frames=50, detected=50, detect_s=0.5, brightness=120.0)


@pytest.mark.parametrize(
    ("messages", "well", "words"),
    [
        ([Seen(NOW), VITALS], True, "10.0 frames a second"),
        ([Seen(NOW), Vitals(frames=5, detected=5, detect_s=4.0)], False, "vilina edge bench"),
        ([Refused("line door leaves the frame")], False, "leaves the frame"),
        ([Trouble("the camera rtsp://...@door does not open")], False, "does not open"),
        ([Blind(NOW, "no_frames", NOW), Vitals(frames=0, detected=0, detect_s=0.0)], False, "cable"),
        ([Seen(NOW), Blind(NOW, "dark", NOW)], False, "light"),
        ([Seen(NOW), Blind(NOW, "moved", NOW)], False, "calibrate again"),
        ([], False, "cable"),
    ],
)
def test_the_camera_is_well_or_needs_something_done(messages: list[Message], well: bool, words: str) -> None:
    camera = next(finding for finding in looked(iter(messages)) if finding.what == "camera")
    assert (camera.well, words in camera.text) == (well, True)


@pytest.mark.parametrize(
    ("finding", "well", "words"),
    [
        (clock(NOW, 0.002), True, "2.0 ms"),
        (clock(NOW, None), False, "set-ntp true"),
        (clock(NOW, -90.0), False, "-90.0 s"),
        (clock(NOW - timedelta(days=20000), 0.0), False, "1971"),
        (heat(50.0, throttled=False), True, "50 °C"),
        (heat(90.0, throttled=False), False, "more air"),
        (heat(None, throttled=None), True, "does not tell"),
        (heat(50.0, throttled=True), False, "power supply"),
    ],
)
def test_clock_and_heat(finding: Finding, well: bool, words: str) -> None:
    assert (finding.well, words in finding.text) == (well, True)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = CounterSettings.load(counter_file(tmp_path, outbox="nowhere/outbox.db"))
    assert "make it" in disk(settings).text


def test_a_broker_that_is_not_there_is_said_within_seconds(tmp_path: Path) -> None:
    settings = CounterSettings.load(counter_file(tmp_path, broker_port=9))
    assert not broker(settings).well


@pytest.mark.parametrize(
    ("speeds", "chosen"),
    [
        (
            [("nanodet", 1, 320, 12.0), ("nanodet", 2, 320, 20.0), ("motion", 1, 320, 90.0)],
            ("nanodet", 1, 320),
        ),
        (
            [("nanodet", 1, 320, 6.0), ("nanodet", 2, 320, 11.0), ("motion", 1, 320, 90.0)],
            ("nanodet", 2, 320),
        ),
        ([("nanodet", 1, 320, 4.0), ("nanodet", 2, 320, 6.0), ("motion", 1, 320, 90.0)], ("nanodet", 2, 320)),
        ([("nanodet", 1, 320, 1.0), ("nanodet", 2, 320, 2.0), ("motion", 1, 320, 9.0)], ("motion", 1, 320)),
        (
            [("nanodet", 1, 320, 60.0), ("nanodet", 1, 640, 9.0), ("nanodet", 2, 640, 16.0)],
            ("nanodet", 2, 640),
        ),
        (
            [("nanodet", 1, 320, 40.0), ("nanodet", 1, 480, 15.0), ("nanodet", 1, 640, 7.0)],
            ("nanodet", 1, 480),
        ),
        ([("nanodet", 1, 320, 9.0), ("nanodet", 1, 480, 6.0), ("motion", 1, 320, 90.0)], ("nanodet", 1, 320)),
    ],
)
def test_the_bench_advises_as_much_detail_as_is_comfortable_with_as_few_threads_as_do(
    speeds: list[Any], chosen: tuple[str, int, int]
) -> None:
    speed = best([Speed(*setting, cpu_share=0.5) for setting in speeds])
    assert (speed.detector, speed.threads, speed.detail) == chosen


def test_the_bench_prints_a_rate_for_each_setting_and_what_to_use() -> None:
    result = CliRunner().invoke(bench, ["--seconds", "0.5"])
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines() if line.startswith(("nanodet", "motion"))][-1] == [
        "motion", "1",
    ]  # fmt: skip
    assert "detector: " in result.stdout
    assert {line.split()[2] for line in result.stdout.splitlines() if line.startswith("nanodet")} == {
        "320",
        "480",
        "640",
    }


def test_the_bench_says_when_a_recording_cannot_be_played() -> None:
    result = CliRunner().invoke(bench, ["--source", "nothing.avi"])
    assert (result.exit_code, "no recording" in result.output) == (1, True)
