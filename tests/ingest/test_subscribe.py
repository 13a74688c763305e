"""Ingest on real brokers: what it stores, what it refuses, and when it says so."""

import threading
from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.brokers import BROKERS, Broker, free_port
from tests.processes import Process
from tests.sites import square, write_square
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import Arrived, BrokerAddress, Client, Connected, Event
from vilina_edge.wire import (
    MAX_BYTES,
    CommitAck,
    Health,
    LineCount,
    Report,
    Status,
    Topic,
    Validation,
    decode,
    encode,
)
from vilina_ingest.cli import ingest as ingest_group
from vilina_ingest.errors import BrokerError, RefusedReport, ReportsRefused, StoreError
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore
from vilina_ingest.subscribe import BATCH, Ingest

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT, VALIDATION = "00000000000000aa", "00000000000000cc"
REPORTS = Topic("square", "counter-a", "report")


def report(seq: int, **changes: Any) -> Report:
    whole = Report(
        counter="counter-a", boot=BOOT, seq=seq,
        start=NOON + timedelta(seconds=seq - 1), end=NOON + timedelta(seconds=seq),
        lines=(LineCount(line="middle", entered=1, left=0),),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def validation(*, line: str = "middle") -> Validation:
    end = NOON + timedelta(minutes=10)
    return Validation(id=VALIDATION, line=line, start=NOON, end=end, hand_counts=(), enough=False)


class FailingStore(SqliteStore):
    """A store whose disk can be full."""

    full = False
    never: Container[int] = ()
    """Sequence numbers that it will not take, however often it is asked."""

    def write(self, batch: Batch) -> None:
        if self.full:
            raise StoreError("the disk is full")
        good = [point for point in batch.points if point.seq not in self.never]
        super().write(replace(batch, points=good))
        bad = [point for point in batch.points if point.seq in self.never]
        if bad:
            raise ReportsRefused([RefusedReport(p.counter, p.boot, p.seq, "too odd") for p in bad])


@dataclass
class Peer:
    """A client of the test's own, which remembers what it was told."""

    client: Client
    events: list[Event] = field(default_factory=list)

    def acks(self) -> list[CommitAck]:
        return [decode(e.payload, CommitAck) for e in self.events if isinstance(e, Arrived)]

    def acknowledged(self) -> list[int]:
        return sorted(
            n for ack in self.acks() for part in ack.committed for n in range(part.first, part.last + 1)
        )

    def send(self, payload: bytes, topic: Topic = REPORTS) -> None:
        self.client.publish(str(topic), payload)


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made = BROKERS[request.param](tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FailingStore]:
    with closing(FailingStore.open(tmp_path / "vilina.db")) as opened:
        yield opened


@pytest.fixture
def quarantine(tmp_path: Path, broker: Broker, store: FailingStore) -> Iterator[Quarantine]:
    """The quarantine of an ingest that runs in a thread, as `vilina ingest run` does."""
    ready = threading.Event()
    ingest = Ingest(
        site=square(), store=store, quarantine=Quarantine.open(tmp_path / "quarantine.db"),
        broker=broker.address, clock=SystemClock(),
    )  # fmt: skip
    thread = threading.Thread(target=ingest.run, args=(ready.set,))
    thread.start()
    assert ready.wait(10)
    with closing(Quarantine.open(tmp_path / "quarantine.db")) as view:
        yield view
    ingest.stop()
    thread.join(10)
    assert not thread.is_alive()


def peer(address: BrokerAddress, client_id: str = "counter-a") -> Peer:
    events: list[Event] = []
    client = Client(client_id=client_id, broker=address, on_event=events.append)
    client.open()
    until(lambda: any(isinstance(event, Connected) for event in events))
    client.subscribe(str(Topic("square", "counter-a", "ack")))
    return Peer(client, events)


@pytest.fixture
def counter(broker: Broker, quarantine: Quarantine) -> Iterator[Peer]:
    connected = peer(broker.address)
    # The subscription is in force once an ack of something already stored comes back.
    connected.send(encode(report(1)))
    until(connected.acknowledged)
    yield connected
    connected.client.close()


def test_a_report_is_acknowledged_when_it_is_stored(counter: Peer, store: FailingStore) -> None:
    for seq in range(2, 101):
        counter.send(encode(report(seq)))
    until(lambda: counter.acknowledged() == list(range(1, 101)))
    assert [r.seq for r in store.reports("square", "counter-a")] == list(range(1, 101))


def test_the_same_report_again_is_acknowledged_again_and_stored_once(
    counter: Peer, store: FailingStore
) -> None:
    for _ in range(3):
        counter.send(encode(report(1)))
    until(lambda: len(counter.acknowledged()) >= 2)
    assert len(store.reports("square", "counter-a")) == 1


def test_nothing_is_acknowledged_while_the_store_fails_and_everything_after(
    counter: Peer, store: FailingStore
) -> None:
    store.full = True
    for seq in range(2, BATCH + 200):
        counter.send(encode(report(seq)))
    with pytest.raises(TimeoutError):
        until(lambda: len(counter.acknowledged()) > 1, seconds=2.0)
    store.full = False
    until(lambda: counter.acknowledged() == list(range(1, BATCH + 200)))
    assert len(store.reports("square", "counter-a")) == BATCH + 199


@pytest.mark.parametrize(
    ("payload", "topic", "reason"),
    [
        (b"not json at all", REPORTS, "not a report"),
        (b"\xff\xfe\x00", REPORTS, "not a report"),
        (b'{"v": 99}', REPORTS, "not a report"),
        (b" " * MAX_BYTES + b" ", REPORTS, "over the limit"),
        (encode(report(5, counter="counter-b")), REPORTS, "the payload"),
        (encode(report(5, lines=(LineCount(line="lift", entered=1, left=0),))), REPORTS, "no line 'lift'"),
        (b"[]", Topic("square", "counter-a", "status"), "not a status"),
    ],
)
def test_what_cannot_be_stored_is_quarantined_with_its_reason_and_stops_nothing(
    counter: Peer, quarantine: Quarantine, payload: bytes, topic: Topic, reason: str
) -> None:
    counter.send(payload, topic)
    counter.send(encode(report(2)))
    until(lambda: counter.acknowledged() == [1, 2])
    (message,) = quarantine.messages()
    assert (message.topic, message.payload) == (str(topic), payload[:MAX_BYTES])
    assert reason in message.reason


def test_a_message_that_comes_again_is_quarantined_once_and_counted(
    counter: Peer, quarantine: Quarantine
) -> None:
    for _ in range(3):
        counter.send(b"rubbish")
    until(lambda: [message.times for message in quarantine.messages()] == [3])


def test_status_and_health_reach_the_store(counter: Peer, store: FailingStore) -> None:
    status = Status(state="online", boot=BOOT, at=NOON)
    health = Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=7)
    counter.send(encode(status), Topic("square", "counter-a", "status"))
    counter.send(encode(health), Topic("square", "counter-a", "health"))
    until(lambda: store.counters("square")["counter-a"].health == health)
    assert store.counters("square")["counter-a"].status == status


