"""What ingest tells whoever supervises it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.brokers import Broker
from tests.clocks import TestClock
from tests.sites import square
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import Client, Connected, Event
from vilina_edge.wire import Health, LineCount, Report, Topic, encode
from vilina_ingest.errors import IngestError, StoreError
from vilina_ingest.metrics import Metrics
from vilina_ingest.probes import SILENT_S, Condition, probes
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore
from vilina_ingest.subscribe import Ingest

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT = "00000000000000aa"


class FullDisk(SqliteStore):
    full = False

    def write(self, batch: Batch) -> None:
        if self.full:
            raise StoreError("the disk is full")
        super().write(batch)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FullDisk]:
    with closing(FullDisk.open(tmp_path / "vilina.db")) as opened:
        yield opened


@pytest.fixture
def address(broker: Broker, store: FullDisk, tmp_path: Path) -> Iterator[str]:
    """Where a running ingest answers."""
    metrics = Metrics()
    with closing(Quarantine.open(tmp_path / "quarantine.db")) as quarantine:
        ingest = Ingest(
            site=square(), store=store, quarantine=quarantine, broker=broker.address,
            clock=SystemClock(), metrics=metrics,
        )  # fmt: skip
        thread = threading.Thread(target=ingest.run)
        with probes(ingest.condition, metrics.page, host="127.0.0.1", port=0) as port:
            thread.start()
            yield f"http://127.0.0.1:{port}"
            ingest.stop()
            thread.join()


@pytest.fixture
def counter(broker: Broker) -> Iterator[Client]:
    events: list[Event] = []
    client = Client(client_id="counter-a", broker=broker.address, on_event=events.append)
    client.open()
    until(lambda: any(isinstance(event, Connected) for event in events))
    yield client
    client.close()


def send(counter: Client, seq: int) -> None:
    report = Report(
        counter="counter-a", boot=BOOT, seq=seq,
        start=NOON + timedelta(seconds=seq - 1), end=NOON + timedelta(seconds=seq),
        lines=(LineCount(line="middle", entered=1, left=0),),
    )  # fmt: skip
    counter.publish(str(Topic("square", "counter-a", "report")), encode(report))


def answers(address: str, path: str, status: int) -> bool:
    return httpx.get(address + path).status_code == status


def metric(address: str, name: str) -> float:
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"vilina_ingest_{name}")), 0.0)


def test_with_a_broker_and_a_store_ingest_is_ready(address: str) -> None:
    until(lambda: answers(address, "/ready", 200))
    assert answers(address, "/live", 200)
    assert answers(address, "/", 404)


def test_without_a_broker_it_lives_but_is_not_ready_and_says_why(address: str, broker: Broker) -> None:
    until(lambda: answers(address, "/ready", 200))
    broker.kill()
    until(lambda: answers(address, "/ready", 503))
    assert httpx.get(f"{address}/ready").text.startswith("broker: ")
    assert answers(address, "/live", 200)
    broker.start()
    until(lambda: answers(address, "/ready", 200))


def test_without_a_store_it_lives_but_is_not_ready_and_says_why(
    address: str, store: FullDisk, counter: Client
) -> None:
    until(lambda: answers(address, "/ready", 200))
    store.full = True
    send(counter, 1)
    until(lambda: answers(address, "/ready", 503))
    assert httpx.get(f"{address}/ready").text == "store: the disk is full\n"
    assert answers(address, "/live", 200)
    store.full = False
    until(lambda: answers(address, "/ready", 200))


def test_a_loop_that_does_not_turn_is_dead() -> None:
    clock = TestClock(NOON)
    condition = Condition(clock)
    condition.broker = None
    with probes(condition, bytes, host="127.0.0.1", port=0) as port:
        clock.advance(seconds=SILENT_S - 1)
        assert answers(f"http://127.0.0.1:{port}", "/live", 200)
        clock.advance(seconds=2)
        assert answers(f"http://127.0.0.1:{port}", "/live", 503)
        assert answers(f"http://127.0.0.1:{port}", "/ready", 503)
        condition.turn()
        assert answers(f"http://127.0.0.1:{port}", "/ready", 200)


def test_a_port_that_is_taken_is_told() -> None:
    condition = Condition(SystemClock())
    with (
        probes(condition, bytes, host="127.0.0.1", port=0) as port,
        pytest.raises(IngestError, match="--http-port"),
        probes(condition, bytes, host="127.0.0.1", port=port),
    ):
        pass


def test_prometheus_is_told_what_was_stored_what_is_missing_and_whose_clock_is_wrong(
    address: str, counter: Client
) -> None:
    until(lambda: answers(address, "/ready", 200))
    for seq in (1, 2, 5):
        send(counter, seq)
    wrong = datetime.now(UTC) + timedelta(hours=1)
    health = Health(boot=BOOT, at=wrong, uptime_s=1.0, outbox_depth=0)
    counter.publish(str(Topic("square", "counter-a", "health")), encode(health))
    counter.publish(str(Topic("square", "counter-a", "report")), b"rubbish")
    until(lambda: metric(address, 'messages_total{channel="health"}') == 1)
    until(lambda: metric(address, "quarantined_total") == 1)
    assert metric(address, 'messages_total{channel="report"}') == 3
    assert metric(address, 'missing_reports{counter="counter-a"}') == 2
    assert metric(address, 'clock_offset_seconds{counter="counter-a"}') == pytest.approx(3600, abs=10)
    assert metric(address, "connected") == 1
    assert metric(address, "batch_messages_sum") == 5
    assert metric(address, "ack_delay_seconds_count") >= 1
