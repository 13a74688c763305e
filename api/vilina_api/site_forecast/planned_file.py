"""Closures, school holidays and events from a CSV file, for who does not want them in the site file."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from vilina_api.errors import PlannedError
from vilina_api.site_forecast.site_model import Planned
from vilina_ingest.site import Days, Event, Site

CLOSURE, SCHOOL, EVENT = "closure", "school holiday", "event"
KINDS: Final = (CLOSURE, SCHOOL, EVENT)
NEEDED: Final = ("kind", "name", "first")
KNOWN: Final = (*NEEDED, "last", "zone", "percent")
Read = tuple[str, Days]


def read_planned(path: Path, site: Site) -> Planned:
    """A row each: kind, name, first, last, zone and percent; the last three may be empty.

    Raises:
        PlannedError: the file cannot be read, or a row cannot be meant.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.DictReader(file), path, site))
    except OSError as error:
        raise PlannedError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PlannedError(f"{path} is no CSV file in UTF-8: {error}") from error
    return Planned(
        closures=tuple(days for kind, days in rows if kind == CLOSURE),
        school_holidays=tuple(days for kind, days in rows if kind == SCHOOL),
        events=tuple(days for _, days in rows if isinstance(days, Event)),
    )


def _rows(reader: "csv.DictReader[str]", path: Path, site: Site) -> Iterator[Read]:
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise PlannedError(f"{path} has no column {missing[0]!r}; its columns are {', '.join(KNOWN)}")
    for row in reader:
        yield _read(row, f"{path}, line {reader.line_num}", site)


def _read(row: dict[str, str], where: str, site: Site) -> Read:
    if None in row:
        raise PlannedError(f"{where}: there are more cells than columns; put text with commas in quotes")
    cells = {name: (row.get(name) or "").strip() for name in KNOWN}
    kind = cells.pop("kind").lower()
    if kind not in KINDS:
        raise PlannedError(f"{where}: the kind {kind!r} is not known; write one of {', '.join(KINDS)}")
    given = {name: value for name, value in cells.items() if value}
    if kind != EVENT and (extra := given.keys() & {"zone", "percent"}):
        raise PlannedError(f"{where}: only events have a {min(extra)}; leave the cell empty")
    zones = [zone.id for zone in site.zones]
    if kind == EVENT and given.get("zone", zones[0]) not in zones:
        raise PlannedError(f"{where}: there is no zone {given['zone']!r}; there are {', '.join(zones)}")
    try:
        return kind, (Event if kind == EVENT else Days).model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0]) if first["loc"] else "row"
        hint = "; write days like 2026-12-24" if column in ("first", "last") else ""
        told = first["msg"].removeprefix("Value error, ")
        raise PlannedError(f"{where}, {column}: {told}{hint}") from error
