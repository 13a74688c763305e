"""Closures, school holidays, events and pop-ups from a CSV file, for who does not want them in the site file."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from vilina_api.errors import PlannedError
from vilina_api.site_forecast.site_model import Planned
from vilina_ingest.site import Days, Event, PopUp, Site

CLOSURE, SCHOOL, EVENT, POP_UP = "closure", "school holiday", "event", "pop-up"
MODELS: Final[dict[str, type[Days]]] = {CLOSURE: Days, SCHOOL: Days, EVENT: Event, POP_UP: PopUp}
OWN: Final = {"zone": (EVENT,), "spot": (POP_UP,), "percent": (EVENT, POP_UP)}
"""Columns that only some kinds have."""
NEEDED: Final = ("kind", "name", "first")
KNOWN: Final = (*NEEDED, "last", *OWN)
Read = tuple[str, Days]


def read_planned(path: Path, site: Site) -> Planned:
    """A row each: kind, name, first, and if there is one last, zone of an event, spot of a pop-up, and percent.

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
        pop_ups=tuple(days for _, days in rows if isinstance(days, PopUp)),
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
    if kind not in MODELS:
        raise PlannedError(f"{where}: the kind {kind!r} is not known; write one of {', '.join(MODELS)}")
    given = {name: value for name, value in cells.items() if value}
    for name, kinds in OWN.items():
        if name in given and kind not in kinds:
            raise PlannedError(f"{where}: only {'s and '.join(kinds)}s have a {name}; leave the cell empty")
    if kind == POP_UP and "spot" not in given:
        raise PlannedError(f"{where}: a pop-up needs its spot; {_there_are(site, 'spot')}")
    for name in ("zone", "spot"):
        if name in given and given[name] not in _ids(site, name):
            raise PlannedError(f"{where}: there is no {name} {given[name]!r}; {_there_are(site, name)}")
    try:
        return kind, MODELS[kind].model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0]) if first["loc"] else "row"
        hint = "; write days like 2026-12-24" if column in ("first", "last") else ""
        told = first["msg"].removeprefix("Value error, ")
        raise PlannedError(f"{where}, {column}: {told}{hint}") from error


def _ids(site: Site, name: str) -> list[str]:
    return [one.id for one in (site.zones if name == "zone" else site.spots)]


def _there_are(site: Site, name: str) -> str:
    return f"there are {', '.join(_ids(site, name)) or 'none'}"
