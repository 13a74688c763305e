"""From a recording to the API: the numbers are those of `vilina edge count`, whatever is killed on the way."""

import json
import random
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.brokers import BROKERS, Broker, free_port
from tests.processes import VILINA, Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.delivery.outbox import Outbox
from vilina_ingest.store_sqlite import SqliteStore

LINES: Final = {"middle": (384, 0, 384, 576), "across": (0, 300, 768, 300)}
Counts = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def video(test_data: Path) -> Path:
    path = test_data / "video" / "vtest.avi"
    if not path.is_file():
        pytest.skip(f"there is no recording at {path}; set VILINA_TEST_DATA to a directory that has it")
    return path


@pytest.fixture
def detector(request: pytest.FixtureRequest) -> str:
    """The quick one, unless a test asks for another."""
    return str(getattr(request, "param", "motion"))


def counted(video: Path, detector: str) -> Counts:
    """What `vilina edge count` says."""
    lines = [part for name, at in LINES.items() for part in ("--line", f"{name}={','.join(map(str, at))}")]
    command = [VILINA, "edge", "count", "--source", str(video), "--detector", detector, "--json", *lines]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return {line["line"]: (line["entered"], line["left"]) for line in json.loads(done.stdout)["lines"]}


@dataclass
class House:
    """Everything between a recording and the API, as the processes that people run."""

    directory: Path
    broker: Broker
    ingest: Process
    api: Process
    edge: Process
    address: str

    @property
    def outbox(self) -> Path:
        return self.directory / "outbox.db"

    def flows(self) -> Counts:
        """What the API says of the last hour."""
        start = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        answer = httpx.get(f"{self.address}/v1/sites/square/flows", params={"from": start, "step": "1m"})
        answer.raise_for_status()
        return {f["id"]: (total(f["entered"]), total(f["left"])) for f in answer.json()["flows"]}

    def stored(self) -> list[tuple[str, int]]:
        """Identities of all reports in the store, in order."""
        if not (self.directory / "vilina.db").exists():
            return []
        with closing(SqliteStore.open(self.directory / "vilina.db", read_only=True)) as store:
            reports = store.reports("square", "counter-a")
        return [(r.boot, seq) for r in reports for seq in range(r.first_seq, r.seq + 1)]

    def ledger(self) -> list[tuple[str, int]]:
        """Identities of all reports that the counter ever committed to its outbox, in order."""
        with closing(sqlite3.connect(self.outbox)) as db:
            return db.execute("SELECT boot, seq FROM ledger ORDER BY boot, seq").fetchall()

    def waiting(self) -> int:
        with closing(sqlite3.connect(self.outbox)) as db:
            return int(db.execute("SELECT count(*) FROM report").fetchone()[0])


def total(counts: list[Any]) -> int:
    return sum(n or 0 for n in counts)


@pytest.fixture(params=BROKERS)
def house(request: pytest.FixtureRequest, video: Path, detector: str, tmp_path: Path) -> Iterator[House]:
    broker = BROKERS[request.param](tmp_path)
    broker.start()
    site, store, port = write_square(tmp_path), tmp_path / "vilina.db", free_port()
    write_counter(tmp_path, video, detector, broker)
    broker_port = ("--broker-port", str(broker.address.port))
    ingest = Process(
        "ingest", "run", "--site", site, "--store", store, *broker_port, log=tmp_path / "ingest.log"
    )
    api = Process(
        "api", "run", "--site", site, "--store", store, "--port", str(port), log=tmp_path / "api.log"
    )
    edge = Process("edge", "run", tmp_path / "counter.yaml", "--fast", log=tmp_path / "edge.log")
    with ingest:
        until(lambda: "connected" in ingest.said())
        with api:
            until(lambda: "The board of" in api.said())
            yield House(tmp_path, broker, ingest, api, edge, f"http://127.0.0.1:{port}")
    edge.kill()
    broker.kill()


def write_counter(directory: Path, video: Path, detector: str, broker: Broker) -> None:
    """The counter's file, and its outbox with a ledger: a trigger writes down whatever is ever added to it."""
    settings = {
        "site": "square",
        "counter": "counter-a",
        "source": str(video),
        "detector": detector,
        "broker_port": broker.address.port,
        "lines": [{"name": name, "points": points} for name, points in LINES.items()],
    }
    (directory / "counter.yaml").write_text(json.dumps(settings), encoding="utf-8")
    with closing(Outbox.open(directory / "outbox.db")):
        pass
    with closing(sqlite3.connect(directory / "outbox.db")) as db:
        db.executescript(
            "CREATE TABLE ledger (boot TEXT, seq INTEGER);"
            "CREATE TRIGGER ledger AFTER INSERT ON report"
            " BEGIN INSERT INTO ledger VALUES (new.boot, new.seq); END;"
        )


def assert_nothing_lost(house: House) -> None:
    assert house.waiting() == 0
    assert house.stored() == house.ledger()
    assert len(set(house.stored())) == len(house.stored()) > 0


# The slow ones with the broker that is always there; what differs between brokers, the others show.
@pytest.mark.parametrize(("house", "detector"), [("iotcore", "nanodet")], indirect=True)
def test_the_api_says_what_the_count_says(house: House, video: Path, detector: str) -> None:
    with house.edge:
        assert house.edge.wait(120) == 0, house.edge.said()
    assert_nothing_lost(house)
    assert house.flows() == counted(video, detector)


@pytest.mark.parametrize("house", ["iotcore"], indirect=True)
def test_the_numbers_are_the_same_when_broker_and_ingest_are_killed_again_and_again(
    house: House, video: Path, detector: str
) -> None:
    dice = random.Random(11)
    with house.edge:
        for turn in range(20):
            goal = len(house.stored()) + dice.randrange(1, 4)
            until(lambda goal=goal: len(house.stored()) >= goal or not house.edge.running())  # type: ignore[misc]  # bound on purpose
            house.ingest.kill()
            if turn % 5 == 0:
                house.broker.kill()
                house.broker.start()
            house.ingest.start()
        assert house.edge.wait(150) == 0, house.edge.said()
    assert_nothing_lost(house)
    assert house.flows() == counted(video, detector)


def test_a_counter_that_is_killed_and_started_again_loses_nothing_it_has_reported(house: House) -> None:
    for _ in range(3):
        reported = len(house.ledger())
        with house.edge:
            until(lambda reported=reported: len(house.ledger()) >= reported + 8)  # type: ignore[misc]  # bound on purpose
    with house.edge:
        assert house.edge.wait(120) == 0, house.edge.said()
    boots = {boot for boot, _ in house.ledger()}
    assert len(boots) == 4
    assert_nothing_lost(house)


def test_a_counter_that_vanishes_is_shown_as_not_connected(house: House) -> None:
    def state() -> str:
        answer = httpx.get(f"{house.address}/v1/sites/square/counters").raise_for_status()
        return str(answer.json()["counters"][0]["state"])

    with house.edge:
        until(lambda: state() == "online")
        house.edge.kill()
        until(lambda: state() == "offline")
