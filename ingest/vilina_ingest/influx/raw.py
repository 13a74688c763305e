"""Raw points in InfluxDB, both ways.

`boot` and `seq` are fields: as tags each report would be a series of its own. A point's time is its identity, so the
same report again writes over itself. What a server takes longest for is the number of fields and the length of texts:
so `boot` is a number, `first_seq` is there where it is not `seq`, and `quality` where it is not good.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from vilina_ingest.binning import PresenceRow, decode_dwell, encode_dwell
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.line_protocol import Line, series_key
from vilina_ingest.influx.queries import of_site, one_of, select, within
from vilina_ingest.points import CrossingsPoint, Point, PresencePoint, Quality

CROSSINGS: Final = "crossings"
PRESENCE: Final = "presence"
FLOW_TAGS: Final = ("site", "counter", "line", "from", "to")
AREA_TAGS: Final = ("site", "counter", "area")
IDENTITY: Final = '"boot", "first_seq", "seq", "quality"'
TOO_LARGE: Final = 2**64

Tags = tuple[str, ...]


class RawCrossings(NamedTuple):
    tags: Tags
    at_ns: int
    boot: str
    first_seq: int
    seq: int
    quality: Quality
    entered: int
    left: int
    seconds: float

    def point(self) -> CrossingsPoint:
        """As it was written."""
        site, counter, line, origin, to = self.tags
        return CrossingsPoint(
            site=site, counter=counter, line=line, origin=origin, to=to, at_ns=self.at_ns,
            entered=self.entered, left=self.left, seconds=float(self.seconds),
            boot=self.boot, seq=self.seq, first_seq=self.first_seq, quality=self.quality,
        )  # fmt: skip


class RawPresence(NamedTuple):
    tags: Tags
    at_ns: int
    boot: str
    first_seq: int
    seq: int
    quality: Quality
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


def point_lines(points: Iterable[Point]) -> Iterator[Line]:
    """Points as lines.

    Raises:
        StoreError: a point has no number where one must be.
    """
    try:
        for point in points:
            yield (_crossings(point) if isinstance(point, CrossingsPoint) else _presence(point)), point
    except (TypeError, ValueError) as error:
        raise StoreError(f"a point cannot be written: {error}") from error


def crossings_query(site: str, lines: Sequence[str] | None, start: int, end: int) -> str:
    return _query(CROSSINGS, '"entered", "left", "seconds"', FLOW_TAGS, site, ("line", lines), start, end)


def presence_query(site: str, areas: Sequence[str] | None, start: int, end: int) -> str:
    what = '"mean", "most", "waiting_mean", "waiting_most", "dwell", "seconds"'
    return _query(PRESENCE, what, AREA_TAGS, site, ("area", areas), start, end)


def read_crossings(found: Sequence[Series]) -> Iterator[RawCrossings]:
    return (RawCrossings(tags, *identity(row), *row[5:]) for tags, row in rows_of(found, FLOW_TAGS))


def read_presence(found: Sequence[Series]) -> Iterator[RawPresence]:
    return (RawPresence(tags, *identity(row), *row[5:]) for tags, row in rows_of(found, AREA_TAGS))


def identity(row: Sequence[Any]) -> tuple[int, str, int, int, Quality]:
    """Time, boot, first number, number and quality of a row that begins with the time and `IDENTITY`."""
    at_ns, boot, first_seq, seq, quality = row[:5]
    return at_ns, boot_of(boot), seq if first_seq is None else first_seq, seq, quality or "good"


def number_of(boot: str) -> int:
    """A boot, 16 hexadecimal digits, as InfluxDB's integer, which has a sign."""
    number = int(boot, 16)
    return number - TOO_LARGE if number >= TOO_LARGE // 2 else number


def boot_of(number: int) -> str:
    return f"{number % TOO_LARGE:016x}"


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
    # The formatting with % is the fastest there is, and refuses what is no number.
    return "%s entered=%di,left=%di,seconds=%r,boot=%di,seq=%di%s %d" % (  # noqa: UP031
        _flow_key(p.site, p.counter, p.line, p.origin, p.to),
        p.entered, p.left, p.seconds + 0.0, _number_of(p.boot), p.seq, _more(p), p.at_ns,
    )  # fmt: skip


def _presence(p: PresencePoint) -> str:
    key = series_key(PRESENCE, ("site", p.site), ("counter", p.counter), ("area", p.area))
    waiting = "" if p.waiting_mean is None else f"waiting_mean={float(p.waiting_mean)!r},"
    if p.waiting_most is not None:
        waiting += f"waiting_most={p.waiting_most:d}i,"
    return (
        f"{key} mean={float(p.mean)!r},most={p.most:d}i,{waiting}"
        f'dwell="{encode_dwell(p.dwell)}",seconds={float(p.seconds)!r},'
        f"boot={_number_of(p.boot):d}i,seq={p.seq:d}i{_more(p)} {p.at_ns:d}"
    )


def _more(p: Point) -> str:
    """The fields that most points do not have."""
    if p.quality == "good" and p.first_seq == p.seq:
        return ""
    first = "" if p.first_seq == p.seq else f",first_seq={p.first_seq:d}i"
    return first if p.quality == "good" else f'{first},quality="{p.quality}"'


@lru_cache(maxsize=65_536)
def _flow_key(site: str, counter: str, line: str, origin: str, to: str) -> str:
    tags = zip(FLOW_TAGS, (site, counter, line, origin, to), strict=True)
    return series_key(CROSSINGS, *tags)


_number_of: Final = lru_cache(maxsize=65_536)(number_of)
