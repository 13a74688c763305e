"""Reads anybody's counts from a CSV file: one row for each time and series, or one column for one series.

What can be put right is put right and said in the notes; what cannot be meant is refused with its line.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path
from statistics import mode
from typing import IO, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from vilina_api.errors import CountsError
from vilina_api.forecasting.counts import DAY_MINUTES, Counts, Floats
from vilina_api.forecasting.timestamps import Written, local_times, other_way

DELIMITERS: Final = ",;\t"
GAPS: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
"""What people write where nothing was counted, in lower case."""
MOST_YEARS: Final = 30
MOST_TWICE: Final = 0.01
"""The share of slots that may be there twice with different counts: a clock that is set back makes one in a year."""


class Columns(NamedTuple):
    """Names of columns; without one for the series, the file has one, named like its values."""

    time: str
    value: str
    series: str | None = None


class Read(NamedTuple):
    """What was read, and what a person should know about it."""

    counts: Counts
    notes: tuple[str, ...]


class _Row(NamedTuple):
    line: int
    time: str
    people: float


class _Grid(NamedTuple):
    """One series on its own grid of `width` minutes, (days, slots); what was there twice, the same and not the same."""

    people: Floats
    same: list[int]
    twice: list[int]


def read_counts(path: Path, columns: Columns, *, minutes: int = 60, zone: ZoneInfo | None = None) -> Read:
    """Counts in slots of `minutes`, on the local clock; narrower ones are added up.

    Times are the beginnings of slots. With a `zone`, times that have an offset are turned into its local times;
    without one they stay what they say. A path that ends in .gz is unpacked.

    Raises:
        CountsError: the file cannot be used.
    """
    try:
        with _opened(path) as file:
            rows = _rows(file, path.name, columns)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        raise CountsError(f"{path} cannot be read: {why}") from error
    if not rows:
        raise CountsError(f"{path.name} has no counts")
    written = {name: [Written(row.line, row.time) for row in found] for name, found in rows.items()}
    times = {name: list(local_times(found, file=path.name, zone=zone)) for name, found in written.items()}
    read = _on_grid(rows, times, path.name, minutes)
    return read._replace(notes=(*_ways(written), *read.notes))


def _ways(written: Mapping[str, Sequence[Written]]) -> Iterator[str]:
    """That times are written in several ways, and how the other one is read."""
    for name, found in written.items():
        other = other_way(found)
        if other is not None:
            yield (
                f"{name}: times are written in several ways, {other.text.strip()!r} in line {other.line} unlike"
                f" {found[0].text.strip()!r} in line {found[0].line}; each is read as it is written"
            )


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(file: IO[str], name: str, columns: Columns) -> Mapping[str, Sequence[_Row]]:
    """By series, in the order of the file."""
    head = file.readline()
    delimiter = max(DELIMITERS, key=head.count)
    header = [cell.strip() for cell in next(csv.reader([head], delimiter=delimiter), [])]
    wanted = [column for column in columns if column is not None]
    for column in wanted:
        if header.count(column) != 1:
            has = "more than one" if column in header else "no"
            raise CountsError(f"{name} has {has} column {column!r}; its columns are {', '.join(header)}")
    place = {column: header.index(column) for column in wanted}
    found: dict[str, list[_Row]] = defaultdict(list)
    reader = csv.reader(file, delimiter=delimiter)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num + 1
        if len(cells) <= max(place.values()):
            raise CountsError(
                f"{name}, line {line}: there are {len(cells)} cells under {len(header)} columns"
            )
        series = cells[place[columns.series]].strip() if columns.series else columns.value
        if not series:
            raise CountsError(f"{name}, line {line}: the column {columns.series!r} is empty")
        people = _people(cells[place[columns.value]], f"{name}, line {line}", comma=delimiter == ";")
        found[series].append(_Row(line, cells[place[columns.time]], people))
    return found


def _people(text: str, where: str, *, comma: bool) -> float:
    """How many; NaN for a gap. A decimal comma is one where semicolons part the cells."""
    plain = text.strip()
    if plain.lower() in GAPS:
        return nan
    try:
        people = float(plain.replace(",", ".") if comma else plain)
    except ValueError as error:
        raise CountsError(
            f"{where}: {plain!r} is not a count; write a number, or nothing for a gap"
        ) from error
    if people < 0 or not isfinite(people):
        raise CountsError(
            f"{where}: the count is {plain}; nobody can be counted less than none, and a gap is empty"
        )
    return people


def _on_grid(
    rows: Mapping[str, Sequence[_Row]], times: Mapping[str, Sequence[datetime]], file: str, minutes: int
) -> Read:
    every = [
        (at, row.line) for name, found in rows.items() for at, row in zip(times[name], found, strict=True)
    ]
    (first, _), (last, late) = min(every), max(every)
    if last - first > timedelta(days=MOST_YEARS * 366):
        raise CountsError(f"{file}, line {late}: {last} is {(last - first).days // 365} years after {first}")
    days = (last.date() - first.date()).days + 1
    width = _width(times.values(), file, minutes)
    midnight = datetime.combine(first.date(), datetime.min.time())
    grids = [
        _grid(found, [(at - midnight) / timedelta(minutes=width) for at in times[name]], days, width, file)
        for name, found in rows.items()
    ]
    fine = np.array([grid.people for grid in grids])
    people = fine.reshape(len(grids), days, DAY_MINUTES // minutes, minutes // width).sum(axis=-1)
    counts = Counts(names=tuple(rows), first=first.date(), people=people)
    return Read(counts, tuple(_notes(counts, fine, grids)))


def _width(times: Iterable[Sequence[datetime]], file: str, minutes: int) -> int:
    """The minutes from most rows of a series to the next."""
    steps = [
        round((b - a) / timedelta(minutes=1), 6)
        for found in times
        for ordered in [sorted(set(found))]
        for a, b in pairwise(ordered)
    ]
    if not steps:
        raise CountsError(f"{file} has no two times in a series; nothing can be said about its slots")
    width = mode(steps)
    if width > minutes or minutes % width:
        raise CountsError(
            f"{file}: most rows are {width:g} minutes apart, which do not add up to {minutes}: choose another --step,"
            " and --series if one file has several"
        )
    return int(width)


def _grid(rows: Sequence[_Row], places: Sequence[float], days: int, width: int, file: str) -> _Grid:
    slots = DAY_MINUTES // width
    people, lines = np.full(days * slots, np.nan), np.zeros(days * slots, np.int64)
    same, twice = [], []
    for row, place in zip(rows, places, strict=True):
        if not place.is_integer():
            raise CountsError(
                f"{file}, line {row.line}: {row.time!r} is not at a full {width} minutes, as other rows are"
            )
        slot = int(place)
        if not lines[slot] or not isfinite(people[slot]):
            people[slot], lines[slot] = row.people, row.line
        elif not isfinite(row.people) or row.people == people[slot]:
            same.append(row.line)
        else:
            people[slot] = (people[slot] + row.people) / 2
            twice.append(row.line)
    if len(twice) > max(2, MOST_TWICE * len(rows)):
        raise CountsError(
            f"{file}, line {twice[0]}: {_time_of(rows, twice[0])!r} is there again with another count,"
            f" and so are {len(twice) - 1} more: does the file have several series? Name their column with --series"
        )
    return _Grid(people.reshape(days, slots), same, twice)


def _time_of(rows: Sequence[_Row], line: int) -> str:
    return next(row.time for row in rows if row.line == line)


def _notes(counts: Counts, fine: Floats, grids: Sequence[_Grid]) -> Iterator[str]:
    same = [line for grid in grids for line in grid.same]
    twice = [line for grid in grids for line in grid.twice]
    if same:
        yield f"{len(same)} rows are repeated and count once (the first in line {min(same)})"
    if twice:
        yield (
            f"{len(twice)} rows say something else about a time that was already there; their mean is taken (the first"
            f" in line {min(twice)})"
        )
    known = np.isfinite(counts.people)
    partly = np.isfinite(fine).reshape(*counts.people.shape, -1).any(axis=-1) & ~known
    if partly.any():
        yield f"{partly.sum()} slots are known in part only, and are gaps"
    for index, name in enumerate(counts.names):
        missing = np.flatnonzero(~known[index].any(axis=1))
        if missing.size:
            first = counts.first + timedelta(days=int(missing[0]))
            yield f"{name}: {missing.size} of {counts.days} days are missing (the first is {first}); they are gaps"
