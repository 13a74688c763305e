"""SQLite files that survive a power cut: what was committed is on disk."""

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