def test_health_that_comes_with_qos_0_disturbs_nothing(
    counter: Peer, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    for depth in range(3):
        health = Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=depth)
        counter.client.publish(str(Topic("square", "counter-a", "health")), encode(health), qos=0)
        until(lambda health=health: store.counters("square")["counter-a"].health == health)  # type: ignore[misc]  # bound
        counter.send(encode(report(depth + 2)))
        until(lambda depth=depth: counter.acknowledged()[-1] == depth + 2)  # type: ignore[misc]  # bound
    assert counter.acknowledged() == [1, 2, 3, 4]
    assert "no connection" not in caplog.text


def test_a_validation_that_cannot_be_stored_is_safe_in_quarantine_and_not_asked_for_again(
    counter: Peer, quarantine: Quarantine
) -> None:
    counter.send(encode(validation(line="lift")), Topic("square", "counter-a", "validation"))
    until(lambda: [part.boot for ack in counter.acks() for part in ack.committed] == [BOOT, VALIDATION])
    (message,) = quarantine.messages()
    assert "no line 'lift'" in message.reason


def test_an_unknown_counter_is_remembered_and_its_reports_stay_with_it(
    counter: Peer, quarantine: Quarantine
) -> None:
    counter.client.subscribe(str(Topic("square", "nobody", "ack")))
    for seq in range(1, 4):
        counter.send(encode(report(seq, counter="nobody")), Topic("square", "nobody", "report"))
    counter.send(encode(report(2)))
    until(lambda: counter.acknowledged() == [1, 2])
    (stranger,) = quarantine.strangers()
    assert (stranger.counter, stranger.messages) == ("nobody", 3)
    assert not quarantine.messages()


def test_what_the_store_refuses_for_good_is_quarantined_and_does_not_hold_up_the_rest(
    counter: Peer, quarantine: Quarantine, store: FailingStore
) -> None:
    store.never = {3}
    for seq in range(2, 6):
        counter.send(encode(report(seq)))
    until(lambda: counter.acknowledged() == [1, 2, 4, 5])
    (message,) = quarantine.messages()
    assert message.reason == "the store: too odd"
    assert decode(message.payload, Report).seq == 3


def test_a_client_that_dies_is_not_believed_to_be_well(
    broker: Broker, store: FailingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr("vilina_ingest.conversation.mqtt5.read", explode)
    with closing(Quarantine.open(tmp_path / "quarantine.db")) as kept:
        ingest = Ingest(
            site=square(), store=store, quarantine=kept, broker=broker.address, clock=SystemClock()
        )
        with pytest.raises(BrokerError, match="a mistake of ours"):
            ingest.run()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ingest_group, ["run", *map(str, arguments)])


def test_a_site_or_a_store_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    site = write_square(tmp_path)
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8 not a database" * 100)
    for result, word in (
        (run("--site", tmp_path / "nothing.yaml"), "nothing.yaml cannot be read"),
        (run("--site", site, "--store", tmp_path / "holiday.jpg"), "holiday.jpg"),
        (run("--site", site, "--store", tmp_path / "no" / "such" / "place.db"), "place.db"),
    ):
        assert result.exit_code == 1
        assert word in result.output


def test_ingest_waits_for_a_broker_that_is_not_there_and_says_so(tmp_path: Path) -> None:
    port = str(free_port())
    arguments = ("--site", write_square(tmp_path), "--store", tmp_path / "vilina.db", "--broker-port", port)
    with Process("ingest", "run", *arguments, log=tmp_path / "ingest.log") as process:
        until(lambda: f"127.0.0.1:{port}: it cannot be reached" in process.said())
        assert process.stop() == 0
    assert "Traceback" not in process.said()
