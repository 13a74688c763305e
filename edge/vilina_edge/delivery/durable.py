"""Files that survive a power cut: what was committed or written is on disk, and is whole."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_MS = 5000
"""How long one connection waits for another."""


def open_durable(path: Path, schema: str = "") -> sqlite3.Connection:
    """Open or make a file in WAL with `synchronous=FULL`, for one thread at a time.

    NORMAL lost acknowledged rows in simulated power cuts, FULL none.

    Raises:
        sqlite3.Error: it cannot be opened, or is something else.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout={WAIT_MS}")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.executescript(schema)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing, on disk at the end."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        # A full disk has SQLite roll back by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def written_beside(path: Path, content: bytes) -> Path:
    """A file beside `path` with this content, on disk; to put in its place with `replace`.

    Raises:
        OSError: it cannot be written.
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    return fresh


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a power cut leaves the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    written_beside(path, content).replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path`, to be written; it is put in the place of `path` if all goes well, and removed if not.

    Raises:
        OSError: it cannot be written or replaced.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        yield fresh
        with fresh.open("rb+") as written:
            os.fsync(written.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
