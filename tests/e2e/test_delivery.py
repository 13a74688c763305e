"""Nothing is lost and nothing counted twice, on real brokers, whatever is killed in between."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.brokers import BROKERS, Broker
from tests.lately import LATELY
from tests.processes import Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.wire import LineCount, Report
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

BOOT = "00000000000000aa"


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made = BROKERS[request.param](tmp_path)
    made.start()
    yield made
    made.kill()


@dataclass
class Server:
    """Ingest as a process, and its store."""

    process: Process
    store: Path

    def stored(self) -> list[int]:
        """Sequence numbers in the store, in order."""
        if not self.store.exists():
            return []
        with closing(SqliteStore.open(self.store, read_only=True)) as store:
            return [n for r in store.reports("square", "counter-a") for n in range(r.first_seq, r.seq + 1)]

    def people(self) -> int:
        bins = Bins.regular(LATELY, LATELY + timedelta(days=2), timedelta(minutes=15))
        with closing(SqliteStore.open(self.store, read_only=True)) as store:
            return sum(n or 0 for n in store.flows("square", bins, ["middle"])["middle"].entered)


@pytest.fixture
def server(broker: Broker, tmp_path: Path) -> Iterator[Server]:
    store = tmp_path / "vilina.db"
    process = Process(
        "ingest", "run", "--site", write_square(tmp_path), "--store", store,
        "--broker-port", str(broker.address.port), log=tmp_path / "ingest.log",
    )  # fmt: skip
    with process:
        until(lambda: "connected" in process.said())
        yield Server(process, store)


def courier(address: BrokerAddress, directory: Path) -> Courier:
    return Courier(
        site="square", counter="counter-a", boot=BOOT, broker=address,
        outbox=Outbox.open(directory / "outbox.db"), clock=SystemClock(),
    )  # fmt: skip


def report(seq: int) -> Report:
    return Report(
        counter="counter-a", boot=BOOT, seq=seq,
        start=LATELY + timedelta(seconds=seq - 1), end=LATELY + timedelta(seconds=seq),
        lines=(LineCount(line="middle", entered=seq % 3, left=0),),
    )  # fmt: skip


def people(last: int) -> int:
    return sum(seq % 3 for seq in range(1, last + 1))


def test_every_report_is_stored_once_and_then_forgotten(
    broker: Broker, server: Server, tmp_path: Path
) -> None:
    edge = courier(broker.address, tmp_path)
    edge.start()
    edge.deliver([report(n) for n in range(1, 1501)])
    assert edge.wait_until_empty(60)
    edge.stop()
    assert server.stored() == list(range(1, 1501))
    assert server.people() == people(1500)


# What tests/faults does with mosquitto, with the demo's broker.
@pytest.mark.parametrize("broker", ["iotcore"], indirect=True)
def test_a_broker_that_is_killed_again_and_again_loses_nothing(
    broker: Broker, server: Server, tmp_path: Path
) -> None:
    edge = courier(broker.address, tmp_path)
    edge.start()
    for round_number in range(5):
        edge.deliver([report(n) for n in range(round_number * 300 + 1, round_number * 300 + 301)])
        until(lambda: edge.depth < 250, what="some of the reports stored")
        broker.kill()
        broker.start()
    assert edge.wait_until_empty(90)
    edge.stop()
    assert server.stored() == list(range(1, 1501))
    assert server.people() == people(1500)


@pytest.mark.parametrize("broker", ["iotcore"], indirect=True)
def test_ingest_killed_twenty_times_at_random_instants_loses_nothing(
    broker: Broker, server: Server, tmp_path: Path
) -> None:
    dice = random.Random(7)
    edge = courier(broker.address, tmp_path)
    edge.start()
    sent = 0
    for _ in range(20):
        edge.deliver([report(sent + n) for n in range(1, 101)])
        sent += 100
        goal = len(server.stored()) + dice.randrange(100)
        until(lambda goal=goal: len(server.stored()) >= goal, seconds=40)  # type: ignore[misc]  # bound on purpose
        server.process.kill()
        server.process.start()
    assert edge.wait_until_empty(90)
    edge.stop()
    assert server.stored() == list(range(1, sent + 1))
    assert server.people() == people(sent)


def test_what_a_counter_could_not_deliver_is_delivered_by_its_next_start(
    broker: Broker, tmp_path: Path
) -> None:
    nobody = courier(broker.address, tmp_path)
    nobody.start()
    nobody.deliver([report(n) for n in range(1, 51)])
    nobody.stop()
    process = Process(
        "ingest", "run", "--site", write_square(tmp_path), "--store", tmp_path / "vilina.db",
        "--broker-port", str(broker.address.port), log=tmp_path / "ingest.log",
    )  # fmt: skip
    with process:
        edge = courier(broker.address, tmp_path)
        edge.start()
        assert edge.wait_until_empty(30)
        edge.stop()
        assert Server(process, tmp_path / "vilina.db").stored() == list(range(1, 51))


def quarantined(directory: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(directory / "vilina.quarantine.db")) as db:
        return db.execute("SELECT topic, reason FROM message ORDER BY id").fetchall()
