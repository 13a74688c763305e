"""The write-ahead log of the SQLite store stays short, although somebody always reads."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from tests.ingest.stores import NOON, QUARTER
from tests.waiting import until
from vilina_ingest.records import SettledDay
from vilina_ingest.store_sqlite import WAL_LIMIT, SqliteStore

START = NOON - timedelta(hours=14)
EDGES = tuple(START + i * QUARTER for i in range(97))
PEOPLE = tuple(i / 3 for i in range(96))


def settled(first: int) -> list[SettledDay]:
    """Two megabytes."""
    return [
        SettledDay(f"zone-{n}", START.date(), EDGES, PEOPLE, 1, 1, 0, NOON)
        for n in range(first, first + 2000)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(tmp_path / "vilina.db")) as opened:
        yield opened


@pytest.fixture
def readers(store: SqliteStore, tmp_path: Path) -> Iterator[list[int]]:
    """Two readers, each of which begins before the other ends; how often they have begun."""
    stop, begun = threading.Event(), [0]

    def read() -> None:
        with (
            closing(sqlite3.connect(tmp_path / "vilina.db", isolation_level=None)) as one,
            closing(sqlite3.connect(tmp_path / "vilina.db", isolation_level=None)) as two,
        ):
            for reader, other in cycle([(one, two), (two, one)]):
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM event").fetchone()
                begun[0] += 1
                if other.in_transaction:
                    other.execute("COMMIT")
                if stop.wait(0.005):
                    break

    thread = threading.Thread(target=read)
    thread.start()
    until(lambda: begun[0] > 2)
    yield begun
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_the_log_begins_anew_although_there_is_always_a_reader(
    store: SqliteStore, readers: list[int], tmp_path: Path
) -> None:
    wal, longest = tmp_path / "vilina.db-wal", 0
    for batch in range(50):
        store.write_settled("square", settled(2000 * batch))
        longest = max(longest, wal.stat().st_size)
    assert readers[0] > 50
    assert longest < 2 * WAL_LIMIT
    assert len(store.settled("square", START.date(), START.date())) == 100_000
