"""Recordings and cameras."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.edge.videos import discs, walking_right, write_video
from tests.edge.walks import START
from vilina_edge.clock import SystemClock
from vilina_edge.errors import SourceError
from vilina_edge.sources import is_live
from vilina_edge.vision.source import live, probe, recording


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "walk.avi", discs(walking_right(10, empty=2)), per_second=8)


def test_frames_come_in_order_with_the_times_of_the_recording(video: Path) -> None:
    frames = list(recording(video, start=START))
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.at - START for frame in frames] == [timedelta(seconds=i / 8) for i in range(12)]
    assert {frame.image.shape for frame in frames} == {(240, 320, 3)}


def test_a_recording_says_its_size_and_length(video: Path) -> None:
    info = probe(video)
    assert (info.width, info.height, info.frames_per_second, info.frames) == (320, 240, 8, 12)
    assert info.seconds == 1.5


def test_a_recording_may_be_left_in_the_middle(video: Path) -> None:
    frames = recording(video, start=START)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(list(recording(video, start=START))) == 12


def test_a_recording_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match=r"there is no recording at nowhere\.avi"):
        next(recording(Path("nowhere.avi"), start=START))


@pytest.mark.parametrize("content", [b"", b"not a video at all\n" * 100, b"RIFF\x00\x00\x00\x00AVI LIST"])
def test_a_file_that_is_no_video_says_what_to_do_and_nothing_else(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"convert it to MP4|no frames"):
        list(recording(path, start=START))
    assert capfd.readouterr() == ("", "")


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "empty.avi", [])
    with pytest.raises(SourceError):
        list(recording(path, start=START))


def test_a_camera_that_does_not_open_is_named_without_its_password(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError) as caught:
        next(live("rtsp://user:secret@127.0.0.1:9/door", clock=SystemClock()))
    assert "127.0.0.1:9/door" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_camera_that_is_not_there_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="/dev/video93"):
        next(live("/dev/video93", clock=SystemClock()))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("camera", ["rtsp://camera/door", "http://camera/mjpg", "/dev/video0", "0"])
def test_an_address_or_a_device_is_a_camera(camera: str) -> None:
    assert is_live(camera)


@pytest.mark.parametrize("file", ["street.avi", "./0", "/data/video0.mp4", "rtsp.avi"])
def test_a_file_is_a_recording(file: str) -> None:
    assert not is_live(file)
