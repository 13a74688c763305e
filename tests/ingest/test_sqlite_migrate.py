"""A store that an older Vilina made is renewed, with all that is in it."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ingest.stores import BOOT, MINUTE, NOON, QUARTER, crossings, presence, quarter_hours
from vilina_edge.wire import EPOCH
from vilina_ingest.binning import SLOT_NS
from vilina_ingest.errors import StoreError
from vilina_ingest.records import Correction
from vilina_ingest.store import Batch, Bins, StoredReport
from vilina_ingest.store_sqlite import SqliteStore

VERSION_2 = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, counter TEXT NOT NULL, line TEXT NOT NULL, origin TEXT NOT NULL, target TEXT NOT NULL,
    UNIQUE (site, counter, line, origin, target)
);
CREATE TABLE crossings (
    series INTEGER NOT NULL REFERENCES series, at_ns INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL, seconds REAL NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, first_seq INTEGER NOT NULL, quality TEXT NOT NULL,
    PRIMARY KEY (series, at_ns)
) WITHOUT ROWID;
CREATE TABLE flow_15m (
    series INTEGER NOT NULL REFERENCES series, slot INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL, seconds REAL NOT NULL, reason TEXT,
    PRIMARY KEY (series, slot)
) WITHOUT ROWID;
CREATE TABLE presence (
    site TEXT NOT NULL, counter TEXT NOT NULL, area TEXT NOT NULL, at_ns INTEGER NOT NULL,
    mean REAL NOT NULL, most INTEGER NOT NULL, waiting_mean REAL, waiting_most INTEGER,
    dwell TEXT NOT NULL, seconds REAL NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, first_seq INTEGER NOT NULL, quality TEXT NOT NULL,
    PRIMARY KEY (site, counter, area, at_ns)
) WITHOUT ROWID;
CREATE TABLE counter (
    site TEXT NOT NULL, counter TEXT NOT NULL,
    status BLOB, health BLOB, config_ack BLOB, last_at_ns INTEGER, last_quality TEXT,
    PRIMARY KEY (site, counter)
) WITHOUT ROWID;
CREATE TABLE validation (
    site TEXT NOT NULL, counter TEXT NOT NULL, id TEXT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (site, counter, id)
) WITHOUT ROWID;
PRAGMA user_version = 2;
"""
LEDGER_OF_VERSION_3 = """
DROP TABLE correction;
CREATE TABLE correction (
    site TEXT NOT NULL, id TEXT NOT NULL, zone TEXT, at_us INTEGER NOT NULL, people REAL NOT NULL,
    reason TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, made_us INTEGER NOT NULL,
    PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX correction_at ON correction (site, at_us);
PRAGMA user_version = 3;
"""
POINTS = [crossings(seq, end=NOON + seq * MINUTE, entered=seq) for seq in range(1, 21)]
PRESENCE = [presence(seq, end=NOON + seq * MINUTE, mean=seq, most=seq) for seq in range(1, 21)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of version 2 with twenty minutes of a line and an area."""
    path = tmp_path / "vilina.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(VERSION_2)
    db.execute("INSERT INTO series VALUES (7, 'square', 'counter-a', 'door-a', 'outside', 'hall')")
    for p in POINTS:
        row = (7, p.at_ns, p.entered, p.left, p.seconds, p.boot, p.seq, p.first_seq, p.quality)
        db.execute("INSERT INTO crossings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute(
            "INSERT INTO flow_15m VALUES (7, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET"
            " entered = entered + excluded.entered, seconds = seconds + excluded.seconds",
            (p.at_ns // SLOT_NS, p.entered, p.left, p.seconds),
        )
    # From a time of which only the roll-up is left.
    db.execute("INSERT INTO flow_15m VALUES (7, ?, 40, 2, 900, NULL)", (POINTS[0].at_ns // SLOT_NS - 8,))
    for q in PRESENCE:
        db.execute(
            "INSERT INTO presence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (q.site, q.counter, q.area, q.at_ns, q.mean, q.most, q.waiting_mean, q.waiting_most, "[1,0,2]",
             q.seconds, q.boot, q.seq, q.first_seq, q.quality),
        )  # fmt: skip
    newest = ("square", "counter-a", POINTS[-1].at_ns, "good")
    db.execute("INSERT INTO counter (site, counter, last_at_ns, last_quality) VALUES (?, ?, ?, ?)", newest)
    db.close()
    return path


def test_an_old_store_keeps_all_that_is_in_it(old: Path, tmp_path: Path) -> None:
    renewed = SqliteStore.open(old)
    fresh = SqliteStore.open(tmp_path / "fresh.db")
    fresh.write(Batch([*POINTS, *PRESENCE]))
    for bins in (quarter_hours(3), Bins.regular(NOON, NOON + 2 * QUARTER, MINUTE)):
        assert renewed.flows("square", bins, ["door-a"]) == fresh.flows("square", bins, ["door-a"])
        assert renewed.presence("square", bins, ["queue"]) == fresh.presence("square", bins, ["queue"])
    assert renewed.counters("square") == fresh.counters("square")
    assert renewed.reports("square", "counter-a") == [
        StoredReport("counter-a", BOOT, n, n) for n in range(1, 21)
    ]
    before = quarter_hours(1, NOON - timedelta(hours=2))
    assert renewed.flows("square", before, ["door-a"])["door-a"].entered == (40,)
    renewed.close()
    fresh.close()


def test_what_was_in_an_old_store_is_not_counted_again(old: Path) -> None:
    renewed = SqliteStore.open(old)
    before = renewed.flows("square", quarter_hours(2), ["door-a"])
    renewed.write(Batch([*POINTS, *PRESENCE]))
    assert renewed.flows("square", quarter_hours(2), ["door-a"]) == before
    renewed.close()
    again = SqliteStore.open(old)
    assert again.flows("square", quarter_hours(2), ["door-a"]) == before
    again.close()


def test_a_ledger_that_knew_no_recounts_keeps_its_entries_and_takes_one(tmp_path: Path) -> None:
    path = tmp_path / "vilina.db"
    SqliteStore.open(path).close()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(LEDGER_OF_VERSION_3)
    db.execute(
        "INSERT INTO correction VALUES ('square', 'c1', NULL, 0, -81, 'settled', 'vilina', '', 1000000)"
    )
    db.close()
    before = Correction("c1", None, EPOCH, -81.0, "settled", "vilina", "", EPOCH + timedelta(seconds=1))
    counted = replace(before, id="c2", reason="recount", counted=40)
    renewed = SqliteStore.open(path)
    renewed.write_correction("square", counted)
    assert renewed.corrections("square", EPOCH, EPOCH + MINUTE) == [before, counted]
    renewed.close()
    again = SqliteStore.open(path, read_only=True)
    assert again.corrections("square", EPOCH, EPOCH + MINUTE) == [before, counted]
    again.close()


def test_a_reader_of_an_old_store_says_who_renews_it(old: Path) -> None:
    with pytest.raises(StoreError, match="vilina ingest run"):
        SqliteStore.open(old, read_only=True)


def test_a_store_of_a_newer_vilina_is_refused_and_its_tables_are_left_alone(old: Path) -> None:
    db = sqlite3.connect(old)
    db.execute("PRAGMA user_version = 99")
    before = list(db.iterdump())
    with pytest.raises(StoreError, match="says 99"):
        SqliteStore.open(old)
    assert list(db.iterdump()) == before
    db.close()
