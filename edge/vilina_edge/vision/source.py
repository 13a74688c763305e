"""Where frames come from: recordings and live cameras, through OpenCV, as generators that let go when they end."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

import cv2

from vilina_edge.clock import Clock
from vilina_edge.errors import SourceError
from vilina_edge.sources import is_picamera, without_password
from vilina_edge.types import Frame, Image

# OpenCV and FFmpeg print their own troubles; ours name the remedy. FFmpeg reads this once, before its first use.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

PICAMERA_SIZE: Final = (640, 480)
OPEN_TIMEOUT_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """Size in pixels, frames a second, and how many frames; 0 where the file does not say."""

    width: int
    height: int
    frames_per_second: float
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.frames_per_second


def probe(path: Path) -> RecordingInfo:
    """What a recording says of itself.

    Raises:
        SourceError: it is not a recording that can be played.
    """
    with _opened_recording(path) as capture:
        return _info(capture, path)


def recording(path: Path, *, start: datetime) -> Iterator[Frame]:
    """The frames of a recording, the first at `start`, each `1 / frames a second` after the one before.

    Raises:
        SourceError: it is not a recording that can be played.
    """
    with _opened_recording(path) as capture:
        step = 1 / _info(capture, path).frames_per_second
        index = 0
        while (image := _read(capture)) is not None:
            yield Frame(image, start + timedelta(seconds=index * step), index)
            index += 1
    if index == 0:
        raise SourceError(f"{path} has no frames that can be played")


def live(source: str, *, clock: Clock) -> Iterator[Frame]:
    """The frames of a camera (an RTSP or HTTP address, /dev/video0, 0, or picamera), each at the time it was read.

    Ends when the camera gives no more frames.

    Raises:
        SourceError: it cannot be opened.
    """
    if is_picamera(source):
        yield from _picamera(int(source.partition(":")[2] or 0), clock=clock)
        return
    number = source.removeprefix("/dev/video")
    if number.isdigit():
        capture = cv2.VideoCapture(int(number), cv2.CAP_V4L2)
    else:
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            OPEN_TIMEOUT_MS,
        ]
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, timeouts)
    try:
        if not capture.isOpened():
            raise SourceError(f"the camera {without_password(source)} does not open: is it on and connected?")
        index = 0
        while (image := _read(capture)) is not None:
            yield Frame(image, clock.now(), index)
            index += 1
    finally:
        capture.release()


def _picamera(number: int, *, clock: Clock) -> Iterator[Frame]:
    try:
        from picamera2 import Picamera2  # noqa: PLC0415  # comes with Raspberry Pi OS and nothing else
    except ImportError as error:
        raise SourceError(
            "Picamera2 is not installed: sudo apt install python3-picamera2, and make the virtual environment with"
            " --system-site-packages"
        ) from error
    try:
        camera = Picamera2(number)
        # What it calls RGB888 is blue, green, red in memory.
        camera.configure(camera.create_video_configuration(main={"size": PICAMERA_SIZE, "format": "RGB888"}))
        camera.start()
    except (RuntimeError, IndexError, OSError) as error:
        raise SourceError(
            f"camera {number} of this Raspberry Pi does not open: {error}; is its cable in?"
        ) from error
    try:
        for index in count():
            yield Frame(camera.capture_array("main"), clock.now(), index)
    except (RuntimeError, OSError) as error:
        raise SourceError(f"camera {number} of this Raspberry Pi has failed: {error}") from error
    finally:
        camera.stop()
        camera.close()


@contextmanager
def _opened_recording(path: Path) -> Iterator[cv2.VideoCapture]:
    if not path.is_file():
        raise SourceError(f"there is no recording at {path}")
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise SourceError(f"{path} is not a video that can be played; try to convert it to MP4")
        yield capture
    finally:
        capture.release()


def _info(capture: cv2.VideoCapture, path: Path) -> RecordingInfo:
    per_second = capture.get(cv2.CAP_PROP_FPS)
    if not (math.isfinite(per_second) and 0 < per_second <= 1000):
        raise SourceError(f"{path} does not say how many frames it has a second; try to convert it to MP4")
    return RecordingInfo(
        width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        frames_per_second=per_second,
        frames=max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))),
    )


def _read(capture: cv2.VideoCapture) -> Image | None:
    good, image = capture.read()
    return image if good else None  # type: ignore[return-value]  # OpenCV's stubs do not know that frames are uint8
