"""What counters say of themselves, in the embedded store, and the identities of their reports."""

import sqlite3
from collections.abc import Iterable

import msgspec

from vilina_edge.wire import ConfigAck, Health, Status, Validation
from vilina_ingest.binning import end_of
from vilina_ingest.store import Batch, CounterState, StoredReport, Told, same_state


def put_messages(db: sqlite3.Connection, batch: Batch) -> None:
    """Remember the statuses, healths, config acks and validations of a batch."""
    for told in batch.statuses:
        if not _says_the_same(db, told):
            _put_last(db, "status", [told])
    _put_last(db, "health", batch.healths)
    _put_last(db, "config_ack", batch.config_acks)
    db.executemany(
        "INSERT INTO validation VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (told.site, told.counter, told.message.id, msgspec.json.encode(told.message))
            for told in batch.validations
        ],
    )


def get_counters(db: sqlite3.Connection, site: str) -> dict[str, CounterState]:
    rows = db.execute(
        "SELECT counter, status, health, config_ack, last_at_ns, last_quality FROM counter WHERE site = ?",
        (site,),
    )
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


def get_reports(db: sqlite3.Connection, site: str, counter: str) -> list[StoredReport]:
    rows = db.execute(
        "SELECT counter, boot, first_seq, seq FROM crossings JOIN series ON series.id = series"
        " WHERE site = ?1 AND counter = ?2"
        " UNION SELECT counter, boot, first_seq, seq FROM presence JOIN area a ON a.id = presence.area"
        " WHERE site = ?1 AND counter = ?2"
        " UNION SELECT counter, boot, first, last FROM counted WHERE site = ?1 AND counter = ?2"
        " ORDER BY boot, seq",
        (site, counter),
    )
    return [StoredReport(*row) for row in rows]


def get_validations(db: sqlite3.Connection, site: str, counter: str) -> list[Validation]:
    rows = db.execute("SELECT payload FROM validation WHERE site = ? AND counter = ?", (site, counter))
    found = [msgspec.json.decode(payload, type=Validation) for (payload,) in rows]
    return sorted(found, key=lambda validation: validation.start)


def _says_the_same(db: sqlite3.Connection, told: Told[Status]) -> bool:
    row = db.execute(
        "SELECT status FROM counter WHERE site = ? AND counter = ?", (told.site, told.counter)
    ).fetchone()
    if row is None or row[0] is None:
        return False
    return same_state(msgspec.json.decode(row[0], type=Status), told.message)


def _put_last(
    db: sqlite3.Connection, column: str, all_told: Iterable[Told[Status | Health | ConfigAck]]
) -> None:
    db.executemany(
        f"INSERT INTO counter (site, counter, {column}) VALUES (?, ?, ?)"  # noqa: S608 - a column of ours
        f" ON CONFLICT DO UPDATE SET {column} = excluded.{column}",
        [(told.site, told.counter, msgspec.json.encode(told.message)) for told in all_told],
    )
