"""Where frames come from: recordings and live cameras, through OpenCV, as generators that let go when they end."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import cv2

from vilina_edge.clock import Clock
from vilina_edge.errors import SourceError
from vilina_edge.types import Frame, Image

# OpenCV and FFmpeg print their own troubles; ours name the remedy. FFmpeg reads this once, before its first use.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

LIVE: Final = re.compile(r"^(rtsps?|https?|udp|tcp)://|^/dev/video\d+$|^\d+$")
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


def is_live(source: str) -> bool:
    """Whether a source is a camera, whose frames are never kept, and not a recording."""
    return LIVE.match(source) is not None


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
    """The frames of a camera (an RTSP or HTTP address, /dev/video0, or 0), each at the time it was read.

    Ends when the camera gives no more frames.

    Raises:
        SourceError: it cannot be opened.
    """
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
            raise SourceError(
                f"the camera {_without_password(source)} does not open: is it on and connected?"
            )
        index = 0
        while (image := _read(capture)) is not None:
            yield Frame(image, clock.now(), index)
            index += 1
    finally:
        capture.release()


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


def _without_password(source: str) -> str:
    return re.sub(r"//[^/@]*@", "//...@", source)
