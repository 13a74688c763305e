"""The tables of the embedded store."""

import sqlite3
from pathlib import Path
from typing import Final

from vilina_ingest.errors import StoreError

SCHEMA_VERSION: Final = 2
SCHEMA: Final = """
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
"""


def check_schema(db: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Make the tables in an empty file.

    Raises:
        StoreError: the file is something else.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and tables == 0 and create:
        db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} is not a store of this version of Vilina (it says {version}, we need {SCHEMA_VERSION});"
            " name another file"
        )
