"""The embedded store: one SQLite file, one writer, any number of readers.

What was committed survives a power cut. Raw points and their 15-minute roll-up change in one transaction, so they
never disagree.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self, get_args

import msgspec

from vilina_edge.delivery.durable import WAIT_MS, open_durable, transaction
from vilina_edge.wire import ConfigAck, GapReason, Health, Status, Validation
from vilina_ingest.binning import SLOT_NS, Binned, BinnedRow, end_of, ns_of
from vilina_ingest.errors import StoreError
from vilina_ingest.points import CrossingsPoint, Point, PresencePoint
from vilina_ingest.sqlite_schema import check_schema
from vilina_ingest.store import Bins, CounterState, FlowSeries, StoredReport

GAP_REASONS: Final = get_args(GapReason)


class SqliteStore:
    """A `Store` in one file. Safe to use from several threads; calls then take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._lock = threading.Lock()
        self._series: dict[tuple[str, str, str, str, str], int] = {}

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the file; a writer makes it if it is not there.

        Raises:
            StoreError: not there (read-only), not a store of ours, or not accessible.
        """
        if read_only and not path.exists():
            raise StoreError(f"there is no store at {path}; start `vilina ingest run` first, which makes it")
        try:
            db = _open_to_read(path) if read_only else open_durable(path)
            check_schema(db, path, create=not read_only)
        except sqlite3.Error as error:
            raise StoreError(f"the store at {path} cannot be opened: {error}") from error
        return cls(db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def write(self, points: Sequence[Point]) -> None:
        with self._writing() as db:
            rollup: dict[tuple[int, int], list[float]] = {}
            reasons: dict[tuple[int, int], str] = {}
            newest: dict[tuple[str, str], tuple[int, str | None]] = {}
            for point in points:
                counter = (point.site, point.counter)
                if counter not in newest or newest[counter][0] < point.at_ns:
                    newest[counter] = (point.at_ns, point.quality)
                if isinstance(point, PresencePoint):
                    _insert_presence(db, point)
                    continue
                series = self._series_id(db, point)
                if not _insert_crossings(db, series, point):
                    continue
                key = (series, point.at_ns // SLOT_NS)
                sums = rollup.setdefault(key, [0, 0, 0.0])
                sums[0] += point.entered
                sums[1] += point.left
                sums[2] += point.seconds
                if point.quality in GAP_REASONS:
                    reasons[key] = point.quality
            db.executemany(
                "INSERT INTO flow_15m VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " entered = entered + excluded.entered, left = left + excluded.left,"
                " seconds = seconds + excluded.seconds, reason = coalesce(excluded.reason, reason)",
                [(*key, *sums, reasons.get(key)) for key, sums in rollup.items()],
            )
            db.executemany(
                "INSERT INTO counter (site, counter, last_at_ns, last_quality) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE"
                " SET last_at_ns = excluded.last_at_ns, last_quality = excluded.last_quality"
                " WHERE last_at_ns IS NULL OR last_at_ns < excluded.last_at_ns",
                [(*key, *last) for key, last in newest.items()],
            )

    def write_status(self, site: str, counter: str, status: Status, at: datetime) -> None:
        known = self.counters(site).get(counter)
        if known and known.status and _same_state(known.status, status):
            return
        dated = msgspec.structs.replace(status, at=status.at or at)
        with self._writing() as db:
            db.execute(
                "INSERT INTO counter (site, counter, status) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET status = excluded.status",
                (site, counter, msgspec.json.encode(dated)),
            )

    def write_health(self, site: str, counter: str, health: Health) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT INTO counter (site, counter, health) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET health = excluded.health",
                (site, counter, msgspec.json.encode(health)),
            )

    def write_config_ack(self, site: str, counter: str, ack: ConfigAck) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT INTO counter (site, counter, config_ack) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET config_ack = excluded.config_ack",
                (site, counter, msgspec.json.encode(ack)),
            )

    def write_validation(self, site: str, counter: str, validation: Validation) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT INTO validation VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (site, counter, validation.id, msgspec.json.encode(validation)),
            )

    def version(self) -> int:
        with self._reading() as db:
            (foreign,) = db.execute("PRAGMA data_version").fetchone()
            return int(foreign) << 40 | db.total_changes

    def flows(self, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
        edges = [ns_of(edge) for edge in bins.edges]
        with self._reading() as db:
            rows = _rollup_rows if all(edge % SLOT_NS == 0 for edge in edges) else _raw_rows
            binned = Binned(edges, lines)
            for row in rows(db, site, lines, start=edges[0], end=edges[-1]):
                binned.add(row)
        return {line: binned.series(line, bins) for line in lines}

    def counters(self, site: str) -> dict[str, CounterState]:
        with self._reading() as db:
            rows = db.execute(
                "SELECT counter, status, health, config_ack, last_at_ns, last_quality FROM counter WHERE site = ?",
                (site,),
            ).fetchall()
        return {
            counter: CounterState(
                counter=counter,
                status=msgspec.json.decode(status, type=Status) if status else None,
                health=msgspec.json.decode(health, type=Health) if health else None,
                config_ack=msgspec.json.decode(config_ack, type=ConfigAck) if config_ack else None,
                last_report_end=end_of(last_at_ns) if last_at_ns else None,
                last_quality=quality,
            )
            for counter, status, health, config_ack, last_at_ns, quality in rows
        }

    def reports(self, site: str, counter: str) -> list[StoredReport]:
        with self._reading() as db:
            rows = db.execute(
                "SELECT counter, boot, first_seq, seq FROM crossings JOIN series ON series.id = series"
                " WHERE site = ?1 AND counter = ?2"
                " UNION SELECT counter, boot, first_seq, seq FROM presence WHERE site = ?1 AND counter = ?2"
                " ORDER BY boot, seq",
                (site, counter),
            )
            return [StoredReport(*row) for row in rows]

    def validations(self, site: str, counter: str) -> list[Validation]:
        with self._reading() as db:
            rows = db.execute(
                "SELECT payload FROM validation WHERE site = ? AND counter = ?", (site, counter)
            ).fetchall()
        found = [msgspec.json.decode(payload, type=Validation) for (payload,) in rows]
        return sorted(found, key=lambda validation: validation.start)

    def _series_id(self, db: sqlite3.Connection, point: CrossingsPoint) -> int:
        key = (point.site, point.counter, point.line, point.origin, point.to)
        if key not in self._series:
            db.execute(
                "INSERT OR IGNORE INTO series (site, counter, line, origin, target) VALUES (?, ?, ?, ?, ?)",
                key,
            )
            (found,) = db.execute(
                "SELECT id FROM series"
                " WHERE site = ? AND counter = ? AND line = ? AND origin = ? AND target = ?",
                key,
            ).fetchone()
            self._series[key] = found
        return self._series[key]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with transaction(self._db) as db:
                    yield db
            except BaseException as error:
                # Series made in the abandoned transaction are gone again.
                self._series.clear()
                if not isinstance(error, sqlite3.Error):
                    raise
                raise StoreError(
                    f"the store could not be written, and nothing was stored: {error}"
                ) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise StoreError(f"the store could not be read: {error}") from error


def _open_to_read(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
    )
    db.execute(f"PRAGMA busy_timeout={WAIT_MS}")
    return db


def _same_state(a: Status, b: Status) -> bool:
    return (a.state, a.reason, a.boot) == (b.state, b.reason, b.boot)


def _insert_crossings(db: sqlite3.Connection, series: int, point: CrossingsPoint) -> bool:
    """Whether the point was new."""
    cursor = db.execute(
        "INSERT INTO crossings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (series, point.at_ns, point.entered, point.left, point.seconds,
         point.boot, point.seq, point.first_seq, point.quality),
    )  # fmt: skip
    return cursor.rowcount == 1


def _insert_presence(db: sqlite3.Connection, point: PresencePoint) -> None:
    db.execute(
        "INSERT INTO presence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (point.site, point.counter, point.area, point.at_ns, point.mean, point.most,
         point.waiting_mean, point.waiting_most, msgspec.json.encode(point.dwell).decode(), point.seconds,
         point.boot, point.seq, point.first_seq, point.quality),
    )  # fmt: skip


def _rollup_rows(
    db: sqlite3.Connection, site: str, lines: Sequence[str], *, start: int, end: int
) -> Iterator[BinnedRow]:
    rows = db.execute(
        "SELECT line, slot, entered, left, seconds, reason FROM flow_15m JOIN series ON series.id = series"
        " WHERE site = ? AND line IN (SELECT value FROM json_each(?)) AND slot >= ? AND slot < ?",
        (site, json.dumps(list(lines)), start // SLOT_NS, end // SLOT_NS),
    )
    return (BinnedRow(line, slot * SLOT_NS, *rest) for line, slot, *rest in rows)


def _raw_rows(
    db: sqlite3.Connection, site: str, lines: Sequence[str], *, start: int, end: int
) -> Iterator[BinnedRow]:
    rows = db.execute(
        "SELECT line, at_ns, entered, left, seconds, CASE WHEN seconds = 0 THEN quality END"
        " FROM crossings JOIN series ON series.id = series"
        " WHERE site = ? AND line IN (SELECT value FROM json_each(?)) AND at_ns >= ? AND at_ns < ?",
        (site, json.dumps(list(lines)), start, end),
    )
    return (BinnedRow(*row) for row in rows)
