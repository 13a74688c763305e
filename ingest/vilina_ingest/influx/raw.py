"""Raw points in InfluxDB, both ways.

`boot` and `seq` are fields: as tags each report would be a series of its own. A point's time is its identity, so the
same report again writes over itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from vilina_ingest.binning import PresenceRow, decode_dwell, encode_dwell
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.line_protocol import Line, Origin, series_key
from vilina_ingest.influx.queries import of_site, one_of, select, within
from vilina_ingest.points import CrossingsPoint, Point, PresencePoint

CROSSINGS: Final = "crossings"
PRESENCE: Final = "presence"
FLOW_TAGS: Final = ("site", "counter", "line", "from", "to")
AREA_TAGS: Final = ("site", "counter", "area")
IDENTITY: Final = '"boot", "first_seq", "seq"'

Tags = tuple[str, ...]


class RawCrossings(NamedTuple):
    tags: Tags
    at_ns: int
    boot: str
    first_seq: int
    seq: int
    entered: int
    left: int
    seconds: float
    quality: str


class RawPresence(NamedTuple):
    tags: Tags
    at_ns: int
    boot: str
    first_seq: int
    seq: int
    mean: float
    most: int
    waiting_mean: float | None
    waiting_most: int | None
    dwell: str
    seconds: float

    def row(self) -> PresenceRow:
        """As it is added up."""
        seconds = float(self.seconds)
        waiting = None if self.waiting_mean is None else self.waiting_mean * seconds
        return PresenceRow(
            self.tags[2], self.at_ns, seconds, self.mean * seconds, self.most,
            waiting, self.waiting_most, decode_dwell(self.dwell),
        )  # fmt: skip


def point_lines(points: Sequence[Point]) -> list[Line]:
    """Points as lines.

    Raises:
        StoreError: a point has no number where one must be.
    """
    try:
        return [
            Line(
                _crossings(point) if isinstance(point, CrossingsPoint) else _presence(point),
                Origin(point.counter, point.boot, point.seq),
            )
            for point in points
        ]
    except (TypeError, ValueError) as error:
        raise StoreError(f"a point cannot be written, and nothing was stored: {error}") from error


def crossings_query(site: str, lines: Sequence[str] | None, start: int, end: int) -> str:
    return _query(
        CROSSINGS, '"entered", "left", "seconds", "quality"', FLOW_TAGS, site, ("line", lines), start, end
    )


def presence_query(site: str, areas: Sequence[str] | None, start: int, end: int) -> str:
    what = '"mean", "most", "waiting_mean", "waiting_most", "dwell", "seconds"'
    return _query(PRESENCE, what, AREA_TAGS, site, ("area", areas), start, end)


def read_crossings(found: Sequence[Series]) -> Iterator[RawCrossings]:
    return (RawCrossings(tags, *row) for tags, row in rows_of(found, FLOW_TAGS))


def read_presence(found: Sequence[Series]) -> Iterator[RawPresence]:
    return (RawPresence(tags, *row) for tags, row in rows_of(found, AREA_TAGS))


def rows_of(found: Sequence[Series], names: tuple[str, ...]) -> Iterator[tuple[Tags, list[Any]]]:
    """Each row with the tags of its series."""
    for series in found:
        tags = tuple(series.tags[name] for name in names)
        for row in series.values:
            yield tags, row


def grouped_by(names: tuple[str, ...]) -> str:
    return "GROUP BY " + ", ".join(f'"{name}"' for name in names)


def _query(
    measurement: str, what: str, tags: tuple[str, ...], site: str,
    only: tuple[str, Sequence[str] | None], start: int, end: int,
) -> str:  # fmt: skip
    where = f"{of_site(site)} AND {within(start, end)}{one_of(*only)}"
    return select(f"{IDENTITY}, {what}", measurement, where=where, grouped=grouped_by(tags))


def _crossings(p: CrossingsPoint) -> str:
    key = series_key(
        CROSSINGS,
        ("site", p.site),
        ("counter", p.counter),
        ("line", p.line),
        ("from", p.origin),
        ("to", p.to),
    )
    return (
        f"{key} entered={p.entered:d}i,left={p.left:d}i,seconds={float(p.seconds)!r},"
        f'boot="{p.boot}",seq={p.seq:d}i,first_seq={p.first_seq:d}i,quality="{p.quality}" {p.at_ns:d}'
    )


def _presence(p: PresencePoint) -> str:
    key = series_key(PRESENCE, ("site", p.site), ("counter", p.counter), ("area", p.area))
    waiting = "" if p.waiting_mean is None else f"waiting_mean={float(p.waiting_mean)!r},"
    if p.waiting_most is not None:
        waiting += f"waiting_most={p.waiting_most:d}i,"
    return (
        f"{key} mean={float(p.mean)!r},most={p.most:d}i,{waiting}"
        f'dwell="{encode_dwell(p.dwell)}",seconds={float(p.seconds)!r},'
        f'boot="{p.boot}",seq={p.seq:d}i,first_seq={p.first_seq:d}i,quality="{p.quality}" {p.at_ns:d}'
    )
