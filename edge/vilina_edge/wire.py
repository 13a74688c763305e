"""The messages between a counter and the site, and nothing else: every field that ever leaves a counter.

All times are UTC with milliseconds. A payload is JSON, at most `MAX_BYTES` long, without free text: names
follow `NAME`, reasons are codes. Values are valid once constructed; bytes become values only through `decode`
and `decode_report`. The published JSON Schema and AsyncAPI documents are generated from these types by
`vilina edge schema`.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self, TypeVar

import msgspec

from vilina_edge.errors import WireError

VERSION: Final = 1
MAX_BYTES: Final = 16 * 1024
EPOCH: Final = datetime.fromtimestamp(0, UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Nanoseconds since 1970 fit into 64 bits until 2262."""
MILLISECOND: Final = timedelta(milliseconds=1)
"""The grid of all times on the wire."""
SLOT: Final = timedelta(minutes=15)
"""No report reaches across a boundary of this grid, so every roll-up is exact."""

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Name = Annotated[str, msgspec.Meta(pattern=NAME, description="a name of the site model")]
Boot = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$", description="random, new at each start")]
Sequence = Annotated[
    int, msgspec.Meta(ge=1, le=2**53, description="counts reports of one boot from 1, without holes")
]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0)]
Instant = Annotated[datetime, msgspec.Meta(tz=True, description="UTC")]
Version = Literal[1]

BlindReason = Literal["no_frames", "frozen", "dark", "blurred", "blocked", "moved"]
"""Why a counter cannot see: no pictures, always the same one, or pictures that are of no use."""
GapReason = Literal[BlindReason, "outbox_full"]
"""Why a report has no counts: the counter could not see, or the outbox had no room left."""

DWELL_EDGES_S: Final = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
"""Where the bins of a dwell histogram meet, seconds: the first is under 5 s, the last an hour and over."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every message has in common."""


class LineCount(Message, frozen=True):
    """People who crossed one line: walking along its arrow, who entered came from the left-hand side."""

    line: Name
    entered: Count
    left: Count


class AreaPresence(Message, frozen=True):
    """People in one area: time-weighted mean, most at once, and a histogram of finished stays (`DWELL_EDGES_S`).

    In a queue, those of them who stand and wait, too.
    """

    area: Name
    mean: Annotated[float, msgspec.Meta(ge=0.0)]
    most: Count
    waiting_mean: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    waiting_most: Count | None = None
    dwell: Annotated[tuple[Count, ...], msgspec.Meta(max_length=16)] = ()


class Report(Message, frozen=True):
    """What a counter says about one interval `[start, end)`.

    `(counter, boot, seq)` identifies it. One that was merged from several stands for `first_seq` to `seq`.
    With a `gap` there are no counts: the interval was not observed, which is never the same as zero.
    """

    counter: Name
    boot: Boot
    seq: Sequence
    start: Instant
    end: Instant
    lines: Annotated[tuple[LineCount, ...], msgspec.Meta(max_length=64)]
    areas: Annotated[tuple[AreaPresence, ...], msgspec.Meta(max_length=16)] = ()
    first_seq: Sequence | None = None
    gap: GapReason | None = None
    time_uncertain: bool = False
    v: Version = VERSION

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a report must end after it starts")
        if self.start < EPOCH or self.end > LATEST:
            raise ValueError("a report is of 1970 at the earliest and 2199 at the latest")
        if self.first_seq is not None and self.first_seq > self.seq:
            raise ValueError("first_seq must not be greater than seq")
        # Ingest does this for every report: nothing is built where there is nothing to compare.
        if len(self.lines) > 1 and len({count.line for count in self.lines}) != len(self.lines):
            raise ValueError("a line is named twice")
        if len(self.areas) > 1 and len({area.area for area in self.areas}) != len(self.areas):
            raise ValueError("an area is named twice")
        if self.gap is not None and self._counted_anybody():
            raise ValueError("a gap has no counts")

    def _counted_anybody(self) -> bool:
        return any(count.entered or count.left for count in self.lines) or any(
            area.most for area in self.areas
        )

    @property
    def seconds(self) -> float:
        """Length of the interval."""
        return (self.end - self.start).total_seconds()

    @property
    def first(self) -> int:
        """The first sequence number that this report stands for."""
        return self.seq if self.first_seq is None else self.first_seq


StatusState = Literal["online", "blind", "stopped", "offline"]


class Status(Message, frozen=True):
    """How a counter is; retained. `offline` is its last will, `blind` means running but not seeing, with the reason."""

    state: StatusState
    boot: Boot
    at: Instant | None = None
    reason: BlindReason | None = None
    v: Version = VERSION


class Health(Message, frozen=True):
    """How a counter feels, once a minute; what its computer cannot tell is left out.

    `throttled`: the processor was slowed down since the last message (heat, or too little current).
    `clock_offset_s`: how far the clock is from its time server's, as the kernel knows it. `brightness` is the mean
    grey level (0 to 255) and `sharpness` the picture's detail against that of its own good days (1: as ever).
    """

    boot: Boot
    at: Instant
    uptime_s: Seconds
    outbox_depth: Count
    frames_per_second: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    inference_ms: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    temperature_c: float | None = None
    throttled: bool | None = None
    disk_free_mb: Count | None = None
    clock_offset_s: float | None = None
    brightness: Annotated[float, msgspec.Meta(ge=0.0, le=255.0)] | None = None
    sharpness: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    v: Version = VERSION


class Committed(Message, frozen=True):
    """Reports of one boot, `first` to `last`, that the store has committed."""

    boot: Boot
    first: Sequence
    last: Sequence


