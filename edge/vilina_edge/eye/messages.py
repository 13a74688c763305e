"""What passes between the eye and the rest of the counter: lines of JSON through two pipes.

Times are *steady*: the machine's monotonic clock, written as if it had begun in 1970, so that they never jump. Only the
other side knows what time it is.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vilina_edge.types import AreaLook, Crossing, Detail, DetectorName
from vilina_edge.wire import BlindReason, Config

MAX_LINE: Final = 64 * 1024
VITALS_EVERY: Final = timedelta(seconds=5)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the eye looks at and for; the only thing that it is told.

    `utc` is the time at which it begins, for simulated schedules. A `fast` recording is played as fast as it can be
    counted, its first frame at the beginning of steady time. `pose` is the text of a `vision.pose.Pose`.
    """

    source: str
    config: Config
    detector: DetectorName
    utc: datetime
    pose: str | None = None
    fast: bool = False
    repeat: bool = False
    threads: int = 1
    detail: Detail = 320


class Said(msgspec.Struct, frozen=True, tag_field="say", tag=str.lower, omit_defaults=True):
    """What all messages of the eye have in common."""


class Seen(Said, frozen=True):
    """One frame: what it decided. There is nothing in it that tells one person from another."""

    at: datetime
    crossings: tuple[Crossing, ...] = ()
    areas: tuple[AreaLook, ...] = ()


class Blind(Said, frozen=True):
    """It does not see, since `since`; said again every second."""

    at: datetime
    reason: BlindReason
    since: datetime


class Vitals(Said, frozen=True):
    """Of the last seconds: frames, on how many of them the detector ran, and for how long in all."""

    frames: int
    detected: int
    detect_s: float
    brightness: float | None = None
    sharpness: float | None = None


class Trouble(Said, frozen=True):
    """Something to tell a person; the eye goes on by itself."""

    text: str


class Refused(Said, frozen=True):
    """Nothing can be seen with this task, now or later."""

    text: str


class Ended(Said, frozen=True):
    """The recording is over, or the eye was told to stop; everything that it saw has been said."""


Message = Seen | Blind | Vitals | Trouble | Refused | Ended
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Message)


def to_line(message: Message) -> bytes:
    return _encoder.encode(message) + b"\n"


def from_line(line: bytes) -> Message:
    """Read a line of the eye.

    Raises:
        msgspec.DecodeError: it is not a message; whatever else it is, it goes no further.
    """
    message: Message = _decoder.decode(line)
    return message
