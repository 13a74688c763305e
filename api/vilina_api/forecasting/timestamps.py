"""Times as people write them in files of counts: ISO 8601, or day and month in either order if the file says which."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from vilina_api.errors import CountsError

OTHER: Final = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])?\.?(?:m\.?)?)?", re.I
)
"""Like 31.1.2026 15:00, 31/01/2026 15:00:00 or 01/31/2026 03:00 PM."""
ISO: Final = re.compile(r"\s*\d{4}-")
MONTHS: Final = 12


class Written(NamedTuple):
    """A time in a line of a file, as text."""

    line: int
    text: str


def local_times(written: Iterable[Written], *, file: str, zone: ZoneInfo | None) -> Iterator[datetime]:
    """Naive local times. Offsets are what the clock on the wall had already added, unless the `zone` is given.

    Raises:
        CountsError: a time cannot be read, or could be meant in two ways.
    """
    rows = list(written)
    day_first = _day_first(rows, file)
    first: tuple[Written, bool] | None = None
    for row in rows:
        at = _parsed(row, file, day_first)
        aware = at.tzinfo is not None
        first = first or (row, aware)
        if aware != first[1]:
            raise CountsError(
                f"{file}, line {row.line}: {row.text!r} {'has an offset' if aware else 'has no offset'}, unlike"
                f" {first[0].text!r} in line {first[0].line}; write all times in one way"
            )
        if aware and zone is not None:
            at = at.astimezone(zone)
        yield at.replace(tzinfo=None)


def other_way(written: Sequence[Written]) -> Written | None:
    """The first time that is written in another way than the first one; None if all are written in one."""
    ways = ((row, _way(row.text.strip())) for row in written)
    first = next(ways, None)
    return None if first is None else next((row for row, way in ways if way != first[1]), None)


def _way(text: str) -> str:
    """What parts day, month and year."""
    match = None if ISO.match(text) else OTHER.fullmatch(text)
    return "ISO 8601" if match is None else match[2]


def _parsed(row: Written, file: str, day_first: bool) -> datetime:
    text = row.text.strip()
    try:
        match = None if ISO.match(text) else OTHER.fullmatch(text)
        return datetime.fromisoformat(text) if match is None else _other(match, day_first)
    except ValueError as error:
        raise CountsError(
            f"{file}, line {row.line}: {text!r} is not a time; write like 2026-03-02 07:00"
        ) from error


def _other(match: re.Match[str], day_first: bool) -> datetime:
    one, mark, two, year, hour, minute, second, half = match.groups()
    day, month = (one, two) if day_first or mark == "." else (two, one)
    clock = int(hour or 0)
    if half:
        if not 1 <= clock <= 12:
            raise ValueError("there are twelve hours before and after noon")
        clock = clock % 12 + (12 if half.lower() == "p" else 0)
    return datetime(int(year), int(month), int(day), clock, int(minute or 0), int(second or 0))  # noqa: DTZ001


def _day_first(rows: Iterable[Written], file: str) -> bool:
    """Whether 1/2/2026 is in February: only some row with a number over 12 can tell. Dots always mean day first."""
    matches = ((row, OTHER.fullmatch(row.text.strip())) for row in rows if not ISO.match(row.text))
    parts = [(row, int(match[1]), int(match[3])) for row, match in matches if match and match[2] != "."]
    days = next((row for row, one, _ in parts if one > MONTHS), None)
    months = next((row for row, _, two in parts if two > MONTHS), None)
    if days is not None and months is not None:
        raise CountsError(
            f"{file}, line {max(days, months).line}: {max(days, months).text!r} has day and month in another order"
            f" than {min(days, months).text!r} in line {min(days, months).line}; write like 2026-03-02 07:00"
        )
    if parts and days is None and months is None:
        row = parts[0][0]
        raise CountsError(
            f"{file}, line {row.line}: {row.text!r} may be a day and a month or the other way round, and no line of the"
            " file tells; write like 2026-03-02 07:00"
        )
    return days is not None
