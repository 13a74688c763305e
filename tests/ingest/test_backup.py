"""Backups of a store that is written to, and what comes back."""

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ingest.stores import MINUTE, NOON, QUARTER, crossings, quarter_hours
from tests.waiting import until
from vilina_ingest.backup import check_backup
from vilina_ingest.cli import ingest
from vilina_ingest.quarantine import Quarantine, Quarantined
from vilina_ingest.store import Batch, Bins
from vilina_ingest.store_sqlite import SqliteStore
from vilina_ingest.stores import quarantine_of

STRAY = Quarantined(
    NOON, NOON, "counter-a", "vilina/v1/square/counter-a/report", "not a report", b"rubbish", times=1
)
DAY = Bins.regular(NOON, NOON + 96 * QUARTER, QUARTER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of some hours, and a quarantine with one message."""
    path = tmp_path / "vilina.db"
    with closing(SqliteStore.open(path)) as store:
        store.write(Batch([crossings(n, end=NOON + n * MINUTE) for n in range(1, 601)]))
    with closing(Quarantine.open(quarantine_of(str(path)))) as quarantine:
        quarantine.add([STRAY])
    return path


def vilina(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ingest, [*map(str, arguments)])


def entered(path: Path) -> int:
    with closing(SqliteStore.open(path)) as store:
        return sum(n or 0 for n in store.flows("square", DAY, ["door-a"])["door-a"].entered)


def test_a_backup_brings_back_the_store_and_the_quarantine(path: Path, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup.db", tmp_path / "elsewhere" / "vilina.db"
    restored.parent.mkdir()
    made = vilina("backup", "--store", path, "--out", backup)
    assert made.exit_code == 0, made.output
    assert "checked" in made.output
    back = vilina("restore", backup, "--store", restored)
    assert back.exit_code == 0, back.output
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(restored)) as new:
        assert list(old.iterdump()) == list(new.iterdump())
    with closing(Quarantine.open(quarantine_of(str(restored)))) as quarantine:
        assert [message.payload for message in quarantine.messages()] == [b"rubbish"]
    assert sorted(p.name for p in tmp_path.iterdir() if "new" in p.name) == []


@pytest.fixture
def writer(path: Path) -> Iterator[list[int]]:
    """Somebody who writes as fast as they can; what was written last."""
    stop, written = threading.Event(), [600]

    def write() -> None:
        with closing(SqliteStore.open(path)) as store:
            for n in count(601):
                if stop.is_set():
                    break
                store.write(Batch([crossings(n, end=NOON + n * MINUTE / 2)]))
                written[0] = n

    thread = threading.Thread(target=write)
    thread.start()
    until(lambda: written[0] > 610)
    yield written
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_backup_is_of_one_instant_while_ingest_writes(
    path: Path, tmp_path: Path, writer: list[int]
) -> None:
    for turn in range(3):
        backup, restored = tmp_path / f"backup-{turn}.db", tmp_path / f"restored-{turn}.db"
        before = writer[0]
        assert vilina("backup", "--store", path, "--out", backup).exit_code == 0
        after = writer[0]
        assert vilina("restore", backup, "--store", restored).exit_code == 0
        with closing(SqliteStore.open(restored)) as store:
            seqs = [report.seq for report in store.reports("square", "counter-a")]
            raw = sum(n or 0 for n in store.flows("square", DAY, ["door-a"])["door-a"].entered)
        assert seqs == list(range(1, len(seqs) + 1))
        assert before <= len(seqs) <= after + 1
        assert raw == len(seqs)


def test_a_restore_replaces_nothing_unless_it_is_forced_to(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    vilina("backup", "--store", path, "--out", backup)
    with closing(SqliteStore.open(path)) as store:
        store.write(Batch([crossings(601, end=NOON + 601 * MINUTE, entered=50)]))
    refused = vilina("restore", backup, "--store", path)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert entered(path) == 650
    assert vilina("restore", backup, "--store", path, "--force").exit_code == 0
    assert entered(path) == 600


def test_a_store_that_is_in_use_is_not_replaced(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    vilina("backup", "--store", path, "--out", backup)
    with closing(SqliteStore.open(path, read_only=True)) as reader:
        reader.version()
        refused = vilina("restore", backup, "--store", path, "--force")
    assert refused.exit_code == 1
    assert "stop `vilina ingest run`" in refused.output
    assert entered(path) == 600


def test_a_damaged_store_can_be_replaced(path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    vilina("backup", "--store", path, "--out", backup)
    path.write_bytes(b"what the power cut left" * 1000)
    path.with_name("vilina.db-wal").write_bytes(b"a rest" * 100)
    assert vilina("restore", backup, "--store", path, "--force").exit_code == 0
    assert entered(path) == 600


def damaged(backup: Path) -> None:
    whole = bytearray(backup.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 8192] = b"\xff" * 8192
    backup.write_bytes(whole)


def cut_short(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 3])


def a_picture(backup: Path) -> None:
    backup.write_bytes(b"\xff\xd8 not a database at all" * 100)


def another_database(backup: Path) -> None:
    backup.unlink()
    with closing(sqlite3.connect(backup)) as db:
        db.execute("CREATE TABLE holiday (photo BLOB)")


def of_tomorrow(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged, "damaged"),
        (cut_short, "damaged"),
        (a_picture, "not a backup"),
        (another_database, "not a backup of Vilina"),
        (of_tomorrow, "newer Vilina"),
        (Path.unlink, "there is no backup"),
    ],
)
def test_what_is_no_sound_backup_replaces_nothing(
    path: Path, tmp_path: Path, spoil: object, words: str
) -> None:
    backup = tmp_path / "backup.db"
    vilina("backup", "--store", path, "--out", backup)
    assert callable(spoil)
    spoil(backup)
    refused = vilina("restore", backup, "--store", path, "--force")
    assert refused.exit_code == 1
    assert words in refused.output
    assert entered(path) == 600


def test_a_backup_says_when_it_was_made(path: Path, tmp_path: Path) -> None:
    began = datetime.now(UTC)
    vilina("backup", "--store", path, "--out", tmp_path / "backup.db")
    assert began <= check_backup(tmp_path / "backup.db") <= datetime.now(UTC)


def test_a_backup_that_cannot_be_written_says_so_and_leaves_the_old_one(path: Path, tmp_path: Path) -> None:
    nowhere = vilina("backup", "--store", path, "--out", tmp_path / "no" / "such" / "place.db")
    assert nowhere.exit_code == 1
    assert "cannot be made" in nowhere.output
    missing = vilina("backup", "--store", tmp_path / "nothing.db", "--out", tmp_path / "backup.db")
    assert "there is no store" in missing.output
    vilina("backup", "--store", path, "--out", tmp_path / "backup.db")
    path.write_bytes(b"rubbish" * 10_000)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    assert vilina("backup", "--store", path, "--out", tmp_path / "backup.db").exit_code == 1
    check_backup(tmp_path / "backup.db")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_without_room_is_told_and_keeps_what_it_had(
    path: Path, tmp_path: Path, small_disk: Path
) -> None:
    full = vilina("backup", "--store", path, "--out", small_disk / "backup.db")
    assert full.exit_code == 1
    assert "make room" in full.output
    vilina("backup", "--store", path, "--out", tmp_path / "backup.db")
    assert (
        "make room" in vilina("restore", tmp_path / "backup.db", "--store", small_disk / "vilina.db").output
    )
    assert list(small_disk.iterdir()) == []


def test_a_small_store_can_still_be_read_by_quarters_after_it_came_back(path: Path, tmp_path: Path) -> None:
    vilina("backup", "--store", path, "--out", tmp_path / "backup.db")
    vilina("restore", tmp_path / "backup.db", "--store", path, "--force")
    with closing(SqliteStore.open(path, read_only=True)) as store:
        assert store.flows("square", quarter_hours(2), ["door-a"])["door-a"].entered == (15, 15)
