"""The wire: what is valid, what is refused, and that the published schema is the truth."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vilina_edge.errors import WireError
from vilina_edge.schema import asyncapi, json_schema
from vilina_edge.wire import (
    MAX_BYTES,
    MESSAGES,
    AreaPresence,
    CommitAck,
    Committed,
    Health,
    LineCount,
    Message,
    Report,
    Status,
    Topic,
    decode,
    decode_report,
    encode,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOPIC = Topic("square", "counter-a", "report")

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True)
boots = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
counts = st.integers(0, 1_000_000)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
means = st.floats(0, 1e6, allow_nan=False)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    start = draw(instants)
    seq = draw(st.integers(1, 2**53))
    return Report(
        counter=draw(names),
        boot=draw(boots),
        seq=seq,
        start=start,
        end=start + timedelta(milliseconds=draw(st.integers(1, 900_000))),
        lines=tuple(
            LineCount(line=line, entered=draw(counts), left=draw(counts))
            for line in draw(st.lists(names, unique=True, max_size=5))
        ),
        areas=tuple(
            AreaPresence(
                area=area,
                mean=draw(means),
                most=draw(counts),
                dwell=tuple(draw(st.lists(counts, max_size=3))),
            )
            for area in draw(st.lists(names, unique=True, max_size=2))
        ),
        first_seq=draw(st.none() | st.integers(1, seq)),
        time_uncertain=draw(st.booleans()),
    )


messages = (
    reports()
    | st.builds(
        Status,
        state=st.sampled_from(["online", "blind", "stopped", "offline"]),
        boot=boots,
        at=st.none() | instants,
    )
    | st.builds(Health, boot=boots, at=instants, uptime_s=means, outbox_depth=counts)
    | st.builds(
        CommitAck,
        committed=st.lists(
            st.builds(Committed, boot=boots, first=st.integers(1, 99), last=st.integers(100, 999)),
            min_size=1,
            max_size=5,
        ).map(tuple),
    )
)


def report(**changes: Any) -> Report:
    whole = Report(
        counter="counter-a", boot="00000000000000aa", seq=3, start=NOON, end=NOON + timedelta(seconds=1),
        lines=(LineCount(line="door-a", entered=1, left=0),),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


@given(messages)
def test_what_is_encoded_decodes_to_the_same(message: Message) -> None:
    assert decode(encode(message), type(message)) == message


@given(messages)
@settings(deadline=None)
def test_what_is_encoded_fits_the_published_schema(message: Message) -> None:
    schema = json_schema() | {"$ref": f"#/$defs/{type(message).__name__}"}
    jsonschema.validate(json.loads(encode(message)), schema)


@given(
    st.binary(max_size=200)
    | messages.map(lambda m: encode(m)[:-1])
    | messages.map(lambda m: encode(m) + b"x")
)
def test_garbage_is_a_wire_error_and_nothing_else(payload: bytes) -> None:
    with pytest.raises(WireError):
        decode_report(TOPIC, payload)


@given(st.sampled_from(list(MESSAGES.values())), messages.map(encode), st.data())
@settings(deadline=None)
def test_a_message_with_bytes_changed_is_refused_or_means_the_same_when_said_again(
    kind: type[Message], payload: bytes, data: st.DataObject
) -> None:
    changed = bytearray(payload)
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = decode(bytes(changed), kind)
    except WireError:
        return
    assert decode(encode(message), kind) == message


@given(st.text(max_size=80))
def test_a_topic_is_ours_or_a_wire_error(text: str) -> None:
    try:
        assert str(Topic.parse(text)) == text
    except WireError:
        assert not text.startswith("vilina/v1/square/counter-a/report")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end": NOON}, "end after it starts"),
        ({"first_seq": 4}, "first_seq"),
        ({"lines": (LineCount(line="a", entered=0, left=0),) * 2}, "named twice"),
        ({"gap": "no_frames"}, "a gap has no counts"),
    ],
)
def test_a_report_that_contradicts_itself_cannot_be_built(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        report(**changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", 0), ("seq", 1.5), ("boot", "short"), ("counter", "a/b"), ("counter", ""), ("v", 2), ("gap", "lunch"),
        ("start", "2026-03-02T12:00:00"), ("lines", [{"line": "a", "entered": -1, "left": 0}]),
        ("lines", [{"line": "a", "entered": 1}]), ("track_id", 7), ("note", "free text"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_or_unknown_is_refused(field: str, value: object) -> None:
    payload = json.loads(encode(report())) | {field: value}
    with pytest.raises(WireError):
        decode_report(TOPIC, json.dumps(payload).encode())


def test_a_counter_speaks_only_for_itself() -> None:
    with pytest.raises(WireError, match=r"counter-b.*counter-a"):
        decode_report(Topic("square", "counter-b", "report"), encode(report()))


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(WireError, match="16384"):
        decode(b" " * (MAX_BYTES + 1), Report)


def test_the_largest_report_that_can_be_built_fits() -> None:
    name = "n" * 60
    largest = report(
        lines=tuple(LineCount(line=f"{name}{i:03}", entered=10**6, left=10**6) for i in range(64)),
        areas=tuple(
            AreaPresence(area=f"{name}{i:03}", mean=123456.123456789, most=10**6, dwell=(10**6,) * 12)
            for i in range(16)
        ),
    )
    assert len(encode(largest)) <= MAX_BYTES


@pytest.mark.parametrize(("file", "document"), [("schema.json", json_schema), ("asyncapi.json", asyncapi)])
def test_the_published_documents_are_those_of_the_types(file: str, document: Any) -> None:
    published = json.loads((ROOT / "docs" / "protocol" / file).read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(document())), (
        f"renew it: vilina edge schema > docs/protocol/{file}"
    )
