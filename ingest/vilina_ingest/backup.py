"""A store and its quarantine as one file, taken while ingest writes, and put back.

The file is a SQLite file: the store as it was at one instant, and the quarantine's file in pieces. The quarantine is
read first, because a message that is replayed meanwhile is then in both, which is harmless, instead of in neither.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from vilina_edge.delivery.durable import replacing, transaction
from vilina_ingest.errors import BackupError
from vilina_ingest.sqlite_migrate import OLDEST
from vilina_ingest.sqlite_schema import SCHEMA_VERSION

PAGES: Final = 2_000
PIECE: Final = 1 << 20
TABLES: Final = """
CREATE TABLE backup (made_at TEXT NOT NULL);
CREATE TABLE backup_quarantine (n INTEGER PRIMARY KEY, piece BLOB NOT NULL);
"""
Say = Callable[[int, int], None]


def back_up(store: Path, quarantine: Path, out: Path, *, made_at: datetime, say: Say) -> None:
    """Write store and quarantine into `out`, whole or not at all, and check that it is sound.

    Raises:
        BackupError: it cannot be read or written; what `out` was before is as it was.
    """
    if not store.exists():
        raise BackupError(f"there is no store at {store}; name it with --store")
    with _told(f"the backup {out} cannot be made"), replacing(out) as fresh:
        _check_room(out.parent, [store, quarantine])
        kept = fresh.with_name(f"{fresh.name}.quarantine")
        try:
            if quarantine.exists():
                _copy(quarantine, kept, say=lambda done, total: None)
            _copy(store, fresh, say=say)
            with closing(sqlite3.connect(fresh, isolation_level=None)) as db, transaction(db):
                for statement in TABLES.split(";"):
                    db.execute(statement)
                db.execute("INSERT INTO backup VALUES (?)", (made_at.isoformat(),))
                pieces = ((piece,) for piece in _pieces(kept))
                db.executemany("INSERT INTO backup_quarantine (piece) VALUES (?)", pieces)
            check_backup(fresh)
        finally:
            kept.unlink(missing_ok=True)


def restore(backup: Path, store: Path, quarantine: Path, *, force: bool, say: Say) -> None:
    """Put a backup in the place of store and quarantine; with `force` also where there are some.

    Raises:
        BackupError: the backup is not sound, something is there already or in use, or it cannot be written.
    """
    check_backup(backup)
    there = [path for path in (store, quarantine) if path.exists()]
    if there and not force:
        raise BackupError(f"{there[0]} is there already; name another --store, or replace it with --force")
    for path in there:
        _take_over(path)
    with (
        _told(f"{backup} cannot be restored to {store}"),
        replacing(store) as fresh,
        replacing(quarantine) as fresh_quarantine,
    ):
        _check_room(store.parent, [backup])
        _copy(backup, fresh, say=say)
        with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            pieces = db.execute("SELECT piece FROM backup_quarantine ORDER BY n")
            with fresh_quarantine.open("wb") as file:
                file.writelines(piece for (piece,) in pieces)
            db.executescript("BEGIN; DROP TABLE backup; DROP TABLE backup_quarantine; COMMIT")


def check_backup(path: Path) -> datetime:
    """Read all of a backup; when it was made.

    Raises:
        BackupError: it is missing, damaged, or something else.
    """
    if not path.exists():
        raise BackupError(f"there is no backup at {path}")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if not {"backup", "backup_quarantine", "crossings"} <= tables:
                raise BackupError(f"{path} is not a backup of Vilina; make one with `vilina ingest backup`")
            if not OLDEST <= version <= SCHEMA_VERSION:
                raise BackupError(
                    f"{path} was made by a newer Vilina (it says {version}); install that one first"
                )
            (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise BackupError(f"{path} is damaged ({verdict}); take another backup")
            (made_at,) = db.execute("SELECT made_at FROM backup").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is damaged, or not a backup at all ({error}); take another one") from error
    return datetime.fromisoformat(made_at)


def _copy(source: Path, target: Path, *, say: Say) -> None:
    """Copy a database as it is at this instant, whoever writes to it meanwhile."""
    target.unlink(missing_ok=True)
    with (
        closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        # Without this transaction the copy would begin again after every write of another process.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(
            writing, pages=PAGES, sleep=0.0, progress=lambda _, left, total: say(total - left, total)
        )
        # One file, that can be read where nothing can be written.
        writing.execute("PRAGMA journal_mode=DELETE")


def _check_room(folder: Path, sources: Sequence[Path]) -> None:
    needed = sum(path.stat().st_size for path in sources if path.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupError(
            f"{folder} has {free / 1e6:,.1f} MB left and needs {needed / 1e6:,.1f}; make room, or name another disk"
        )


def _take_over(path: Path) -> None:
    """Make sure that nobody uses a file that is to be replaced, and that nothing is left beside it."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as db:
            db.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"{path} is in use ({error}); stop `vilina ingest run` and `vilina api run` first"
        ) from error
    except sqlite3.DatabaseError:
        # Damaged, which may be why there is a restore. What is left beside it would spoil the new one.
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


def _pieces(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{what}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise BackupError(f"{what}: {error}") from error
