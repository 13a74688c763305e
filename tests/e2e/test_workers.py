"""Several ingest workers on one site and one store, without a word between them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.brokers import Broker
from tests.lately import LATELY
from tests.processes import Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.wire import LineCount, Report
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

BOOT = "00000000000000aa"
REPORTS = 2000


@pytest.fixture
def workers(broker: Broker, tmp_path: Path) -> Iterator[list[Process]]:
    site = write_square(tmp_path)
    with ExitStack() as stack:
        made = [
            stack.enter_context(
                Process(
                    "ingest", "run", "--site", site, "--store", tmp_path / "vilina.db", "--share",
                    "--broker-port", str(broker.address.port), "--http-port", "0", "--log-format", "json",
                    log=tmp_path / f"{name}.log",
                )
            )
            for name in ("a", "b")
        ]  # fmt: skip
        for process in made:
            until(lambda process=process: "connected" in process.said(), seconds=60)  # type: ignore[misc]  # bound
        yield made


def report(seq: int) -> Report:
    return Report(
        counter="counter-a", boot=BOOT, seq=seq,
        start=LATELY + timedelta(seconds=seq - 1), end=LATELY + timedelta(seconds=seq),
        lines=(LineCount(line="middle", entered=seq % 3, left=0),),
    )  # fmt: skip


@pytest.fixture
def courier(broker: Broker, tmp_path: Path) -> Iterator[Courier]:
    made = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=broker.address,
        outbox=Outbox.open(tmp_path / "outbox.db"), clock=SystemClock(),
    )  # fmt: skip
    made.start()
    yield made
    made.stop()


def assert_all_stored_once(store: Path) -> None:
    with closing(SqliteStore.open(store, read_only=True)) as stored:
        assert [one.seq for one in stored.reports("square", "counter-a")] == list(range(1, REPORTS + 1))
        bins = Bins.regular(LATELY, LATELY + timedelta(hours=1), timedelta(minutes=15))
        people = sum(n or 0 for n in stored.flows("square", bins, ["middle"])["middle"].entered)
    assert people == sum(seq % 3 for seq in range(1, REPORTS + 1))


def stored_by(process: Process) -> float:
    """What a worker says of itself at its metrics."""
    address = re.search(r"http://127\.0\.0\.1:\d+", process.said())
    assert address is not None
    page = httpx.get(f"{address[0]}/metrics").text
    return float(
        next(line.split()[-1] for line in page.splitlines() if line.startswith("vilina_ingest_reports_total"))
    )


def test_two_workers_share_the_reports_and_store_each_once(
    workers: list[Process], courier: Courier, tmp_path: Path
) -> None:
    courier.deliver([report(n) for n in range(1, REPORTS + 1)])
    assert courier.wait_until_empty(90)
    assert_all_stored_once(tmp_path / "vilina.db")
    assert all(stored_by(worker) > REPORTS / 10 for worker in workers)


def test_what_a_killed_worker_had_in_hand_is_stored_by_the_other(
    workers: list[Process], courier: Courier, tmp_path: Path
) -> None:
    courier.deliver([report(n) for n in range(1, REPORTS // 2 + 1)])
    until(lambda: courier.depth < REPORTS // 4)
    workers[0].kill()
    courier.deliver([report(n) for n in range(REPORTS // 2 + 1, REPORTS + 1)])
    assert courier.wait_until_empty(150)
    assert_all_stored_once(tmp_path / "vilina.db")
