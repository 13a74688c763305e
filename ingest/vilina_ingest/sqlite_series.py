"""Series out of the embedded store: from the roll-up where edges are on the quarter hour, else from raw points."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vilina_ingest.binning import SLOT_NS, Binned, BinnedPresence, BinnedRow, PresenceRow, decode_dwell, ns_of
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries

# Seeking one line in each of many quarter hours is faster than walking over all lines of them, up to this share.
SEEK_SHARE: Final = 0.25


class Table(NamedTuple):
    """A table, and its column beside the slot that orders it."""

    name: str
    key: str


CROSSINGS: Final = Table("crossings", "series")
FLOW_15M: Final = Table("flow_15m", "series")
PRESENCE: Final = Table("presence", "area")
PRESENCE_15M: Final = Table("presence_15m", "area")


def read_flows(db: sqlite3.Connection, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
    edges = [ns_of(edge) for edge in bins.edges]
    binned = Binned(edges, lines)
    ids = _numbers(db, "series", "line", site, lines)
    rows = _flow_rollup if _on_quarters(edges) else _flow_raw
    for row in rows(db, ids, start=edges[0], end=edges[-1]):
        binned.add(row)
    return {line: binned.series(line, bins) for line in lines}


def read_presence(
    db: sqlite3.Connection, site: str, bins: Bins, areas: Sequence[str]
) -> dict[str, PresenceSeries]:
    edges = [ns_of(edge) for edge in bins.edges]
    binned = BinnedPresence(edges, areas)
    ids = _numbers(db, "area", "area", site, areas)
    rows = _presence_rollup if _on_quarters(edges) else _presence_raw
    for row in rows(db, ids, start=edges[0], end=edges[-1]):
        binned.add(row)
    return {area: binned.series(area, bins) for area in areas}


def _on_quarters(edges: Sequence[int]) -> bool:
    return all(edge % SLOT_NS == 0 for edge in edges)


def _numbers(
    db: sqlite3.Connection, table: str, column: str, site: str, names: Sequence[str]
) -> dict[int, str]:
    """Which number stands for which of the names; a line has several if its zones have changed."""
    wanted = set(names)
    rows = db.execute(f"SELECT id, {column} FROM {table} WHERE site = ?", (site,))  # noqa: S608 - names of ours
    return {number: name for number, name in rows if name in wanted}


def _flow_rollup(db: sqlite3.Connection, ids: dict[int, str], *, start: int, end: int) -> Iterator[BinnedRow]:
    first, last = start // SLOT_NS, end // SLOT_NS - 1
    columns = "series, t.slot, entered, left, seconds, reason"
    (known,) = db.execute("SELECT count(*) FROM series").fetchone()
    rows = (
        _sought(db, columns, FLOW_15M, ids, first=first, last=last)
        if len(ids) <= SEEK_SHARE * known
        else db.execute(
            f"SELECT {columns} FROM flow_15m t WHERE slot BETWEEN ? AND ?",  # noqa: S608 - names of ours
            (first, last),
        )
    )
    for series, slot, entered, left, seconds, reason in rows:
        if series in ids:
            yield BinnedRow(ids[series], slot * SLOT_NS, entered, left, seconds, reason)


def _flow_raw(db: sqlite3.Connection, ids: dict[int, str], *, start: int, end: int) -> Iterator[BinnedRow]:
    columns = "series, t.slot, within_ns, entered, left, seconds, CASE WHEN seconds = 0 THEN quality END"
    rows = _sought(db, columns, CROSSINGS, ids, first=start // SLOT_NS, last=end // SLOT_NS)
    for series, slot, within_ns, entered, left, seconds, reason in rows:
        at_ns = slot * SLOT_NS + within_ns
        if start <= at_ns < end:
            yield BinnedRow(ids[series], at_ns, entered, left, seconds, reason)


def _presence_rollup(
    db: sqlite3.Connection, ids: dict[int, str], *, start: int, end: int
) -> Iterator[PresenceRow]:
    columns = "area, t.slot, 0, seconds, person_s, most, waiting_person_s, waiting_most, dwell"
    rows = _sought(db, columns, PRESENCE_15M, ids, first=start // SLOT_NS, last=end // SLOT_NS - 1)
    return _presence_rows(rows, ids)


def _presence_raw(
    db: sqlite3.Connection, ids: dict[int, str], *, start: int, end: int
) -> Iterator[PresenceRow]:
    columns = (
        "area, t.slot, within_ns, seconds, mean * seconds, most, waiting_mean * seconds, waiting_most, dwell"
    )
    rows = _sought(db, columns, PRESENCE, ids, first=start // SLOT_NS, last=end // SLOT_NS)
    return (row for row in _presence_rows(rows, ids) if start <= row.at_ns < end)


def _presence_rows(rows: sqlite3.Cursor, ids: dict[int, str]) -> Iterator[PresenceRow]:
    for area, slot, within_ns, seconds, person_s, most, waiting_person_s, waiting_most, dwell in rows:
        yield PresenceRow(
            area=ids[area],
            at_ns=slot * SLOT_NS + within_ns,
            seconds=seconds,
            person_s=person_s,
            most=most,
            waiting_person_s=waiting_person_s,
            waiting_most=waiting_most,
            dwell=decode_dwell(dwell),
        )


def _sought(
    db: sqlite3.Connection, columns: str, table: Table, ids: dict[int, str], *, first: int, last: int
) -> sqlite3.Cursor:
    """Rows of a table from the first slot to the last: every asked series is sought in every slot, in their order."""
    slots = "WITH RECURSIVE asked (slot) AS (SELECT ?1 UNION ALL SELECT slot + 1 FROM asked WHERE slot < ?2)"
    each = f"JOIN {table.name} t ON t.slot = asked.slot AND t.{table.key} = one.value"
    return db.execute(
        f"{slots} SELECT {columns} FROM asked CROSS JOIN json_each(?3) one CROSS {each}",  # noqa: S608 - names of ours
        (first, last, json.dumps(list(ids))),
    )
