"""Whatever fails, and in whatever order: what is stored is what was counted, once.

The ledger is the test's own: it knows every report that was ever handed to the counter, and who crossed in it. A short
form runs with all tests; `make test-faults` runs the long one. Both say how many faults there were.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.brokers import Broker, mosquitto
from tests.faults.proxy import Proxy
from tests.lately import LATELY
from tests.processes import Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import Client
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.wire import LineCount, Report, Topic, encode
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

BOOT: Final = "00000000000000aa"
REPORTS: Final = str(Topic("square", "counter-a", "report"))
FAULTS: Final = int(os.environ.get("VILINA_FAULTS", "14"))
PER_ROUND: Final = 30


@dataclass
class House:
    """A counter and its site, with everything between them that can fail."""

    directory: Path
    broker: Broker
    to_edge: Proxy
    to_ingest: Proxy
    ingest: Process
    stranger: Client
    dice: random.Random
    courier: Courier
    ledger: list[Report] = field(default_factory=list)

    def count(self, reports: int) -> None:
        """People cross, and the counter says so."""
        fresh = []
        for _ in range(reports):
            seq = len(self.ledger) + 1
            start = LATELY + timedelta(seconds=seq - 1)
            line = LineCount(line="middle", entered=self.dice.randrange(4), left=self.dice.randrange(3))
            fresh.append(
                Report(
                    counter="counter-a", boot=BOOT, seq=seq,
                    start=start, end=start + timedelta(seconds=1), lines=(line,),
                )
            )  # fmt: skip
            self.ledger.append(fresh[-1])
        self.courier.deliver(fresh)

    def restart_edge(self) -> None:
        """The counter's process ends with reports under way, and another one takes over its outbox."""
        self.courier.stop()
        self.courier = start_courier(self.directory, self.to_edge)

    def restart_ingest(self) -> None:
        self.ingest.kill()
        self.ingest.start()

    def restart_broker(self) -> None:
        self.broker.kill()
        self.broker.start()

    def stall(self, link: Proxy) -> None:
        link.stall()
        self.count(PER_ROUND)
        until(lambda: self.courier.depth >= PER_ROUND)
        link.cut()

    def repeat(self) -> None:
        """Somebody sends some of what was sent already, in any order."""
        for report in self.dice.sample(self.ledger, min(60, len(self.ledger))):
            self.stranger.publish(REPORTS, encode(report))

    def poison(self) -> None:
        self.stranger.publish(REPORTS, b'{"seq": 1e999, "counter": ' + self.dice.randbytes(20))

    def faults(self) -> list[Callable[[], None]]:
        return [
            self.restart_edge, self.restart_ingest, self.restart_broker, self.to_edge.cut, self.to_ingest.cut,
            lambda: self.stall(self.to_edge), lambda: self.stall(self.to_ingest), self.repeat, self.poison,
        ]  # fmt: skip


def start_courier(directory: Path, link: Proxy) -> Courier:
    courier = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=link.address,
        outbox=Outbox.open(directory / "outbox.db"), clock=SystemClock(),
    )  # fmt: skip
    courier.start()
    return courier


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        broker = mosquitto(tmp_path)
        stack.callback(broker.kill)
        broker.start()
        to_edge, to_ingest = (stack.enter_context(Proxy(broker.address)) for _ in range(2))
        ingest = Process(
            "ingest", "run", "--site", write_square(tmp_path), "--store", tmp_path / "vilina.db",
            "--broker-port", str(to_ingest.address.port), log=tmp_path / "ingest.log",
        )  # fmt: skip
        stack.enter_context(ingest)
        until(lambda: "connected" in ingest.said(), seconds=60)
        stranger = Client(client_id="stranger", broker=broker.address, on_event=lambda _: None)
        stranger.open()
        stack.callback(stranger.close)
        made = House(
            tmp_path, broker, to_edge, to_ingest, ingest, stranger, random.Random(FAULTS),
            start_courier(tmp_path, to_edge),
        )  # fmt: skip
        yield made
        made.courier.stop()


@pytest.mark.timeout(180 + 40 * FAULTS)
def test_what_is_stored_is_what_was_counted_whatever_fails(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    happened = [(kind, fault) for _ in range(FAULTS) for kind, fault in enumerate(house.faults())]
    chosen = house.dice.sample(happened, FAULTS)
    for _, fault in chosen:
        house.count(PER_ROUND)
        goal = house.dice.randrange(PER_ROUND)
        until(lambda goal=goal: house.courier.depth <= 200 + goal, seconds=90)  # type: ignore[misc]  # bound on purpose
        fault()
    assert house.courier.wait_until_empty(150), "something was never stored"
    with capsys.disabled():
        print(
            f"\n{len(chosen)} faults of {len({kind for kind, _ in chosen})} kinds, {len(house.ledger)} reports"
        )
    with closing(SqliteStore.open(house.directory / "vilina.db", read_only=True)) as store:
        assert [one.seq for one in store.reports("square", "counter-a")] == list(
            range(1, len(house.ledger) + 1)
        )
        bins = Bins.regular(LATELY, LATELY + timedelta(days=1), timedelta(minutes=15))
        flows = store.flows("square", bins, ["middle"])["middle"]
    assert sum(n or 0 for n in flows.entered) == sum(report.lines[0].entered for report in house.ledger)
    assert sum(n or 0 for n in flows.left) == sum(report.lines[0].left for report in house.ledger)
    with closing(Quarantine.open(house.directory / "vilina.quarantine.db")) as quarantine:
        assert all(b"1e999" in message.payload for message in quarantine.messages())
