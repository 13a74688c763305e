"""`vilina edge count`: right numbers from recordings, and a clear word where it cannot count."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.edge.truth import annotated_feet, true_crossings
from tests.edge.videos import HEIGHT, WIDTH, discs, walking_right, write_video
from vilina_edge.counting.line import Line
from vilina_edge.recordings.count_cli import count

STREET = ("--line", "middle=384,0,384,576", "--line", "across=0,300,768,300")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """One person walks from left to right."""
    return write_video(tmp_path / "walk.avi", discs(walking_right(50)))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(count, [str(argument) for argument in arguments])


def counted(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error(document: Any, street: Path) -> int:
    """Sum over lines and directions of what was counted too much or too little."""
    lines = [Line("middle", 384, 0, 384, 576), Line("across", 0, 300, 768, 300)]
    truth = true_crossings(annotated_feet(street).values(), lines, band=4)
    assert sum(truth.values()) == 66
    return sum(
        abs(line[direction] - truth[line["line"], direction])
        for line in document["lines"]
        for direction in ("entered", "left")
    )


def test_a_real_street_is_counted_with_an_error_of_two_at_most_of_66(test_data: Path) -> None:
    document = counted("--source", test_data / "video" / "vtest.avi", *STREET)
    assert document["frames"] == 795
    assert set(document["ms_per_frame"]) == {"read", "detect", "track", "cross"}
    assert error(document, test_data / "mot" / "PETS09-S2L1" / "gt.txt") <= 2


def test_a_detections_file_is_counted_without_its_video(test_data: Path) -> None:
    street = test_data / "mot" / "PETS09-S2L1"
    document = counted("--detections", street / "det.txt", "--size", "768x576", "--fps", "7", *STREET)
    assert error(document, street / "gt.txt") <= 2


def test_somebody_overhead_is_counted_in_the_direction_they_walk(video: Path) -> None:
    up, down = "up=160,240,160,0", "down=160,0,160,240"
    document = counted(
        "--source", video, "--detector", "motion", "--reference", "centre", "--line", up, "--line", down
    )
    assert [(line["entered"], line["left"]) for line in document["lines"]] == [(1, 0), (0, 1)]


def test_people_in_an_area_and_their_stays_are_told(test_data: Path) -> None:
    area = ("--area", "square=250,150,550,150,550,450,250,450")
    document = counted("--source", test_data / "video" / "vtest.avi", *area)
    (square,) = document["areas"]
    assert square["mean"] == pytest.approx(2.63, abs=0.15)
    assert square["most"] == 5
    assert 20 <= sum(square["dwell"].values()) <= 28


def test_the_table_names_every_line(video: Path) -> None:
    result = run(
        "--source",
        video,
        "--detector",
        "motion",
        "--reference",
        "centre",
        "--line",
        "Main door=160,240,160,0",
    )
    assert result.exit_code == 0
    assert "Main door        1        0" in result.output
    assert "60 frames, 5.9 s" in result.output


def test_the_annotated_copy_has_every_frame_and_shows_the_line(video: Path, tmp_path: Path) -> None:
    copy = tmp_path / "seen.mp4"
    run("--source", video, "--detector", "motion", "--line", "door=160,240,160,0", "--annotate", copy)
    capture = cv2.VideoCapture(str(copy))
    images = []
    while True:
        good, image = capture.read()
        if not good:
            break
        images.append(image)
    assert len(images) == 60
    assert images[0].shape == (HEIGHT, WIDTH, 3)
    blue, _, red = images[5][80:110, 158:163].reshape(-1, 3).mean(axis=0)
    assert blue > red + 40


def nothing(_: Path) -> None:
    """No file at all."""


def text(path: Path) -> None:
    path.write_text("this is not a video\n" * 100, encoding="utf-8")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    path.write_bytes(write_video(path.with_suffix(".avi"), discs(walking_right(5))).read_bytes()[:200])


@pytest.mark.parametrize("make", [nothing, text, empty, cut_off])
def test_what_is_not_a_video_is_said_in_one_line(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "video.mp4")
    result = run("--source", tmp_path / "video.mp4", "--line", "a=0,0,9,9")
    assert result.exit_code == 1
    assert "video.mp4" in result.output
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--line", "a=0,0,1000,9"], "x goes from 0 to 320", 1),
        (["--line", "a=0,0,0,0"], "no length", 2),
        (["--line", "a=0,0,9"], "NAME=x1,y1,x2,y2", 2),
        (["--line", "a=0,0,9,9", "--line", "a=1,1,9,9"], "same name", 2),
        ([], "nothing to count", 2),
        (["--area", "a=0,0,9,9,9,0,0,9"], "crosses itself", 2),
        (["--area", "a=0,0,9,9,9"], "x3,y3", 2),
        (["--area", "a=0,0,999,9,9,9"], "outside the frame", 1),
        (["--line", "a=0,0,9,9", "--detections", "det.txt"], "either", 2),
        (["--line", "a=0,0,9,9", "--annotate", "/nowhere/at/all.mp4"], "no directory", 1),
        (["--line", "a=0,0,9,9", "--detector", "crystal-ball"], "crystal-ball", 2),
    ],
)
def test_what_cannot_be_meant_is_refused(video: Path, arguments: list[str], words: str, code: int) -> None:
    result = run("--source", video, "--detector", "motion", *arguments)
    assert result.exit_code == code
    assert words in result.output


def test_a_recording_is_never_overwritten_by_its_own_copy(video: Path) -> None:
    before = video.read_bytes()
    result = run("--source", video, "--line", "a=0,0,9,9", "--annotate", video)
    assert result.exit_code == 2
    assert video.read_bytes() == before


@pytest.mark.parametrize("source", ["rtsp://camera/stream", "/dev/video0", "0", "http://camera/mjpeg"])
def test_a_live_cameras_frame_is_never_written(source: str, tmp_path: Path) -> None:
    result = run("--source", source, "--line", "a=0,0,9,9", "--annotate", tmp_path / "seen.mp4")
    assert result.exit_code == 2
    assert "never written" in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fps", "7"], "--size"),
        (["--size", "768x576"], "--fps"),
        (["--size", "wide", "--fps", "7"], "768x576"),
        (["--size", "768x576", "--fps", "0"], "0"),
    ],
)
def test_a_detections_file_needs_the_size_and_the_pace_of_its_video(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "det.txt").write_text("1,-1,10,10,20,40,0.9\n", encoding="utf-8")
    result = run("--detections", tmp_path / "det.txt", "--line", "a=0,0,9,9", *arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_a_wrong_row_of_a_detections_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "det.txt").write_text("1,-1,10,10,20,40,0.9\n2,-1,ten\n", encoding="utf-8")
    given = ("--detections", tmp_path / "det.txt", "--size", "99x99", "--fps", "7", "--line", "a=0,0,9,9")
    result = run(*given)
    assert result.exit_code == 1
    assert "row 2" in result.output


def test_frames_are_counted_alike_however_often(video: Path) -> None:
    arguments = (
        "--source",
        video,
        "--detector",
        "motion",
        "--reference",
        "centre",
        "--line",
        "door=160,240,160,0",
    )
    assert len({json.dumps(counted(*arguments)["lines"]) for _ in range(2)}) == 1
    assert np.isfinite(list(counted(*arguments)["ms_per_frame"].values())).all()
