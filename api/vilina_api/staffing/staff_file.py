"""Staff that somebody has decided on, from a file: CSV as the API and the planner's page write it, or a plan's JSON."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from vilina_api.errors import StaffingError
from vilina_api.staffing.at_desks import Given, Span, in_order, spans
from vilina_api.staffing.demand_file import slot_time

NEEDED: Final = ("start", "unit", "staff")
OTHER_NAMES: Final = {"time": "start"}
MINUTES: Final = "minutes"
Row = tuple[str, str, datetime, int, float | None]


def read_staff(path: Path) -> Given:
    """Of each unit; a file that ends in .json is what `vilina staffing plan --json` prints, or as much of it.

    A CSV file has the columns start (or time), unit and staff, and may have minutes; without them slots are as long as
    the shortest distance between two of a unit.

    Raises:
        StaffingError: the file cannot be used: where, and the remedy.
    """
    try:
        if path.suffix.lower() == ".json":
            return of_document(json.loads(path.read_text(encoding="utf-8")), str(path))
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _of_rows(list(_rows(file, path)), path)
    except OSError as error:
        raise StaffingError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise StaffingError(f"{path} cannot be read: {error}") from error


def of_document(document: Any, where: str) -> Given:
    """Staff of `units`, each with unit, slot_min, and slots with start and staff; whatever else there is, is ignored.

    Raises:
        StaffingError: there is something else.
    """
    try:
        units = list(document["units"])
    except (TypeError, KeyError) as error:
        raise StaffingError(
            f"{where} has no units; give what `vilina staffing plan --json` prints"
        ) from error
    found: dict[str, Any] = {}
    for number, unit in enumerate(units):
        try:
            name, slots = str(unit["unit"]), [(slot["start"], slot["staff"]) for slot in unit["slots"]]
            slot_min = float(unit["slot_min"])
        except (TypeError, KeyError, ValueError) as error:
            raise StaffingError(
                f"{where}, units[{number}]: it needs unit, slot_min, and slots with start and staff"
            ) from error
        if name in found:
            raise StaffingError(
                f"{where}, units[{number}]: {name} is there before, too; write each unit once"
            )
        read = []
        for at, staff in slots:
            if not isinstance(staff, int) or isinstance(staff, bool):
                raise StaffingError(f"{where}, {name}, {at}: staff is {staff!r}; write a whole number")
            read.append((slot_time(str(at), f"{where}, {name}"), staff))
        found[name] = spans(name, read, slot_min)
    if not any(found.values()):
        raise StaffingError(f"{where} has no staff at any time; there is nothing to play")
    return found


def _rows(lines: Iterable[str], path: Path) -> Iterator[Row]:
    reader = csv.DictReader(lines, skipinitialspace=True)
    reader.fieldnames = names = [OTHER_NAMES.get(name, name) for name in reader.fieldnames or ()]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise StaffingError(
            f"{path} has no column {missing[0]!r}; it needs start (or time), unit and staff, and may have minutes"
        )
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        unit, staff = ((row[name] or "").strip() for name in ("unit", "staff"))
        if not unit:
            raise StaffingError(f"{where}: there is no unit; write its name")
        if not staff.isdecimal():
            raise StaffingError(f"{where}: staff is {staff!r}; write a whole number of people, nobody is 0")
        yield where, unit, slot_time(row["start"] or "", where), int(staff), _minutes(row.get(MINUTES), where)


def _minutes(text: str | None, where: str) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise StaffingError(f"{where}: minutes are {text!r}; write how long the slot is")
    return minutes


def _of_rows(rows: list[Row], path: Path) -> Given:
    if not rows:
        raise StaffingError(f"{path} has no rows; there is nothing to play")
    first = rows[0]
    by_unit: dict[str, list[Row]] = {}
    for row in rows:
        if (row[2].tzinfo is None) != (first[2].tzinfo is None):
            raise StaffingError(f"{row[0]}: an offset is written in this line or in the first, not in both")
        by_unit.setdefault(row[1], []).append(row)
    usual = 0.0 if all(row[4] for row in rows) else _slot_min(by_unit.values(), path)
    return {
        unit: in_order(
            unit, (Span(at, at + timedelta(minutes=own or usual), staff) for _, _, at, staff, own in mine)
        )
        for unit, mine in by_unit.items()
    }


def _slot_min(units: Iterable[list[Row]], path: Path) -> float:
    """How long slots are that do not say it."""
    times = [sorted({row[2] for row in rows}) for rows in units]
    between = [(after - before) / timedelta(minutes=1) for each in times for before, after in pairwise(each)]
    if not between:
        raise StaffingError(f"{path} has nothing with two slots; say with a column minutes how long they are")
    return max(min(between), 0.0)
