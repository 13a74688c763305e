"""Series out of the embedded store: from the roll-up where edges are on the quarter hour, else from raw points."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from vilina_ingest.binning import SLOT_NS, Binned, BinnedPresence, BinnedRow, PresenceRow, decode_dwell, ns_of
from vilina_ingest.points import CrossingsPoint
from vilina_ingest.store import Bins, FlowSeries, PresenceSeries

# Seeking some lines in each quarter hour is faster than walking over all of them, up to this share.
SEEK_SHARE: Final = 0.25


class Table(NamedTuple):
    """A table that is ordered by slot, then by the number of a line or area, and the table of these numbers.

    One of raw points has several in a slot, each at its time within it.
    """

    name: str
    key: str
    raw: bool = False


CROSSINGS: Final = Table("crossings", "series", raw=True)
FLOW_15M: Final = Table("flow_15m", "series")
PRESENCE: Final = Table("presence", "area", raw=True)
PRESENCE_15M: Final = Table("presence_15m", "area")


def read_flows(db: sqlite3.Connection, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
    edges = [ns_of(edge) for edge in bins.edges]
    binned = Binned(edges, lines)
    ids = _numbers(db, "series", "line", site, lines)
    if _on_quarters(edges):
        _add_rollup(db, binned, ids, edges)
    else:
        for row in _flow_raw(db, ids, edges):
            binned.add(row)
    return {line: binned.series(line, bins) for line in lines}


def read_presence(
    db: sqlite3.Connection, site: str, bins: Bins, areas: Sequence[str]
) -> dict[str, PresenceSeries]:
    edges = [ns_of(edge) for edge in bins.edges]
    binned = BinnedPresence(edges, areas)
    ids = _numbers(db, "area", "area", site, areas)
    rows = _presence_rollup if _on_quarters(edges) else _presence_raw
    for row in rows(db, ids, edges):
        binned.add(row)
    return {area: binned.series(area, bins) for area in areas}


def read_crossings(db: sqlite3.Connection, site: str, start: datetime, end: datetime) -> list[CrossingsPoint]:
    start_ns, end_ns = ns_of(start), ns_of(end)
    rows = db.execute(
        "SELECT s.site, s.counter, s.line, s.origin, s.target, c.slot * ?4 + c.within_ns AS at_ns, c.entered, c.left,"
        " c.seconds, c.boot, c.seq, c.first_seq, c.quality FROM crossings c JOIN series s ON s.id = c.series"
        " WHERE s.site = ?1 AND c.slot BETWEEN ?2 / ?4 AND ?3 / ?4 ORDER BY at_ns, s.line",
        (site, start_ns, end_ns, SLOT_NS),
    )
    return [point for point in map(_point, rows) if start_ns <= point.at_ns < end_ns]


def _point(row: tuple[Any, ...]) -> CrossingsPoint:
    return CrossingsPoint(*row)


def _on_quarters(edges: Sequence[int]) -> bool:
    return all(edge % SLOT_NS == 0 for edge in edges)


def _numbers(
    db: sqlite3.Connection, table: str, column: str, site: str, names: Sequence[str]
) -> dict[int, str]:
    """Which number stands for which of the names; a line has several if its zones have changed."""
    wanted = set(names)
    rows = db.execute(f"SELECT id, {column} FROM {table} WHERE site = ?", (site,))  # noqa: S608 - names of ours
    return {number: name for number, name in rows if name in wanted}


def _add_rollup(db: sqlite3.Connection, binned: Binned, ids: dict[int, str], edges: Sequence[int]) -> None:
    """As `Binned.add`, for tens of thousands of rows while somebody waits for the screen."""
    sums = {number: binned.sums_of(line) for number, line in ids.items()}
    newest, i = -1, -1
    rows = _rows(db, "series, t.slot, entered, left, seconds, reason", FLOW_15M, ids, edges)
    for series, slot, entered, left, seconds, reason in rows:
        if series not in sums:
            continue
        if slot != newest:
            newest, i = slot, binned.bin_of(slot * SLOT_NS)
        of_line = sums[series]
        of_line.entered[i] += entered
        of_line.left[i] += left
        of_line.seconds[i] += seconds
        if reason is not None:
            of_line.reasons[i] = reason


def _flow_raw(db: sqlite3.Connection, ids: dict[int, str], edges: Sequence[int]) -> Iterator[BinnedRow]:
    columns = "series, t.slot, within_ns, entered, left, seconds, CASE WHEN seconds = 0 THEN quality END"
    for series, slot, within_ns, entered, left, seconds, reason in _rows(db, columns, CROSSINGS, ids, edges):
        if series in ids:
            yield BinnedRow(ids[series], slot * SLOT_NS + within_ns, entered, left, seconds, reason)


def _presence_rollup(
    db: sqlite3.Connection, ids: dict[int, str], edges: Sequence[int]
) -> Iterator[PresenceRow]:
    columns = "area, t.slot, 0, seconds, person_s, most, waiting_person_s, waiting_most, dwell"
    return _presence_rows(_rows(db, columns, PRESENCE_15M, ids, edges), ids)


def _presence_raw(db: sqlite3.Connection, ids: dict[int, str], edges: Sequence[int]) -> Iterator[PresenceRow]:
    columns = (
        "area, t.slot, within_ns, seconds, mean * seconds, most, waiting_mean * seconds, waiting_most, dwell"
    )
    return _presence_rows(_rows(db, columns, PRESENCE, ids, edges), ids)


def _presence_rows(rows: sqlite3.Cursor, ids: dict[int, str]) -> Iterator[PresenceRow]:
    for area, slot, within_ns, seconds, person_s, most, waiting_person_s, waiting_most, dwell in rows:
        if area in ids:
            yield PresenceRow(
                ids[area], slot * SLOT_NS + within_ns, seconds, person_s, most,
                waiting_person_s, waiting_most, decode_dwell(dwell),
            )  # fmt: skip


def _rows(
    db: sqlite3.Connection, columns: str, table: Table, ids: dict[int, str], edges: Sequence[int]
) -> sqlite3.Cursor:
    """Rows from the first edge to the last, in order of slots, of the asked numbers, and perhaps of others."""
    first, last = edges[0] // SLOT_NS, (edges[-1] - 1) // SLOT_NS
    at = f"t.slot * {SLOT_NS} + t.within_ns"
    within = f"{at} BETWEEN {edges[0]} AND {edges[-1] - 1}" if table.raw else "TRUE"
    (known,) = db.execute(f"SELECT count(*) FROM {table.key}").fetchone()  # noqa: S608 - names of ours
    if len(ids) > SEEK_SHARE * known:
        return db.execute(
            f"SELECT {columns} FROM {table.name} t WHERE slot BETWEEN ? AND ? AND {within} ORDER BY slot",  # noqa: S608 - names of ours
            (first, last),
        )
    slots = "WITH RECURSIVE asked (slot) AS (SELECT ?1 UNION ALL SELECT slot + 1 FROM asked WHERE slot < ?2)"
    asked = f"t.slot = asked.slot AND t.{table.key} IN (SELECT value FROM json_each(?3))"  # noqa: S608 - names of ours
    return db.execute(
        f"{slots} SELECT {columns} FROM asked CROSS JOIN {table.name} t ON {asked} WHERE {within}",  # noqa: S608 - names of ours
        (first, last, json.dumps(list(ids))),
    )
