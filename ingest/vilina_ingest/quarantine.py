"""Messages that could not be stored, kept with the reason, so that nothing that was sent is ever thrown away."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from vilina_edge.delivery.durable import open_durable, transaction
from vilina_ingest.errors import StoreError

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    received TEXT NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    UNIQUE (topic, payload)
);
"""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message and why it was not stored; `times` it came, first `received` in UTC."""

    received: datetime
    topic: str
    reason: str
    payload: bytes
    times: int


class Quarantine:
    """One SQLite file beside the store. The same message twice is kept once, and counted. For one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file.

        Raises:
            StoreError: it cannot be opened.
        """
        try:
            return cls(open_durable(path, SCHEMA))
        except sqlite3.Error as error:
            raise StoreError(f"the quarantine {path} cannot be opened: {error}") from error

    def add(self, messages: Sequence[Quarantined]) -> None:
        """Keep messages; on disk on return.

        Raises:
            StoreError: none was kept.
        """
        try:
            with transaction(self._db) as db:
                db.executemany(
                    "INSERT INTO message (received, topic, reason, payload) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET times = times + 1, reason = excluded.reason",
                    [(m.received.isoformat(), m.topic, m.reason, m.payload) for m in messages],
                )
        except sqlite3.Error as error:
            raise StoreError(f"the quarantine could not be written: {error}") from error

    def messages(self) -> list[Quarantined]:
        """Everything that is kept, oldest first."""
        rows = self._db.execute("SELECT received, topic, reason, payload, times FROM message ORDER BY id")
        return [
            Quarantined(datetime.fromisoformat(received), topic, reason, payload, times)
            for received, topic, reason, payload, times in rows
        ]

    def close(self) -> None:
        self._db.close()
