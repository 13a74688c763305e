"""The tables of the embedded store.

Rows are clustered by quarter hour first: what is written together then lies together, so that a batch touches a few
pages whatever the number of lines, a day is read in one piece, and old days leave whole pages behind.
"""

import sqlite3
from typing import Final

SCHEMA_VERSION: Final = 4

POINT_TABLES: Final = """
CREATE TABLE crossings (
    slot INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, within_ns INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL, seconds REAL NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, first_seq INTEGER NOT NULL, quality TEXT NOT NULL,
    PRIMARY KEY (slot, series, within_ns)
) WITHOUT ROWID;
CREATE TABLE flow_15m (
    slot INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series,
    entered INTEGER NOT NULL, left INTEGER NOT NULL, seconds REAL NOT NULL, reason TEXT,
    PRIMARY KEY (slot, series)
) WITHOUT ROWID;
CREATE TABLE area (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, counter TEXT NOT NULL, area TEXT NOT NULL,
    UNIQUE (site, counter, area)
);
CREATE TABLE presence (
    slot INTEGER NOT NULL, area INTEGER NOT NULL REFERENCES area, within_ns INTEGER NOT NULL,
    mean REAL NOT NULL, most INTEGER NOT NULL, waiting_mean REAL, waiting_most INTEGER,
    dwell TEXT NOT NULL, seconds REAL NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, first_seq INTEGER NOT NULL, quality TEXT NOT NULL,
    PRIMARY KEY (slot, area, within_ns)
) WITHOUT ROWID;
CREATE TABLE presence_15m (
    slot INTEGER NOT NULL, area INTEGER NOT NULL REFERENCES area,
    seconds REAL NOT NULL, person_s REAL NOT NULL, most INTEGER NOT NULL,
    waiting_person_s REAL, waiting_most INTEGER, dwell TEXT NOT NULL,
    PRIMARY KEY (slot, area)
) WITHOUT ROWID;
CREATE TABLE removed (
    site TEXT PRIMARY KEY, before_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE counted (
    site TEXT NOT NULL, counter TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    last_slot INTEGER NOT NULL,
    PRIMARY KEY (site, counter, boot, first)
) WITHOUT ROWID;
"""
"""`removed` says from when on a site still has its raw points; `counted` which reports were counted before that."""

RECORD_TABLES: Final = """
CREATE TABLE live (
    site TEXT NOT NULL, zone TEXT NOT NULL, at_us INTEGER NOT NULL,
    people REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    PRIMARY KEY (site, zone, at_us)
) WITHOUT ROWID;
CREATE TABLE settled (
    site TEXT NOT NULL, day TEXT NOT NULL, zone TEXT NOT NULL,
    start_us INTEGER NOT NULL, people BLOB NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL, drift INTEGER NOT NULL, settled_us INTEGER NOT NULL,
    PRIMARY KEY (site, day, zone)
) WITHOUT ROWID;
CREATE TABLE correction (
    site TEXT NOT NULL, id TEXT NOT NULL, zone TEXT, at_us INTEGER NOT NULL, people REAL NOT NULL,
    reason TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, made_us INTEGER NOT NULL, counted INTEGER,
    PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX correction_at ON correction (site, at_us);
CREATE TABLE event (
    site TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    since_us INTEGER NOT NULL, until_us INTEGER, value REAL,
    PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX event_since ON event (site, since_us);
"""
"""The whole site is zone '' where the zone is a key."""

# An insert that meets the same point again does nothing, and then nothing is added up either.
ROLLUP: Final = """
CREATE TRIGGER crossings_rollup AFTER INSERT ON crossings BEGIN
    INSERT INTO flow_15m VALUES (
        NEW.slot, NEW.series, NEW.entered, NEW.left, NEW.seconds, CASE WHEN NEW.seconds = 0 THEN NEW.quality END
    ) ON CONFLICT DO UPDATE SET
        entered = entered + excluded.entered, left = left + excluded.left,
        seconds = seconds + excluded.seconds, reason = coalesce(excluded.reason, reason);
END;
"""

SCHEMA: Final = f"""
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, counter TEXT NOT NULL, line TEXT NOT NULL, origin TEXT NOT NULL, target TEXT NOT NULL,
    UNIQUE (site, counter, line, origin, target)
);
CREATE TABLE counter (
    site TEXT NOT NULL, counter TEXT NOT NULL,
    status BLOB, health BLOB, config_ack BLOB, last_at_ns INTEGER, last_quality TEXT,
    PRIMARY KEY (site, counter)
) WITHOUT ROWID;
CREATE TABLE validation (
    site TEXT NOT NULL, counter TEXT NOT NULL, id TEXT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (site, counter, id)
) WITHOUT ROWID;
{POINT_TABLES}{RECORD_TABLES}{ROLLUP}"""


def schema_version(db: sqlite3.Connection) -> int | None:
    """The version that a file says it has; None if it is empty."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return int(version) if version or tables else None


def create_schema(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file; another worker may do so in the same instant.

    Raises:
        sqlite3.Error: they are not there.
    """
    try:
        db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    except sqlite3.OperationalError:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if schema_version(db) != SCHEMA_VERSION:
            raise
