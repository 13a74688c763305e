"""Messages that could not be stored, kept with the reason until the cause is mended, and who is not known here.

It is bounded, however much comes: of a counter the newest `KEPT` messages stay, of all that names no counter of the
site as many together, and of a message over the wire's limit only the beginning. Validations are not counted: they come
from people, and the counter has been told that they are safe here. Of an unknown counter only its name and when it was
heard is kept. Its reports stay in its own outbox until somebody adds it to the site file.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from vilina_edge.delivery.durable import open_durable, transaction
from vilina_edge.wire import MAX_BYTES
from vilina_ingest.errors import StoreError

KEPT: Final = 1000
STRANGERS: Final = 1000
SCHEMA_VERSION: Final = 2
SCHEMA: Final = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    first TEXT NOT NULL, last TEXT NOT NULL, times INTEGER NOT NULL,
    counter TEXT NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (topic, payload)
);
CREATE INDEX message_of_counter ON message (counter, last);
CREATE TABLE stranger (
    counter TEXT PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL, messages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE dropped (counter TEXT PRIMARY KEY, messages INTEGER NOT NULL) WITHOUT ROWID;
"""
COLUMNS: Final = "id, first, last, times, counter, topic, reason, payload"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message and why it was not stored; how many `times` it came, `first` and `last`, in UTC.

    `counter` is the site's counter that sent it, if it was one. `id` is 0 as long as it is not kept.
    """

    first: datetime
    last: datetime
    counter: str | None
    topic: str
    reason: str
    payload: bytes
    times: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Stranger:
    """A counter that the site does not have: how many messages it sent, `first` and `last`, in UTC."""

    counter: str
    first: datetime
    last: datetime
    messages: int


class Quarantine:
    """One SQLite file beside the store. The same message twice is kept once, and counted. For one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file.

        Raises:
            StoreError: it cannot be opened, or is something else.
        """
        try:
            db = open_durable(path)
            with transaction(db):
                (version,) = db.execute("PRAGMA user_version").fetchone()
                (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                if version == 0 and tables == 0:
                    for statement in SCHEMA.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                elif version != SCHEMA_VERSION:
                    raise StoreError(
                        f"{path} is not a quarantine of this version of Vilina; move it away, and a new one is made"
                    )
        except sqlite3.Error as error:
            raise StoreError(f"the quarantine {path} cannot be opened: {error}") from error
        return cls(db)

    def add(self, messages: Sequence[Quarantined], strangers: Iterable[Stranger] = ()) -> None:
        """Keep messages, and remember strangers; on disk on return.

        Raises:
            StoreError: nothing was kept.
        """
        with self._writing() as db:
            db.executemany(
                "INSERT INTO message (first, last, times, counter, topic, reason, payload)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " times = times + excluded.times, last = excluded.last, reason = excluded.reason",
                [
                    (m.first.isoformat(), m.last.isoformat(), m.times, m.counter or "", m.topic, m.reason,
                     m.payload[:MAX_BYTES])
                    for m in messages
                ],
            )  # fmt: skip
            for counter in {message.counter or "" for message in messages}:
                _drop_oldest(db, counter)
            db.executemany(
                "INSERT INTO stranger VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " last = excluded.last, messages = messages + excluded.messages",
                [(s.counter, s.first.isoformat(), s.last.isoformat(), s.messages) for s in strangers],
            )
            db.execute(
                "DELETE FROM stranger WHERE counter IN"
                " (SELECT counter FROM stranger ORDER BY last DESC LIMIT -1 OFFSET ?)",
                (STRANGERS,),
            )

    def messages(self) -> list[Quarantined]:
        """Everything that is kept, oldest first."""
        with self._reading() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM message ORDER BY id").fetchall()  # noqa: S608 - our own
        return [_message(row) for row in rows]

    def message(self, number: int) -> Quarantined | None:
        """One of them, by its id."""
        with self._reading() as db:
            row = db.execute(f"SELECT {COLUMNS} FROM message WHERE id = ?", (number,)).fetchone()  # noqa: S608 - our own
        return None if row is None else _message(row)

    def remove(self, numbers: Iterable[int]) -> int:
        """Forget messages by their ids; how many there were."""
        with self._writing() as db:
            before = db.total_changes
            db.executemany("DELETE FROM message WHERE id = ?", [(number,) for number in numbers])
            return db.total_changes - before

    def strangers(self) -> list[Stranger]:
        """Counters that the site does not have, who was heard last first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT counter, first, last, messages FROM stranger ORDER BY last DESC, counter"
            ).fetchall()
        return [
            Stranger(counter, datetime.fromisoformat(first), datetime.fromisoformat(last), messages)
            for counter, first, last, messages in rows
        ]

    def accept(self, counters: Iterable[str]) -> None:
        """These are strangers no longer."""
        with self._writing() as db:
            db.executemany("DELETE FROM stranger WHERE counter = ?", [(counter,) for counter in counters])

    def dropped(self) -> int:
        """How many messages had to make room for newer ones."""
        with self._reading() as db:
            (messages,) = db.execute("SELECT coalesce(sum(messages), 0) FROM dropped").fetchone()
        return int(messages)

    def __len__(self) -> int:
        with self._reading() as db:
            (count,) = db.execute("SELECT count(*) FROM message").fetchone()
        return int(count)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with transaction(self._db) as db:
                yield db
        except sqlite3.Error as error:
            raise StoreError(f"the quarantine could not be written: {error}") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._db
        except sqlite3.Error as error:
            raise StoreError(f"the quarantine could not be read: {error}") from error


def _drop_oldest(db: sqlite3.Connection, counter: str) -> None:
    cursor = db.execute(
        "DELETE FROM message WHERE id IN"
        " (SELECT id FROM message WHERE counter = ? AND topic NOT LIKE '%/validation'"
        " ORDER BY last DESC, id DESC LIMIT -1 OFFSET ?)",
        (counter, KEPT),
    )
    if cursor.rowcount > 0:
        db.execute(
            "INSERT INTO dropped VALUES (?, ?) ON CONFLICT DO UPDATE SET messages = messages + excluded.messages",
            (counter, cursor.rowcount),
        )


def _message(row: tuple[int, str, str, int, str, str, str, bytes]) -> Quarantined:
    number, first, last, times, counter, topic, reason, payload = row
    return Quarantined(
        first=datetime.fromisoformat(first), last=datetime.fromisoformat(last), counter=counter or None,
        topic=topic, reason=reason, payload=payload, times=times, id=number,
    )  # fmt: skip
