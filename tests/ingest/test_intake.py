"""What bytes mean: whatever comes, it is stored, refused with a reason, or a stranger's; nothing else happens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.sites import square
from vilina_edge.wire import Committed, LineCount, Report, Topic, encode
from vilina_ingest.directory import CHANNELS, Directory
from vilina_ingest.intake import Intake, commit_acks, take_in
from vilina_ingest.sequences import Numbers, Sequences
from vilina_ingest.store_sqlite import SqliteStore

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT, OTHER = "00000000000000aa", "00000000000000bb"
DIRECTORY = Directory.of(square())
VALID: dict[str, Any] = {
    "counter": "counter-a", "boot": BOOT, "seq": 3, "first_seq": 2,
    "start": "2026-03-02T12:14:31.200Z", "end": "2026-03-02T12:14:33.400Z",
    "lines": [{"line": "middle", "entered": 2, "left": 1}],
    "areas": [{"area": "hall", "mean": 1.5, "most": 2, "dwell": [1, 2]}], "gap": None, "time_uncertain": False,
}  # fmt: skip

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**400])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-03-02T12:00:00+25:00"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A valid report with some of its values replaced, left out, or said twice."""
    said = dict(VALID)
    for key in draw(st.lists(st.sampled_from(sorted(VALID)), max_size=3)):
        said[key] = draw(json_values)
    for key in draw(st.lists(st.sampled_from(sorted(VALID)), max_size=2)):
        said.pop(key, None)
    text = json.dumps(said)
    if draw(st.booleans()):
        text = text[:-1] + f', "seq": {draw(st.integers(-2, 2**65))}' + "}"
    return text.encode("utf-8", "surrogatepass")


@st.composite
def bytes_off(draw: st.DrawFn) -> bytes:
    """A valid report with some bytes changed."""
    payload = bytearray(json.dumps(VALID).encode())
    for _ in range(draw(st.integers(1, 6))):
        payload[draw(st.integers(0, len(payload) - 1))] = draw(st.integers(0, 255))
    return bytes(payload)


def taken(payload: bytes, topic: str = str(Topic("square", "counter-a", "report"))) -> Intake:
    return take_in([(topic, payload)], DIRECTORY, NOON)


@given(st.binary(max_size=300) | mutations() | bytes_off(), st.sampled_from(CHANNELS))
@example(b"[" * 10_000, "report")
@example(b'{"a":' * 3_000, "status")
@example(json.dumps(VALID | {"areas": []}).replace("1", "1e999").encode(), "report")
@example(json.dumps(VALID | {"seq": float("nan")}).encode(), "report")
@settings(deadline=None, max_examples=500)
def test_whatever_comes_is_stored_or_refused_with_a_reason(payload: bytes, channel: str) -> None:
    intake = taken(payload, f"vilina/v1/square/counter-a/{channel}")
    batch = intake.batch()
    told = (*batch.statuses, *batch.healths, *batch.config_acks, *batch.validations)
    assert len(intake.refused) + intake.reports + len(told) == 1
    assert all(message.reason for message in intake.refused)


@given(st.lists(mutations() | bytes_off(), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_whatever_is_not_refused_can_be_stored(payloads: list[bytes]) -> None:
    topic = str(Topic("square", "counter-a", "report"))
    intake = take_in([(topic, payload) for payload in payloads], DIRECTORY, NOON)
    store = SqliteStore.open(":memory:")  # type: ignore[arg-type]  # SQLite's own name for no file
    try:
        store.write(intake.batch())
    finally:
        store.close()


@given(
    st.text(max_size=60)
    | st.tuples(st.text(max_size=9), st.text(max_size=9)).map(lambda t: f"vilina/v1/{t[0]}/{t[1]}/report")
)
@settings(deadline=None)
def test_a_message_on_any_topic_is_refused_or_a_strangers(topic: str) -> None:
    intake = taken(b"{}", topic)
    assert len(intake.refused) + len(intake.strangers) == 1
    assert not intake.kept


def test_what_a_site_sends_is_refused_from_a_counter() -> None:
    (message,) = taken(b"{}", "vilina/v1/square/counter-a/ack").refused
    assert "is sent its ack" in message.reason


def test_a_report_of_an_unknown_line_gets_no_ack_and_is_not_stored_in_part() -> None:
    lines = (LineCount(line="middle", entered=1, left=0), LineCount(line="lift", entered=1, left=0))
    report = Report(
        counter="counter-a", boot=BOOT, seq=1, start=NOON, end=NOON + timedelta(seconds=1), lines=lines
    )
    intake = taken(encode(report))
    assert (intake.points, intake.kept, len(intake.refused)) == ([], {}, 1)


numbers = st.builds(
    lambda boot, first, more: Numbers(boot, first, first + more),
    st.sampled_from([BOOT, OTHER]), st.integers(1, 400), st.integers(0, 5),
)  # fmt: skip


@given(st.lists(numbers, max_size=300))
@settings(deadline=None)
def test_acks_name_what_is_kept_and_nothing_else(kept: list[Numbers]) -> None:
    acks = commit_acks({"counter-a": kept})
    named = [
        (part.boot, n) for _, ack in acks for part in ack.committed for n in range(part.first, part.last + 1)
    ]
    assert len(named) == len(set(named))
    assert set(named) == {(one.boot, n) for one in kept for n in range(one.first, one.last + 1)}


def test_reports_in_a_row_are_one_range_of_one_ack() -> None:
    kept = [Numbers(BOOT, n, n) for n in range(500, 0, -1)]
    ((_, ack),) = commit_acks({"counter-a": kept})
    assert ack.committed == (Committed(boot=BOOT, first=1, last=500),)


@given(st.lists(numbers, max_size=60))
@settings(deadline=None)
def test_holes_are_what_has_not_come_between_the_first_and_the_last(come: list[Numbers]) -> None:
    sequences = Sequences()
    sequences.add(come)
    expected = 0
    for boot in (BOOT, OTHER):
        seen = {n for one in come if one.boot == boot for n in range(one.first, one.last + 1)}
        expected += len(set(range(min(seen), max(seen) + 1)) - seen) if seen else 0
    assert sequences.missing() == expected
