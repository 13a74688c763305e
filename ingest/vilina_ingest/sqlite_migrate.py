"""A store that an older Vilina made, brought to the tables of this one: all of it in one transaction, or nothing."""

import sqlite3
from typing import Final

from vilina_edge.delivery.durable import transaction
from vilina_ingest.binning import SLOT_NS, PresenceRow, PresenceSums, decode_dwell, encode_dwell
from vilina_ingest.sqlite_schema import (
    POINT_TABLES,
    RECORD_TABLES,
    ROLLUP,
    SCHEMA_VERSION,
    schema_version,
)

OLDEST: Final = 2
RENAME: Final = "; ".join(
    f"ALTER TABLE {name} RENAME TO old_{name}" for name in ("crossings", "flow_15m", "presence")
)
COPY: Final = f"""
INSERT INTO crossings
    SELECT at_ns / {SLOT_NS}, series, at_ns % {SLOT_NS}, entered, left, seconds, boot, seq, first_seq, quality
    FROM old_crossings ORDER BY 1, 2, 3;
INSERT INTO flow_15m SELECT slot, series, entered, left, seconds, reason FROM old_flow_15m ORDER BY 1, 2;
INSERT INTO area (site, counter, area) SELECT DISTINCT site, counter, area FROM old_presence;
INSERT INTO presence
    SELECT at_ns / {SLOT_NS}, id, at_ns % {SLOT_NS}, mean, most, waiting_mean, waiting_most, dwell, seconds,
           boot, seq, first_seq, quality
    FROM old_presence p JOIN area a USING (site, counter, area) ORDER BY 1, 2, 3;
DROP TABLE old_crossings;
DROP TABLE old_flow_15m;
DROP TABLE old_presence
"""  # noqa: S608 - numbers of ours


def migrate(db: sqlite3.Connection) -> None:
    """From any version since the oldest.

    Raises:
        sqlite3.Error: nothing has changed.
    """
    with transaction(db):
        # Asked in the transaction: another worker may have renewed it in the same instant.
        version = schema_version(db)
        if version == OLDEST:
            _from_oldest(db)
        elif version != SCHEMA_VERSION:
            # Version 3 did not know how many a person had counted.
            db.execute("ALTER TABLE correction ADD COLUMN counted INTEGER")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _from_oldest(db: sqlite3.Connection) -> None:
    """From version 2, which had other keys, no records and no roll-up of presence."""
    # Not executescript, which commits before it begins.
    for statement in _statements(f"{RENAME};{POINT_TABLES}{RECORD_TABLES}{COPY}"):
        db.execute(statement)
    _roll_up_presence(db)
    # Last, because what was copied is in the roll-up already.
    db.execute(ROLLUP)


def _roll_up_presence(db: sqlite3.Connection) -> None:
    sums: dict[tuple[int, int], PresenceSums] = {}
    rows = db.execute(
        "SELECT slot, area, seconds, mean * seconds, most, waiting_mean * seconds, waiting_most, dwell FROM presence"
    )
    for slot, area, seconds, person_s, most, waiting_person_s, waiting_most, dwell in rows:
        of_slot = sums.setdefault((slot, area), PresenceSums())
        of_slot.add(
            PresenceRow("", 0, seconds, person_s, most, waiting_person_s, waiting_most, decode_dwell(dwell))
        )
    db.executemany(
        "INSERT INTO presence_15m VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (*key, s.seconds, s.person_s, s.most, s.waiting_person_s, s.waiting_most, encode_dwell(s.dwell))
            for key, s in sums.items()
        ],
    )


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";") if statement.strip()]
