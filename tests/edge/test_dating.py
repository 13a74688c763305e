"""Reports of a clock that was wrong: held, dated again, and sent in the right order."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brokers import BROKERS, Broker
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.dating import redated
from vilina_edge.delivery.mqtt import Arrived, Client, Connected, Event
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.wire import EPOCH, SLOT, LineCount, Report, Topic, decode

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WOKEN = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
BOOT, OTHER = "00000000000000aa", "00000000000000bb"


def report(seq: int, *, since: datetime = NOON, uncertain: bool = False, boot: str = BOOT) -> Report:
    return Report(
        counter="counter-a", boot=boot, seq=seq, time_uncertain=uncertain,
        start=since + timedelta(seconds=seq - 1), end=since + timedelta(seconds=seq),
        lines=(LineCount(line="middle", entered=1, left=0),),
    )  # fmt: skip


@given(
    st.integers(1, 900_000), st.integers(0, 900_000), st.integers(-10**9, 10**12)
)  # fmt: skip
def test_a_report_that_is_dated_again_keeps_its_counts_and_stays_in_one_quarter(
    length_ms: int, into_ms: int, by_ms: int
) -> None:
    ms = timedelta(milliseconds=1)
    start = NOON + min(into_ms, 900_000 - length_ms) * ms
    before = Report(
        counter="c", boot=BOOT, seq=1, start=start, end=start + length_ms * ms, time_uncertain=True,
        lines=(LineCount(line="door", entered=3, left=2),),
    )  # fmt: skip
    after = redated(before, by_ms * ms, certain=True)
    assert (after.start - EPOCH) // SLOT == (after.end - ms - EPOCH) // SLOT
    assert before.start + by_ms * ms <= after.start < after.end <= before.end + by_ms * ms
    assert 2 * (after.end - after.start) >= before.end - before.start
    assert (after.lines, after.time_uncertain) == (before.lines, False)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox.open(tmp_path / "outbox.db")) as opened:
        yield opened


def test_only_what_nobody_has_seen_of_this_boot_is_dated_again(outbox: Outbox) -> None:
    outbox.add([report(1, boot=OTHER), report(1), report(2)])
    outbox.mark_sent(outbox.oldest(9)[1:2])
    outbox.redate(BOOT, timedelta(hours=1), certain=True)
    kept = [entry.report for entry in outbox.oldest(9)]
    assert kept == [report(1, boot=OTHER), report(1), report(2, since=NOON + timedelta(hours=1))]


def test_what_is_held_is_not_sent_until_the_clock_is_certain(outbox: Outbox) -> None:
    outbox.add([report(1, since=WOKEN, uncertain=True), report(2)], hold=True)
    assert [entry.report.seq for entry in outbox.oldest(9, held=False)] == [2]
    outbox.redate(BOOT, timedelta(minutes=1), certain=False)
    assert [entry.report.seq for entry in outbox.oldest(9, held=False)] == [2]
    outbox.redate(BOOT, NOON - WOKEN, certain=True)
    assert [entry.report.seq for entry in outbox.oldest(9, held=False)] == [1, 2]


def test_an_outbox_of_an_older_version_is_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        db.execute(
            "CREATE TABLE report (id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL,"
            " sent INTEGER NOT NULL DEFAULT 0, payload BLOB NOT NULL, UNIQUE (boot, seq))"
        )
    with closing(Outbox.open(tmp_path / "old.db")) as outbox:
        outbox.add([report(1)])
    with closing(Outbox.open(tmp_path / "old.db")) as again:
        assert [entry.report for entry in again.oldest(9, held=False)] == [report(1)]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made = BROKERS[request.param](tmp_path)
    made.start()
    yield made
    made.kill()


class Listener:
    """Hears what a counter says, and acknowledges nothing."""

    def __init__(self, broker: Broker) -> None:
        self.events: list[Event] = []
        self.client = Client(client_id="listener", broker=broker.address, on_event=self.events.append)
        self.client.open()
        until(lambda: any(isinstance(event, Connected) for event in self.events))
        for channel in ("report", "status", "health"):
            self.client.subscribe(f"vilina/v1/square/counter-a/{channel}")

    def reports(self) -> list[Report]:
        topic = str(Topic("square", "counter-a", "report"))
        arrived = [event for event in self.events if isinstance(event, Arrived)]
        return [decode(event.payload, Report) for event in arrived if event.topic == topic]

    def statuses(self) -> list[bytes]:
        arrived = [event for event in self.events if isinstance(event, Arrived)]
        return [
            event.payload
            for event in arrived
            if event.topic.endswith("/status") and b"offline" not in event.payload
        ]


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    made = Listener(broker)
    yield made
    made.client.close()


@pytest.fixture
def start(broker: Broker, listener: Listener, tmp_path: Path) -> Iterator[Callable[[], Courier]]:
    """Starts a courier with whatever is in its outbox by then."""
    with ExitStack() as stack:

        def started() -> Courier:
            courier = Courier(
                site="square", counter="counter-a", boot=BOOT, broker=broker.address, clock=SystemClock(),
                outbox=Outbox.open(tmp_path / "courier.db"),
            )  # fmt: skip
            courier.start()
            stack.callback(courier.stop)
            return courier

        yield started


def test_a_courier_keeps_reports_of_an_uncertain_clock_until_it_is_set(
    start: Callable[[], Courier], listener: Listener
) -> None:
    courier = start()
    courier.deliver([report(1, since=WOKEN, uncertain=True)])
    courier.deliver([report(2)])
    until(lambda: [one.seq for one in listener.reports()] == [2])
    courier.redate(NOON - WOKEN, certain=True)
    until(lambda: [one.seq for one in listener.reports()] == [2, 1])
    assert listener.reports()[1] == report(1)


def test_what_an_earlier_boot_held_is_sent_as_it_is(
    start: Callable[[], Courier], listener: Listener, tmp_path: Path
) -> None:
    earlier = report(1, since=WOKEN, uncertain=True, boot=OTHER)
    with closing(Outbox.open(tmp_path / "courier.db")) as outbox:
        outbox.add([earlier], hold=True)
    start()
    until(lambda: listener.reports() == [earlier])


def test_the_backlog_goes_oldest_first_and_what_is_live_goes_before_it(
    start: Callable[[], Courier], listener: Listener, tmp_path: Path
) -> None:
    with closing(Outbox.open(tmp_path / "courier.db")) as outbox:
        outbox.add(report(n, boot=OTHER) for n in range(1, 301))
    courier = start()
    until(lambda: len(listener.reports()) >= 100)
    courier.deliver([report(1)])
    until(lambda: report(1) in listener.reports())
    backlog = [one.seq for one in listener.reports() if one.boot == OTHER]
    assert backlog == list(range(1, 101))


def test_nothing_is_said_of_a_counter_before_it_has_seen_anything(
    start: Callable[[], Courier], listener: Listener
) -> None:
    courier = start()
    courier.deliver([report(1)])
    until(listener.reports)
    assert not listener.statuses()
    courier.say("blind", "dark")
    until(listener.statuses)
    assert b'"blind"' in listener.statuses()[0]
