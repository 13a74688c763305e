"""Broker, links, ingest and a counter, each a process or a proxy that can fail by itself."""

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.brokers import Broker, mosquitto
from tests.faults.counter import Counter
from tests.faults.ledger import Ledger
from tests.faults.proxy import Proxy
from tests.processes import Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.delivery.mqtt import Client


class Ingest(Process):
    """`vilina ingest run` with its probes."""

    def ready(self) -> httpx.Response:
        return self._get("/ready")

    def live(self) -> httpx.Response:
        return self._get("/live")

    def _get(self, path: str) -> httpx.Response:
        address = re.findall(r"http://127\.0\.0\.1:\d+", self.said())[-1]
        return httpx.get(address + path)


@dataclass
class House:
    """A counter and its site, with everything between them that can fail."""

    broker: Broker
    to_edge: Proxy
    to_ingest: Proxy
    ingest: Ingest
    counter: Counter
    stranger: Client
    ledger: Ledger
    store: Path

    @property
    def quarantine(self) -> Path:
        return self.store.with_suffix(".quarantine.db")

    def restart_ingest(self) -> None:
        self.ingest.kill()
        self.ingest.start()

    def restart_broker(self) -> None:
        self.broker.kill()
        self.broker.start()

    def restart_counter(self) -> None:
        self.counter.kill()
        self.counter.start()


@contextmanager
def house(directory: Path, *, of_edge: Path, of_server: Path, seed: int) -> Iterator[House]:
    """Up and running: outbox and store are in directories of their own, as on two computers."""
    with ExitStack() as stack:
        broker = mosquitto(directory)
        broker.start()
        stack.callback(broker.kill)
        to_edge, to_ingest = (stack.enter_context(Proxy(broker.address)) for _ in range(2))
        ingest = Ingest(
            "ingest", "run", "--site", write_square(directory), "--store", of_server / "vilina.db",
            "--broker-port", str(to_ingest.address.port), "--http-port", "0", log=directory / "ingest.log",
        )  # fmt: skip
        stack.enter_context(ingest)
        until(lambda: "connected" in ingest.said(), seconds=60)
        stranger = Client(client_id="stranger", broker=broker.address, on_event=lambda _: None)
        stranger.open()
        stack.callback(stranger.close)
        ledger = Ledger(random.Random(seed))
        counter = Counter(
            ledger, broker=to_edge.address, outbox=of_edge / "outbox.db", log=directory / "counter.log"
        )
        stack.enter_context(counter)
        yield House(broker, to_edge, to_ingest, ingest, counter, stranger, ledger, of_server / "vilina.db")
