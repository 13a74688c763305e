"""Demand from a CSV file: columns time (a slot's start), unit or zone, and either seven quantiles or one value.

`staff`, if it is there, is how many are planned now. A slot that is not in the file, or in which nobody comes on any
day, is closed; a whole day that is not in it is said.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Final, Literal

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.staffing.demand import Demand

QUANTILES: Final = tuple(f"q{100 * level:02.0f}" for level in LEVELS)
SHOWN: Final = {
    "start_local": "time",
    "subject": "zone",
    **{f"p{name[1:]}": name for name in QUANTILES},
}
"""Columns as `vilina forecast show --csv` names them."""
VALUE: Final = "value"
NARROWEST: Final = timedelta(minutes=5)
WIDEST: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class UnitDemand:
    """A unit's demand, and its staff now where the file says it.

    `untold` are days between others of which there is no slot.
    """

    demand: Demand
    staff: tuple[int, ...] | None
    untold: tuple[date, ...] = ()

    def notes(self) -> Iterator[str]:
        """What a person should know of it."""
        for day in self.untold:
            yield (
                f"{self.demand.unit}: there is no slot of {day:%Y-%m-%d}, so it is taken to be closed; "
                "if it was not, write them into the file"
            )


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    at: datetime
    unit: str
    people: tuple[float, ...]
    staff: int | None


def read_demand(
    path: Path, *, spread: float, counted: bool = False, of: Literal["unit", "zone"] = "unit"
) -> list[UnitDemand]:
    """The units of a file, or its zones, in the order of their names.

    Where there is one value, it is a mean with that spread. Quantiles are of how busy a slot may be, or, if `counted`,
    of the people who may be counted in it.

    Raises:
        StaffingError: the file cannot be used: which line, and the remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(file, path, of))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StaffingError(f"{path} cannot be read: {error}") from error
    by_unit: dict[str, list[_Row]] = {}
    for row in rows:
        by_unit.setdefault(row.unit, []).append(row)
    ordered = {unit: sorted(by_unit[unit], key=lambda row: row.at) for unit in sorted(by_unit)}
    slot = _slot(ordered.values(), path)
    found = [_unit(unit, mine, slot, spread=spread, counted=counted) for unit, mine in ordered.items()]
    if not any(found):
        raise StaffingError(f"{path}: nobody comes in any slot; there is nothing to plan")
    return [one for one in found if one is not None]


def _rows(lines: Iterable[str], path: Path, of: str) -> Iterator[_Row]:
    reader = csv.DictReader(lines, skipinitialspace=True)
    reader.fieldnames = names = [SHOWN.get(name, name) for name in reader.fieldnames or ()]
    columns = QUANTILES if QUANTILES[0] in names else (VALUE,)
    missing = [name for name in ("time", of, *columns) if name not in names]
    if missing:
        raise StaffingError(
            f"{path} has no column {missing[0]!r}; it needs time, {of}, and {VALUE} or {', '.join(QUANTILES)}"
        )
    zoned: bool | None = None
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        at = slot_time(row["time"] or "", where)
        if zoned is not None and zoned != (at.tzinfo is not None):
            raise StaffingError(
                f"{where}: {row['time']} has {'no ' if zoned else 'an '}offset, unlike lines before it"
            )
        zoned = at.tzinfo is not None
        unit = (row[of] or "").strip()
        if not unit:
            raise StaffingError(f"{where}: there is no {of}; write its name")
        people = tuple(_people(row[name], name, where) for name in columns)
        if any(after < before for before, after in pairwise(people)):
            raise StaffingError(f"{where}: quantiles fall; a likelier one is never lower")
        yield _Row(reader.line_num, at, unit, people, _staff(row.get("staff"), where))


def slot_time(text: str, where: str) -> datetime:
    """A time of a row, with an offset or without.

    Raises:
        StaffingError: it is none.
    """
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise StaffingError(f"{where}: {text!r} is not a time; write like 2026-03-02 07:15") from error


def _people(text: str | None, name: str, where: str) -> float:
    try:
        people = float(text or "")
    except ValueError:
        people = np.nan
    if not isfinite(people):
        raise StaffingError(
            f"{where}: {name} is {text or ''!r}; write a number of people, or leave the line out if it is closed"
        )
    if people < 0:
        raise StaffingError(f"{where}: {name} is {text}; a demand cannot be negative, nobody is 0")
    return people


def _staff(text: str | None, where: str) -> int | None:
    if text is None or not text.strip():
        return None
    if not text.strip().isdecimal():
        raise StaffingError(f"{where}: staff is {text!r}; write a whole number of people at the desks")
    return int(text)


def _slot(units: Iterable[Sequence[_Row]], path: Path) -> timedelta:
    """The width of all slots: the smallest distance between two, of which all others are multiples."""
    distances = []
    for rows in units:
        for before, after in pairwise(rows):
            if before.at == after.at:
                raise StaffingError(
                    f"{path}, line {after.line}: {after.at.isoformat(' ')} of {after.unit} is in line {before.line}, "
                    "too; write each slot once, with an offset where clocks go back"
                )
            distances.append((after.at - before.at, after.line))
    if not distances:
        raise StaffingError(f"{path} has nothing with two slots; nothing says how long they are")
    slot = min(distances)[0]
    if not NARROWEST <= slot <= WIDEST:
        raise StaffingError(f"{path}: slots are {slot} long; they may be 5 minutes to 2 hours")
    for distance, line in distances:
        if distance % slot:
            raise StaffingError(f"{path}, line {line}: {distance} after the slot before, in slots of {slot}")
    return slot


def _unit(
    unit: str, rows: Sequence[_Row], slot: timedelta, *, spread: float, counted: bool
) -> UnitDemand | None:
    """None where nobody ever comes."""
    opened = [row for row in rows if row.people[-1] > 0]
    if not opened:
        return None
    starts, minutes = tuple(row.at for row in opened), slot / timedelta(minutes=1)
    people = np.array([row.people for row in opened])
    if people.shape[1] == 1:
        demand = Demand.around(unit, starts, slot_min=minutes, mean=people[:, 0], spread=spread)
    else:
        demand = Demand(unit, starts, minutes, people)
        demand = demand.without_chance() if counted else demand
    staff = tuple(row.staff for row in opened if row.staff is not None)
    told = {row.at.date() for row in rows}
    span = range((rows[-1].at.date() - rows[0].at.date()).days)
    untold = (day for n in span if (day := rows[0].at.date() + timedelta(days=n)) not in told)
    return UnitDemand(demand, staff if len(staff) == len(opened) else None, tuple(untold))
