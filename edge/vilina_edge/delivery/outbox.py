"""Reports on their way: kept on disk until the site has stored them.

A report that was added survives a power cut. The file is capped: beyond the cap the oldest reports become one per
quarter of an hour, and where even that is too much, one report that says "nothing is known" for their whole time. A
report that may already have been stored is never merged, because its counts would then be stored twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple, Self

from vilina_edge.delivery.dating import redated
from vilina_edge.delivery.durable import open_durable, transaction
from vilina_edge.delivery.merging import lost, merge, quarters, successions
from vilina_edge.errors import OutboxError
from vilina_edge.wire import Committed, Report, decode, encode

MAX_REPORTS: Final = 20_000
"""Over five hours of a door that is never quiet before anything is merged; about 8 MB."""
LIVE: Final = 100
"""The newest reports are left as they are: they are about to be sent."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS report (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL, seq INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    payload BLOB NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    UNIQUE (boot, seq)
);
"""


class Entry(NamedTuple):
    """A report in the outbox. `sent` once it was handed to a broker: from then on it may be stored."""

    id: int
    report: Report
    sent: bool


class Outbox:
    """The reports of one counter that the site has not yet acknowledged. For one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, *, max_reports: int = MAX_REPORTS) -> None:
        self._db = connection
        self._max = max_reports
        self._depth = self._count()

    @classmethod
    def open(cls, path: Path, *, max_reports: int = MAX_REPORTS) -> Self:
        """Open or make the file.

        Raises:
            OutboxError: it cannot be opened, or is something else.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = open_durable(path, SCHEMA)
            if "held" not in {name for _, name, *_ in db.execute("PRAGMA table_info(report)")}:
                db.execute("ALTER TABLE report ADD COLUMN held INTEGER NOT NULL DEFAULT 0")
            return cls(db, max_reports=max_reports)
        except (OSError, sqlite3.Error) as error:
            raise OutboxError(f"the outbox {path} cannot be opened: {error}; name another file") from error

    def close(self) -> None:
        self._db.close()

    def __len__(self) -> int:
        return self._depth

    def add(self, reports: Iterable[Report], *, sent: bool = False, hold: bool = False) -> list[Entry]:
        """Keep reports, on disk on return; `sent` if they are handed to a broker right after.

        With `hold`, those of an uncertain clock are not sent: they wait to be dated again.

        Raises:
            OutboxError: none of them was kept.
        """
        with self._transaction("reports cannot be kept"):
            entries = []
            for report in reports:
                held = hold and report.time_uncertain
                cursor = self._db.execute(
                    "INSERT INTO report (boot, seq, sent, held, payload) VALUES (?, ?, ?, ?, ?)",
                    (report.boot, report.seq, sent and not held, held, encode(report)),
                )
                assert cursor.lastrowid is not None
                entries.append(Entry(cursor.lastrowid, report, sent and not held))
            self._depth += len(entries)
            if self._depth > self._max:
                self._shrink()
        return entries

    def oldest(self, limit: int, *, besides: Iterable[int] = (), held: bool = True) -> list[Entry]:
        """The oldest entries, oldest first, without those `besides`, and if need be without those that are held.

        Raises:
            OutboxError: they cannot be read.
        """
        known = set(besides)
        try:
            rows = self._db.execute(
                "SELECT id, payload, sent FROM report WHERE held <= ? ORDER BY id LIMIT ?",
                (held, limit + len(known)),
            ).fetchall()
        except sqlite3.Error as error:
            raise OutboxError(f"reports cannot be read: {error}; look at the disk") from error
        found = [Entry(i, decode(payload, Report), bool(sent)) for i, payload, sent in rows if i not in known]
        return found[:limit]

    def mark_sent(self, entries: Iterable[Entry]) -> None:
        """Remember, before it happens, that these are handed to a broker."""
        fresh = [(entry.id,) for entry in entries if not entry.sent]
        if fresh:
            with self._transaction("reports cannot be marked as sent"):
                self._db.executemany("UPDATE report SET sent = 1 WHERE id = ?", fresh)

    def redate(self, boot: str, by: timedelta, *, certain: bool) -> None:
        """Date again what nobody has seen of this boot; once the clock is `certain`, nothing is held any more.

        Raises:
            OutboxError: nothing was dated again.
        """
        with self._transaction("reports cannot be dated again"):
            rows = self._db.execute(
                "SELECT id, payload FROM report WHERE boot = ? AND NOT sent", (boot,)
            ).fetchall()
            fresh = ((i, redated(decode(payload, Report), by, certain=certain)) for i, payload in rows)
            self._db.executemany(
                "UPDATE report SET payload = ?, held = held AND ? WHERE id = ?",
                ((encode(report), not certain, i) for i, report in fresh),
            )

    def release(self) -> None:
        """Hold nothing any more.

        Raises:
            OutboxError: it is still held.
        """
        with self._transaction("reports cannot be released"):
            self._db.execute("UPDATE report SET held = 0 WHERE held")

    def acknowledge(self, committed: Sequence[Committed]) -> list[int]:
        """Forget what the site has stored; the ids of the entries that are gone."""
        gone: list[int] = []
        with self._transaction("stored reports cannot be forgotten"):
            for part in committed:
                rows = self._db.execute(
                    "DELETE FROM report WHERE boot = ? AND seq BETWEEN ? AND ? RETURNING id",
                    (part.boot, part.first, part.last),
                )
                gone += [i for (i,) in rows]
            self._depth -= len(gone)
        return gone

    def _shrink(self) -> None:
        """Merge by the quarter whatever is not live; if that is not enough, give up the oldest half."""
        for run in quarters(self.oldest(self._depth - LIVE)):
            self._replace(run, merge([entry.report for entry in run]))
        if self._depth > self._max:
            for run in successions(self.oldest(self._depth // 2)):
                self._replace(run, lost([entry.report for entry in run]))

    def _replace(self, entries: Sequence[Entry], by: Report) -> None:
        if len(entries) == 1:
            return
        self._db.executemany("DELETE FROM report WHERE id = ?", [(entry.id,) for entry in entries[:-1]])
        self._db.execute("UPDATE report SET payload = ? WHERE id = ?", (encode(by), entries[-1].id))
        self._depth -= len(entries) - 1

    def _count(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM report").fetchone()
        return int(count)

    @contextmanager
    def _transaction(self, failure: str) -> Iterator[None]:
        before = self._depth
        try:
            with transaction(self._db):
                yield
        except BaseException as error:
            self._depth = before
            if not isinstance(error, sqlite3.Error):
                raise
            raise OutboxError(f"{failure}: {error}; make room on the disk") from error
