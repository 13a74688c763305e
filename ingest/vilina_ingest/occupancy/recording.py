"""Recorded counts from a CSV file: columns local_time (the bin's start), entered, left and, if known, true.

`true` is who was inside at the end of the bin. A bin that is not in the file, or has no counts, is a gap.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from vilina_ingest.errors import RecordingError
from vilina_ingest.occupancy.counts import Bools
from vilina_ingest.occupancy.replay import RecordedDay
from vilina_ingest.site import WEEKDAYS, Hours, Opening

NEEDED: Final = ("local_time", "entered", "left")
DAY: Final = timedelta(days=1)
WIDEST: Final = timedelta(hours=1)
NARROWEST: Final = timedelta(minutes=5)
"""Narrower bins are added up to this, or to the next wider that divides the day."""
LINGER: Final = timedelta(hours=1)
"""So long after closing everybody should have left, and so long before opening nobody has come."""


class _Row(NamedTuple):
    line: int
    at: datetime
    entered: float
    left: float
    true: float


def read_recording(path: Path, *, zone: ZoneInfo, opening: Opening | None) -> list[RecordedDay]:
    """The local days of a file, in order, each whole; at a place that never closes if `opening` is None.

    Raises:
        RecordingError: the file cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(file, path, zone))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path} cannot be read: {error}") from error
    if len(rows) < 2:
        raise RecordingError(f"{path} has fewer than two rows; nothing can be said about its bins")
    width = _width(rows, path)
    days = _by_day(rows, path, zone, width)
    return [_day(day, found, zone, width, opening) for day, found in days.items()]


def parse_opening(text: str) -> Opening:
    """Hours like `mon-fri 07:00-20:00, sat 09:00-17:00`, or `07:00-20:00` for every day.

    Raises:
        RecordingError: the text says something else.
    """
    opening: Opening = {}
    for part in text.split(","):
        *days, hours = part.split()
        try:
            first, _, last = (days[0] if days else f"{WEEKDAYS[0]}-{WEEKDAYS[-1]}").lower().partition("-")
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            opens, closes = (time.fromisoformat(clock) for clock in hours.split("-"))
            known = Hours(opens=opens, closes=closes)
        except ValueError as error:
            raise RecordingError(
                f"{part.strip()!r} are no opening hours; write like 'mon-fri 07:00-20:00, sat 09:00-17:00'"
            ) from error
        opening |= {WEEKDAYS[i]: known for i in range(begin, end + 1)}
    return opening


def everybody_left(starts: Sequence[datetime], hours: Hours | None) -> Bools:
    """(N,): whether bins that begin at local `starts` of one day lie so far outside the hours that nobody is inside."""
    if hours is None:
        return np.ones(len(starts), np.bool_)
    opens, closes = (timedelta(hours=c.hour, minutes=c.minute) for c in (hours.opens, hours.closes))
    clocks = [timedelta(hours=at.hour, minutes=at.minute) for at in starts]
    return np.array([clock < opens - LINGER or clock >= closes + LINGER for clock in clocks], np.bool_)


def _rows(lines: Iterable[str], path: Path, zone: ZoneInfo) -> Iterator[_Row]:
    reader = csv.DictReader(lines, skipinitialspace=True)
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise RecordingError(
            f"{path} has no column {missing[0]!r}; it needs {', '.join(NEEDED)}, and may have true"
        )
    before: datetime | None = None
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        at = _instant(row["local_time"] or "", where, zone, before)
        entered, left = (_people(row[name], name, where) for name in ("entered", "left"))
        yield _Row(reader.line_num, at, entered, left, _people(row.get("true"), "true", where))
        before = at


def _instant(text: str, where: str, zone: ZoneInfo, before: datetime | None) -> datetime:
    """The UTC of a local time. Of an hour that happens twice, the first comes first."""
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RecordingError(f"{where}: {text!r} is not a time; write like 2026-03-02 07:15") from error
    if naive.tzinfo is not None:
        raise RecordingError(
            f"{where}: {text!r} has an offset; write local times, and name their --time-zone"
        )
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != naive:
        raise RecordingError(
            f"{where}: {text} does not exist in {zone.key}, where clocks went forward; give the right --time-zone"
        )
    at = second if before is not None and first <= before else first
    if before is not None and at <= before:
        raise RecordingError(f"{where}: {text} is not later than the line before it; sort the file by time")
    return at


def _people(text: str | None, name: str, where: str) -> float:
    """A number of people; NaN where there is none."""
    if text is None or not text.strip():
        return nan
    try:
        people = float(text)
    except ValueError:
        people = nan
    if not isfinite(people) or people < 0 or not people.is_integer():
        raise RecordingError(
            f"{where}: {name} is {text.strip()!r}; write a whole number of people, or nothing for a gap"
        )
    return people


def _width(rows: Sequence[_Row], path: Path) -> timedelta:
    """The width of all bins: the smallest distance of two, which all others are multiples of."""
    width = min(b.at - a.at for a, b in pairwise(rows))
    for a, b in pairwise(rows):
        if (b.at - a.at) % width:
            raise RecordingError(
                f"{path}, line {b.line}: {b.at - a.at} after the line before, in bins of {width}; make bins equal"
            )
    if width > WIDEST or DAY % width:
        raise RecordingError(
            f"{path}: bins are {width} wide; they may be an hour at most, and have to divide the day"
        )
    return width


def _by_day(
    rows: Sequence[_Row], path: Path, zone: ZoneInfo, width: timedelta
) -> dict[date, dict[datetime, _Row]]:
    """Rows by local day and instant; days without a row are there, too."""
    first, last = (rows[i].at.astimezone(zone).date() for i in (0, -1))
    days: dict[date, dict[datetime, _Row]] = {
        first + timedelta(days=n): {} for n in range((last - first).days + 1)
    }
    for row in rows:
        day = row.at.astimezone(zone).date()
        if (row.at - _midnight(day, zone)) % width:
            raise RecordingError(
                f"{path}, line {row.line}: bins of {width} do not begin at midnight and meet this time"
            )
        days[day][row.at] = row
    return days


def _day(
    day: date, rows: dict[datetime, _Row], zone: ZoneInfo, width: timedelta, opening: Opening | None
) -> RecordedDay:
    begin, end = _midnight(day, zone), _midnight(day + DAY, zone)
    wider = next(
        n * width for n in range(1, DAY // width + 1) if n * width >= NARROWEST and not DAY % (n * width)
    )
    starts = [begin + n * wider for n in range((end - begin) // wider)]
    local = tuple(at.astimezone(zone) for at in starts)
    parts = [[rows.get(at + n * width) for n in range(wider // width)] for at in starts]
    minutes = wider // timedelta(minutes=1)
    true = np.array([nan if part[-1] is None else part[-1].true for part in parts])
    return RecordedDay(
        day=day,
        starts=local,
        clock=np.array([(at.hour * 60 + at.minute) // minutes for at in local]),
        slots=DAY // wider,
        closed=np.zeros(len(local), np.bool_) if opening is None
        else everybody_left(local, opening.get(WEEKDAYS[day.weekday()])),
        entered=np.array([sum(nan if row is None else row.entered for row in part) for part in parts]),
        left=np.array([sum(nan if row is None else row.left for row in part) for part in parts]),
        true=None if np.isnan(true).any() else true,
    )  # fmt: skip


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
