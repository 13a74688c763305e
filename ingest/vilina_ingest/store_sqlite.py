"""The embedded store: one SQLite file, one writer, any number of readers.

What was committed survives a power cut. Raw points and their 15-minute roll-up change in one transaction, so they
never disagree.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final, Self

from vilina_edge.delivery.durable import WAIT_MS, open_durable, transaction
from vilina_edge.wire import Validation
from vilina_ingest.errors import StoreError
from vilina_ingest.points import CrossingsPoint
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent
from vilina_ingest.site import Retention
from vilina_ingest.sqlite_messages import get_counters, get_reports, get_validations, put_messages
from vilina_ingest.sqlite_migrate import OLDEST, migrate
from vilina_ingest.sqlite_points import PointWriter
from vilina_ingest.sqlite_records import (
    get_corrections,
    get_events,
    get_live,
    get_settled,
    put_correction,
    put_events,
    put_live,
    put_settled,
)
from vilina_ingest.sqlite_retain import STEPS, Horizons
from vilina_ingest.sqlite_schema import SCHEMA_VERSION, create_schema, schema_version
from vilina_ingest.sqlite_series import read_crossings, read_flows, read_presence
from vilina_ingest.store import (
    Batch,
    Bins,
    CounterState,
    FlowSeries,
    PresenceSeries,
    Removed,
    StoredReport,
)

TURN_S: Final = 0.1
"""How long other writers have the file for themselves between two steps of retention."""


WAL_LIMIT: Final = 32 << 20
"""Bytes of the write-ahead log beyond which readers are waited for, so that it can begin anew."""
WAL_WAIT_MS: Final = 200


class SqliteStore:
    """A `Store` in one file. Safe to use from several threads; calls then take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._lock = threading.Lock()
        self._points = PointWriter()
        self._wal = Path(f"{connection.execute('PRAGMA database_list').fetchone()[2]}-wal")
        self._wal_limit = WAL_LIMIT

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
            _bring_up(db, path, read_only=read_only)
        except sqlite3.Error as error:
            raise StoreError(f"the store at {path} cannot be opened: {error}") from error
        return cls(db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def write(self, batch: Batch) -> None:
        with self._writing() as db:
            self._points.write(db, batch.points)
            put_messages(db, batch)

    def write_live(self, site: str, points: Sequence[OccupancyPoint]) -> None:
        with self._writing() as db:
            put_live(db, site, points)

    def write_settled(self, site: str, days: Sequence[SettledDay]) -> None:
        with self._writing() as db:
            put_settled(db, site, days)

    def write_correction(self, site: str, correction: Correction) -> None:
        with self._writing() as db:
            put_correction(db, site, correction)

    def write_events(self, site: str, events: Sequence[SiteEvent]) -> None:
        with self._writing() as db:
            put_events(db, site, events)

    def retain(self, site: str, retention: Retention, now: datetime) -> Removed:
        plan = Horizons.of(retention, now)
        removed = Removed(0, 0)
        for step in STEPS:
            more = True
            while more:
                with self._writing() as db:
                    rows, more = step(db, site, plan)
                if more:
                    # Who waits for the file looks every tenth of a second, and would miss a shorter chance.
                    time.sleep(TURN_S)
                removed = Removed(removed.raw + rows.raw, removed.rollup + rows.rollup)
        return removed

    def version(self) -> int:
        with self._reading() as db:
            (foreign,) = db.execute("PRAGMA data_version").fetchone()
            return int(foreign) << 40 | db.total_changes

    def flows(self, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
        with self._reading() as db:
            return read_flows(db, site, bins, lines)

    def presence(self, site: str, bins: Bins, areas: Sequence[str]) -> dict[str, PresenceSeries]:
        with self._reading() as db:
            return read_presence(db, site, bins, areas)

    def live(self, site: str, start: datetime, end: datetime, zone: str | None) -> list[OccupancyPoint]:
        with self._reading() as db:
            return get_live(db, site, start, end, zone=zone)

    def settled(self, site: str, first: date, last: date) -> list[SettledDay]:
        with self._reading() as db:
            return get_settled(db, site, first, last)

    def corrections(self, site: str, start: datetime, end: datetime) -> list[Correction]:
        with self._reading() as db:
            return get_corrections(db, site, start, end)

    def events(self, site: str, start: datetime, end: datetime) -> list[SiteEvent]:
        with self._reading() as db:
            return get_events(db, site, start, end)

    def counters(self, site: str) -> dict[str, CounterState]:
        with self._reading() as db:
            return get_counters(db, site)

    def reports(self, site: str, counter: str) -> list[StoredReport]:
        with self._reading() as db:
            return get_reports(db, site, counter)

    def crossings(self, site: str, start: datetime, end: datetime) -> list[CrossingsPoint]:
        """Raw points that stand from `start` until before `end`, in order of time."""
        with self._reading() as db:
            return read_crossings(db, site, start, end)

    def validations(self, site: str, counter: str) -> list[Validation]:
        with self._reading() as db:
            return get_validations(db, site, counter)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with transaction(self._db) as db:
                    yield db
                self._shorten_wal()
            except BaseException as error:
                # Numbers given in the abandoned transaction are gone again.
                self._points.forget()
                if not isinstance(error, sqlite3.Error):
                    raise
                raise StoreError(
                    f"the store could not be written, and nothing was stored: {error}"
                ) from error

    def _shorten_wal(self) -> None:
        """SQLite never begins the log anew while there is always some reader: it would grow for ever, and slow them."""
        size = self._wal.stat().st_size if self._wal.exists() else 0
        if size < self._wal_limit:
            return
        self._db.execute(f"PRAGMA busy_timeout={WAL_WAIT_MS}")
        (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._db.execute(f"PRAGMA busy_timeout={WAIT_MS}")
        self._wal_limit = size + WAL_LIMIT if busy else WAL_LIMIT

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


def _bring_up(db: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    """Make the tables in an empty file, or bring those of an older version to this one."""
    version = schema_version(db)
    if version == SCHEMA_VERSION:
        return
    if version is None and not read_only:
        create_schema(db)
    elif version is not None and OLDEST <= version < SCHEMA_VERSION:
        if read_only:
            raise StoreError(
                f"{path} is of an older Vilina; start `vilina ingest run` first, which renews it"
            )
        migrate(db)
    else:
        raise StoreError(
            f"{path} is not a store of this version of Vilina (it says {version or 0}, we need {SCHEMA_VERSION});"
            " name another file"
        )
