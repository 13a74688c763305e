"""Points into the embedded store, within a transaction of the caller's: raw, and added up in the same stroke."""

import sqlite3
from collections.abc import Iterator, Sequence

from vilina_ingest.binning import SLOT_NS, PresenceSums, decode_dwell, encode_dwell
from vilina_ingest.points import CrossingsPoint, Point, PresencePoint

SeriesKey = tuple[str, str, str, str, str]
AreaKey = tuple[str, str, str]


class PointWriter:
    """Writes points; remembers which number stands for which line or area.

    `forget` what was remembered after a transaction that was rolled back: numbers given in it are gone again.
    """

    def __init__(self) -> None:
        self._series: dict[SeriesKey, int] = {}
        self._areas: dict[AreaKey, int] = {}

    def forget(self) -> None:
        self._series.clear()
        self._areas.clear()

    def write(self, db: sqlite3.Connection, points: Sequence[Point]) -> None:
        """Insert the points that are new; a trigger adds crossings to their roll-up."""
        fresh = list(_not_counted(db, points))
        db.executemany(
            "INSERT INTO crossings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (
                    p.at_ns // SLOT_NS, self._series_id(db, p), p.at_ns % SLOT_NS, p.entered, p.left, p.seconds,
                    p.boot, p.seq, p.first_seq, p.quality,
                )
                for p in fresh if isinstance(p, CrossingsPoint)
            ],
        )  # fmt: skip
        self._write_presence(db, [p for p in fresh if isinstance(p, PresencePoint)])
        _remember_newest(db, points)

    def _write_presence(self, db: sqlite3.Connection, points: Sequence[PresencePoint]) -> None:
        sums: dict[tuple[int, int], PresenceSums] = {}
        for point in points:
            key = (point.at_ns // SLOT_NS, self._area_id(db, point))
            if not _insert_presence(db, key, point):
                continue
            if key not in sums:
                sums[key] = _presence_sums(db, key)
            sums[key].add_point(point)
        db.executemany(
            "INSERT OR REPLACE INTO presence_15m VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *key, s.seconds, s.person_s, s.most,
                    s.waiting_person_s, s.waiting_most, encode_dwell(s.dwell),
                )
                for key, s in sums.items()
            ],
        )  # fmt: skip

    def _series_id(self, db: sqlite3.Connection, point: CrossingsPoint) -> int:
        key = (point.site, point.counter, point.line, point.origin, point.to)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = _number_of(
                db, "series", ("site", "counter", "line", "origin", "target"), key
            )
        return found

    def _area_id(self, db: sqlite3.Connection, point: PresencePoint) -> int:
        key = (point.site, point.counter, point.area)
        found = self._areas.get(key)
        if found is None:
            found = self._areas[key] = _number_of(db, "area", ("site", "counter", "area"), key)
        return found


def _not_counted(db: sqlite3.Connection, points: Sequence[Point]) -> Iterator[Point]:
    """The points that were not counted before their raw points were removed."""
    removed: dict[str, int] = dict(db.execute("SELECT site, before_ns FROM removed").fetchall())
    for point in points:
        if point.at_ns >= removed.get(point.site, 0) or not _was_counted(db, point):
            yield point


def _was_counted(db: sqlite3.Connection, point: Point) -> bool:
    row = db.execute(
        "SELECT last FROM counted WHERE site = ? AND counter = ? AND boot = ? AND first <= ?"
        " ORDER BY first DESC LIMIT 1",
        (point.site, point.counter, point.boot, point.seq),
    ).fetchone()
    return row is not None and row[0] >= point.seq


def _insert_presence(db: sqlite3.Connection, key: tuple[int, int], point: PresencePoint) -> bool:
    """Whether the point was new."""
    cursor = db.execute(
        "INSERT INTO presence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (*key, point.at_ns % SLOT_NS, point.mean, point.most, point.waiting_mean, point.waiting_most,
         encode_dwell(point.dwell), point.seconds,
         point.boot, point.seq, point.first_seq, point.quality),
    )  # fmt: skip
    return cursor.rowcount == 1


def _presence_sums(db: sqlite3.Connection, key: tuple[int, int]) -> PresenceSums:
    row = db.execute(
        "SELECT seconds, person_s, most, waiting_person_s, waiting_most, dwell FROM presence_15m"
        " WHERE slot = ? AND area = ?",
        key,
    ).fetchone()
    if row is None:
        return PresenceSums()
    seconds, person_s, most, waiting_person_s, waiting_most, dwell = row
    return PresenceSums(seconds, person_s, most, waiting_person_s, waiting_most, decode_dwell(dwell))


def _remember_newest(db: sqlite3.Connection, points: Sequence[Point]) -> None:
    newest: dict[tuple[str, str], Point] = {}
    for point in points:
        key = (point.site, point.counter)
        if key not in newest or newest[key].at_ns < point.at_ns:
            newest[key] = point
    db.executemany(
        "INSERT INTO counter (site, counter, last_at_ns, last_quality) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET last_at_ns = excluded.last_at_ns, last_quality = excluded.last_quality"
        " WHERE last_at_ns IS NULL OR last_at_ns < excluded.last_at_ns",
        [(*key, point.at_ns, point.quality) for key, point in newest.items()],
    )


def _number_of(db: sqlite3.Connection, table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> int:
    """The number of a line or an area; it gets one if it has none."""
    names, marks = ", ".join(columns), ", ".join("?" * len(key))
    same = " AND ".join(f"{column} = ?" for column in columns)
    db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", key)  # noqa: S608 - names of ours
    (found,) = db.execute(f"SELECT id FROM {table} WHERE {same}", key).fetchone()  # noqa: S608 - names of ours
    assert isinstance(found, int)
    return found
