"""Whatever an InfluxDB answers, nothing is lost, and one bad report does not hold up the others."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brokers import free_port
from tests.ingest.pretended_influx import STORED, Answer, PretendedInflux, fault
from tests.ingest.stores import BOOT, MINUTE, NOON, crossings
from vilina_ingest.errors import ReportsRefused, StoreError
from vilina_ingest.influx.answers import Rejected, reason_of, retry_after
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.influx.writer import BATCH_LINES, LineWriter
from vilina_ingest.store import Batch, Bins

REPORTS = Batch([crossings(seq, end=NOON + seq * MINUTE) for seq in range(1, 41)])
POISON = 17


@pytest.fixture
def server() -> Iterator[PretendedInflux]:
    with PretendedInflux() as started:
        yield started


@pytest.fixture
def store(server: PretendedInflux) -> Iterator[InfluxStore]:
    with closing(InfluxStore(InfluxSettings(url=server.url, timeout_s=0.5))) as opened:
        yield opened


def is_of(line: str, seq: int) -> bool:
    return f",seq={seq}i " in line


def test_204_is_stored(store: InfluxStore, server: PretendedInflux) -> None:
    store.write(REPORTS)
    assert len(server.points()) == 40


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "unable to parse 'crossings': invalid field"),
        (
            400,
            "partial write: field type conflict: input field is type float dropped=1",
        ),
        (422, "failure writing points to database: partial write: points beyond retention policy dropped=1"),
    ],
)
def test_a_poison_line_is_refused_alone_and_all_others_are_stored(
    store: InfluxStore, server: PretendedInflux, status: int, message: str
) -> None:
    server.judge = lambda lines: (
        fault(status, message) if any(is_of(one, POISON) for one in lines) else STORED
    )
    with pytest.raises(ReportsRefused) as caught:
        store.write(REPORTS)
    (refused,) = caught.value.refused
    assert (refused.counter, refused.boot, refused.seq) == ("counter-a", BOOT, POISON)
    assert message[:40] in refused.reason
    assert len(server.points()) == 39
    assert len(server.writes) < 20


def test_several_bad_lines_of_one_report_are_one_refused_report(
    store: InfluxStore, server: PretendedInflux
) -> None:
    server.judge = lambda lines: (
        fault(400, "no") if any(is_of(one, 3) or is_of(one, 9) for one in lines) else STORED
    )
    both_lines = [crossings(3, end=NOON, line=line) for line in ("door-a", "door-b")]
    with pytest.raises(ReportsRefused) as caught:
        store.write(Batch([*both_lines, crossings(9, end=NOON), crossings(10, end=NOON)]))
    assert [one.seq for one in caught.value.refused] == [3, 9]
    assert len(server.points()) == 1


def test_a_request_that_is_too_large_is_halved_until_it_is_not(
    store: InfluxStore, server: PretendedInflux
) -> None:
    server.judge = lambda lines: fault(413, "Request Entity Too Large") if len(lines) > 6 else STORED
    store.write(REPORTS)
    assert len(server.points()) == 40


def test_a_line_that_is_too_large_by_itself_is_refused(store: InfluxStore, server: PretendedInflux) -> None:
    server.judge = lambda lines: (
        fault(413, "too large") if any(is_of(one, POISON) for one in lines) else STORED
    )
    with pytest.raises(ReportsRefused, match="too large"):
        store.write(REPORTS)
    assert len(server.points()) == 39


def test_a_batch_that_is_too_old_as_a_whole_is_refused_without_asking_about_each_line() -> None:
    asked = []

    class AllTooOld:
        def write(self, body: str) -> Rejected | None:
            asked.append(body)
            count = body.count("old")
            return Rejected("partial write: points beyond retention policy", count) if count else None

    lines = [(f"old {n}", crossings(n, end=NOON)) for n in range(1000)]
    writer = LineWriter(AllTooOld(), lambda: ("new", None))
    assert len(writer.write(lines)) == 1000
    assert len(asked) == 2


def test_a_server_that_finds_fault_with_everything_refuses_no_report(
    store: InfluxStore, server: PretendedInflux
) -> None:
    server.judge = lambda _: fault(400, "bucket is required")
    with pytest.raises(StoreError, match="with itself") as caught:
        store.write(REPORTS)
    assert not isinstance(caught.value, ReportsRefused)


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "refuses our token"), (403, "refuses our token"), (404, "init"), (500, "500"), (307, "307")],
)
def test_what_is_not_the_reports_fault_is_for_later_and_says_what_to_do(
    store: InfluxStore, server: PretendedInflux, status: int, says: str
) -> None:
    server.judge = lambda _: fault(status, "it is so", Location="http://127.0.0.1:1/")
    with pytest.raises(StoreError, match=says) as caught:
        store.write(REPORTS)
    assert not isinstance(caught.value, ReportsRefused)
    assert len(server.writes) == 1
    server.judge = lambda _: STORED
    store.write(REPORTS)
    assert len(server.points()) == 40


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when_to_come_again(
    store: InfluxStore, server: PretendedInflux, status: int
) -> None:
    server.judge = lambda _: fault(status, "busy", Retry_After="7")
    with pytest.raises(StoreError, match="busy") as caught:
        store.write(REPORTS)
    assert caught.value.retry_after_s == 7.0


@pytest.mark.parametrize(
    "answer",
    [Answer(500, "x" * 100, cut=True), Answer(200, "x" * 100, cut=True), Answer(silent=True)],
    ids=["cut in an error", "cut in a success", "no answer"],
)
def test_a_lost_answer_is_tried_again_and_what_was_stored_twice_is_there_once(
    store: InfluxStore, server: PretendedInflux, answer: Answer
) -> None:
    def stored_but_not_said(lines: list[str]) -> Answer:
        server.stored += lines
        return answer

    server.judge = stored_but_not_said
    with pytest.raises(StoreError, match="does not answer"):
        store.write(REPORTS)
    server.judge = lambda _: STORED
    store.write(REPORTS)
    assert len(server.points()) == 40


def test_a_fault_in_the_second_batch_leaves_the_whole_to_be_tried_again(
    store: InfluxStore, server: PretendedInflux
) -> None:
    many = Batch([crossings(seq, end=NOON + timedelta(seconds=seq)) for seq in range(1, BATCH_LINES + 1000)])
    server.judge = lambda _: STORED if len(server.writes) == 1 else fault(503, "busy")
    with pytest.raises(StoreError):
        store.write(many)
    server.judge = lambda _: STORED
    store.write(many)
    assert len(server.points()) == len(many.points)


def test_nobody_there_is_for_later() -> None:
    with closing(InfluxStore(InfluxSettings(url=f"http://127.0.0.1:{free_port()}"))) as store:
        with pytest.raises(StoreError, match="does not answer"):
            store.write(REPORTS)
        with pytest.raises(StoreError, match="does not answer"):
            store.version()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(200, '{"results": [{"statement_id": 0, "series": [{"name": "flow', cut=True), "does not answer"),
        (Answer(200, '{"results": [{"statement_id"'), "no whole answer"),
        (Answer(200, "<html>a proxy's page</html>"), "no whole answer"),
        (Answer(200, '{"results": [{"statement_id": 0, "error": "timeout"}]}'), "timeout"),
        (Answer(200, '{"results": [{"statement_id": 0, "partial": true}]}'), "max-row-limit"),
        (Answer(200, '{"results": [{"statement_id": 0, "error": "database not found: vilina"}]}'), "init"),
        (fault(401, "unauthorized"), "refuses our token"),
        (fault(503, "busy"), "busy"),
        (fault(400, "error parsing query"), "error parsing query"),
        (Answer(silent=True), "does not answer"),
    ],
)  # fmt: skip
def test_half_an_answer_is_never_taken_for_a_whole_one(
    store: InfluxStore, server: PretendedInflux, answer: Answer, says: str
) -> None:
    server.answer_to_query = answer
    bins = Bins.regular(NOON, NOON + MINUTE, MINUTE)
    with pytest.raises(StoreError, match=says):
        store.flows("square", bins, ["door-a"])


def test_a_token_is_sent_and_never_said(server: PretendedInflux) -> None:
    server.judge = lambda _: fault(401, "unauthorized")
    settings = InfluxSettings.model_validate({"url": server.url, "token": "not-to-be-seen"})
    with closing(InfluxStore(settings)) as store, pytest.raises(StoreError) as caught:
        store.write(REPORTS)
    assert "not-to-be-seen" not in str(caught.value) + repr(settings)


def test_a_wait_is_seconds_or_a_date_and_has_its_bounds() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after({"Retry-After": "12"}) == 12.0
    assert 80 < retry_after({"Retry-After": soon}) <= 90
    assert retry_after({"Retry-After": "-3"}) == retry_after({"Retry-After": "nan"}) == 0.0
    assert retry_after({"Retry-After": "99999999"}) == 300.0
    assert retry_after({"Retry-After": "whenever"}) == retry_after({}) == 5.0


@given(st.text())
def test_a_reason_is_one_bounded_line_whatever_the_body(body: str) -> None:
    reason = reason_of(body)
    assert len(reason) <= 300
    assert len(reason.splitlines()) <= 1
