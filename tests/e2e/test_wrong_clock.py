"""A real counter that wakes up in 1970, because its computer has no clock of its own."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.brokers import Broker
from tests.processes import Process
from tests.sites import write_square
from tests.waiting import until
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
COUNTED_S = 60.0


@pytest.fixture
def wrong(broker: Broker, tmp_path: Path) -> Iterator[tuple[Process, Path]]:
    """A counter, and the file that says what its clock shows."""
    if LIBRARY is None:
        pytest.skip("libfaketime is not installed: sudo apt-get install faketime")
    shows = tmp_path / "clock"
    shows.write_text("@1970-01-01 00:05:00\n")
    settings = {
        "site": "square", "counter": "counter-a", "source": "simulation:30", "detector": "motion",
        "broker_port": broker.address.port, "lines": [{"name": "middle", "points": [320, 100, 320, 400]}],
    }  # fmt: skip
    (tmp_path / "counter.yaml").write_text(json.dumps(settings), encoding="utf-8")
    faked = {
        "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(shows), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
    }  # fmt: skip
    edge = Process("edge", "run", tmp_path / "counter.yaml", log=tmp_path / "edge.log", environment=faked)
    with edge:
        until(lambda: "looks at" in edge.said(), seconds=COUNTED_S)
        yield edge, shows


@pytest.fixture
def ingest(broker: Broker, tmp_path: Path) -> Iterator[Process]:
    process = Process(
        "ingest", "run", "--site", write_square(tmp_path), "--store", tmp_path / "vilina.db",
        "--broker-port", str(broker.address.port), log=tmp_path / "ingest.log",
    )  # fmt: skip
    with process:
        until(lambda: "connected" in process.said(), seconds=COUNTED_S)
        yield process


def held(outbox: Path) -> int:
    """Reports that wait for the right time."""
    with closing(sqlite3.connect(outbox)) as db:
        return int(db.execute("SELECT count(*) FROM report WHERE held").fetchone()[0])


def test_what_it_counts_before_its_clock_is_set_is_stored_at_the_right_time(
    ingest: Process, wrong: tuple[Process, Path], tmp_path: Path
) -> None:
    began, (edge, shows) = datetime.now(UTC), wrong
    until(lambda: held(tmp_path / "outbox.db") >= 2, seconds=COUNTED_S)
    waited = held(tmp_path / "outbox.db")
    shows.write_text("+0\n")
    until(lambda: held(tmp_path / "outbox.db") == 0)
    assert "the clock was set from 1970" in edge.said()
    with closing(SqliteStore.open(tmp_path / "vilina.db", read_only=True)) as store:
        until(lambda: len(store.reports("square", "counter-a")) >= waited)
        state = store.counters("square")["counter-a"]
        bins = Bins.regular(began, datetime.now(UTC), timedelta(minutes=1))
        flows = store.flows("square", bins, ["middle"])["middle"]
        old = Bins.regular(
            datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(3600, UTC), timedelta(minutes=15)
        )
        of_1970 = store.flows("square", old, ["middle"])["middle"]
    assert state.last_quality == "good"
    assert sum(n or 0 for n in (*flows.entered, *flows.left)) >= waited
    assert set(of_1970.entered) == {None}


def stored(path: Path) -> list[int]:
    """Sequence numbers in the store, in order."""
    with closing(SqliteStore.open(path, read_only=True)) as store:
        return [n for r in store.reports("square", "counter-a") for n in range(r.first_seq, r.seq + 1)]


def test_a_clock_that_jumps_while_it_counts_leaves_no_hole_and_makes_up_no_time(
    ingest: Process, wrong: tuple[Process, Path], tmp_path: Path
) -> None:
    began, (edge, shows) = datetime.now(UTC), wrong
    path = tmp_path / "vilina.db"
    for jumps, offset in enumerate(("+0", "+3600", "-3600", "+0"), start=1):
        shows.write_text(f"{offset}\n")
        until(lambda jumps=jumps: edge.said().count("the clock was set from") == jumps, seconds=COUNTED_S)  # type: ignore[misc]  # bound
        before = len(stored(path))
        until(lambda before=before: len(stored(path)) >= before + 2, seconds=COUNTED_S)  # type: ignore[misc]  # bound
    assert edge.stop() == 0
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
        waiting = [seq for (seq,) in db.execute("SELECT seq FROM report ORDER BY seq")]
    numbers = sorted({*stored(path), *waiting})
    assert numbers == list(range(1, len(numbers) + 1))
    passed = datetime.now(UTC) - began + timedelta(seconds=COUNTED_S)
    with closing(SqliteStore.open(path, read_only=True)) as store:
        points = store.crossings("square", began - timedelta(hours=2), began + timedelta(hours=2))
    assert sum(point.seconds for point in points) < passed.total_seconds()
