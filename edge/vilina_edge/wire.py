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
MILLISECOND: Final = timedelta(milliseconds=1)
"""The grid of all times on the wire."""
SLOT: Final = timedelta(minutes=15)
"""No report reaches across a boundary of this grid, so every roll-up is exact."""

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Name = Annotated[str, msgspec.Meta(pattern=NAME, description="a name of the site model")]
Boot = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$", description="random, new at each start")]
Sequence = Annotated[int, msgspec.Meta(ge=1, description="counts reports of one boot from 1, without holes")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0)]
Instant = Annotated[datetime, msgspec.Meta(tz=True, description="UTC")]
Version = Literal[1]

GapReason = Literal["no_frames", "outbox_full"]
"""Why a report has no counts: the camera gave no frames, or the outbox had no room left."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every message has in common."""


class LineCount(Message, frozen=True):
    """People who crossed one line: walking along its arrow, who entered came from the left-hand side."""

    line: Name
    entered: Count
    left: Count


class AreaPresence(Message, frozen=True):
    """People in one area: time-weighted mean, most at once, and a histogram of finished stays."""

    area: Name
    mean: Annotated[float, msgspec.Meta(ge=0.0)]
    most: Count
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
        if self.first_seq is not None and self.first_seq > self.seq:
            raise ValueError("first_seq must not be greater than seq")
        if len({count.line for count in self.lines}) != len(self.lines):
            raise ValueError("a line is named twice")
        if self.gap is not None and any(count.entered or count.left for count in self.lines):
            raise ValueError("a gap has no counts")

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
    """How a counter is; retained. `offline` is its last will, `blind` means running without frames."""

    state: StatusState
    boot: Boot
    at: Instant | None = None
    v: Version = VERSION


class Health(Message, frozen=True):
    """How a counter feels, once a minute."""

    boot: Boot
    at: Instant
    uptime_s: Seconds
    outbox_depth: Count
    frames_per_second: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    inference_ms: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
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


Channel = Literal["report", "status", "health", "ack"]
MESSAGES: Final[dict[Channel, type[Message]]] = {
    "report": Report,
    "status": Status,
    "health": Health,
    "ack": CommitAck,
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
        parts = text.split("/")
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