class CommitAck(Message, frozen=True):
    """Ingest's word that reports are stored; only then does a counter forget them."""

    committed: Annotated[tuple[Committed, ...], msgspec.Meta(min_length=1, max_length=100)]
    v: Version = VERSION


Pixel = tuple[float, float]


class LineConfig(Message, frozen=True):
    """A line in the picture, from its first point to its second."""

    line: Name
    start: Pixel
    end: Pixel


class AreaConfig(Message, frozen=True):
    """An area in the picture; in a queue people also count as waiting."""

    area: Name
    corners: Annotated[tuple[Pixel, ...], msgspec.Meta(min_length=3, max_length=64)]
    queue: bool = False


class FloorConfig(Message, frozen=True):
    """Four points of the floor: in the picture, and in metres where they were measured."""

    pixels: tuple[Pixel, Pixel, Pixel, Pixel]
    metres: tuple[Pixel, Pixel, Pixel, Pixel]


class Config(Message, frozen=True):
    """What a counter counts; retained. Pixels are those of a picture of `size`, whatever size the camera has; without
    it, of the camera's own.

    A counter takes over a `version` that is greater than its own, and answers with a `ConfigAck`.
    """

    version: Annotated[int, msgspec.Meta(ge=0, description="grows; a time in seconds is a good one")]
    size: tuple[Annotated[int, msgspec.Meta(ge=16)], Annotated[int, msgspec.Meta(ge=16)]] | None = None
    lines: Annotated[tuple[LineConfig, ...], msgspec.Meta(max_length=64)] = ()
    areas: Annotated[tuple[AreaConfig, ...], msgspec.Meta(max_length=16)] = ()
    floor: FloorConfig | None = None
    reference: Literal["foot", "centre"] = "foot"
    v: Version = VERSION

    def __post_init__(self) -> None:
        names = [line.line for line in self.lines] + [area.area for area in self.areas]
        if not names:
            raise ValueError("there is nothing to count: neither a line nor an area")
        if len(set(names)) != len(names):
            raise ValueError("a name is given twice")


ConfigFault = Literal["not_readable", "older", "size", "line", "area", "floor"]


class ConfigAck(Message, frozen=True):
    """What a counter did with a config: took it over, or refused it, why, and which part was wrong."""

    accepted: bool
    version: int | None = None
    fault: ConfigFault | None = None
    part: Name | None = None
    v: Version = VERSION


class HandCount(Message, frozen=True):
    """One direction of a line, by hand and by the counter in the same minutes.

    `missed` were counted by hand only, `false` by the counter only. `error` is the signed error as a share of those who
    passed, with its 95 % interval from `low` to `high`.
    """

    direction: Literal["entered", "left"]
    by_hand: Count
    counted: Count
    missed: Count
    false: Count
    error: float
    low: float
    high: float


class Validation(Message, frozen=True):
    """Somebody stood at a line and counted. Ingest acknowledges it like a report, as number 1 of the boot `id`."""

    id: Boot
    line: Name
    start: Instant
    end: Instant
    hand_counts: tuple[HandCount, ...]
    enough: bool
    v: Version = VERSION


Channel = Literal["report", "status", "health", "ack", "config", "config/ack", "validation"]
MESSAGES: Final[dict[Channel, type[Message]]] = {
    "report": Report,
    "status": Status,
    "health": Health,
    "ack": CommitAck,
    "config": Config,
    "config/ack": ConfigAck,
    "validation": Validation,
}
PREFIX: Final = "vilina/v1"


class Topic(msgspec.Struct, frozen=True):
    """`vilina/v1/{site}/{counter}/{channel}`."""

    site: Name
    counter: Name
    channel: Channel

    def __str__(self) -> str:
        return f"{PREFIX}/{self.site}/{self.counter}/{self.channel}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a topic.

        Raises:
            WireError: the text is not a topic of this protocol.
        """
        parts = text.split("/", 4)
        if len(parts) != 5 or "/".join(parts[:2]) != PREFIX:
            raise WireError(f"topic {text!r} is not of the form {PREFIX}/SITE/COUNTER/CHANNEL")
        try:
            return msgspec.convert({"site": parts[2], "counter": parts[3], "channel": parts[4]}, cls)
        except msgspec.ValidationError as error:
            raise WireError(f"topic {text!r}: {error}") from error


_encoder: Final = msgspec.json.Encoder()
_decoders: Final = {kind: msgspec.json.Decoder(kind) for kind in MESSAGES.values()}
M = TypeVar("M", bound=Message)


def encode(message: Message) -> bytes:
    """The payload of a message.

    Raises:
        WireError: it would be longer than `MAX_BYTES`.
    """
    payload = _encoder.encode(message)
    if len(payload) > MAX_BYTES:
        raise WireError(f"a message of {len(payload)} bytes is over the limit of {MAX_BYTES}")
    return payload


def decode(payload: bytes, kind: type[M]) -> M:
    """Read a payload as a message of the given kind.

    Raises:
        WireError: too long, not JSON, or not such a message; the text says which and where.
    """
    if len(payload) > MAX_BYTES:
        raise WireError(f"payload of {len(payload)} bytes is over the limit of {MAX_BYTES}")
    try:
        message = _decoders[kind].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not a {kind.__name__.lower()}: {error}") from error
    assert isinstance(message, kind)
    return message


def decode_report(topic: Topic, payload: bytes) -> Report:
    """Read a report and hold it against its topic: a counter speaks only for itself.

    Raises:
        WireError: as `decode`, or the payload names another counter.
    """
    report = decode(payload, Report)
    if report.counter != topic.counter:
        raise WireError(f"the topic says counter {topic.counter!r}, the payload {report.counter!r}")
    return report
