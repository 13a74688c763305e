"""People from CSV or XLSX: columns name, skills, hours, and if wanted id, available, away, prefers and avoids.

A spreadsheet is read with openpyxl over defusedxml, which refuses the tricks of XML, and only if what it unpacks to is
no larger than such a file can be. Formulas are not computed; what the spreadsheet last showed is taken.
"""

import csv
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from math import isfinite
from pathlib import Path
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from vilina_api.errors import RosterError
from vilina_api.rostering.people import Person, Time, known_skills
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.spans import read_times
from vilina_ingest.site import Site
from vilina_ingest.site_rules import did_you_mean

NEEDED: Final = ("name", "skills", "hours")
TIMES: Final = ("available", "away", "prefers", "avoids")
COLUMNS: Final = ("id", *NEEDED, *TIMES)
MOST_PEOPLE: Final = 1000
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_UNPACKED: Final = 64 * 1024 * 1024
SHORT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

Row = tuple[str, Mapping[str, str]]
"""Where it is, and its cells by column."""


def read_people(path: Path, site: Site, rules: ShiftRules) -> tuple[Person, ...]:
    """The people of a file.

    Raises:
        RosterError: it cannot be used: which sheet, row and column, and the remedy.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RosterError(f"{path} is over {MOST_BYTES >> 20} megabytes: is it the right file?")
        content = path.read_bytes()
    except OSError as error:
        raise RosterError(f"{path} cannot be read: {error.strerror}") from error
    if path.suffix.lower() == ".xlsx":
        return people_of(_xlsx_rows(content, str(path)), site, rules, where=str(path))
    return people_of(_csv_rows(content, str(path)), site, rules, where=str(path))


def people_of(rows: Iterator[Row], site: Site, rules: ShiftRules, *, where: str) -> tuple[Person, ...]:
    """People from rows of cells.

    Raises:
        RosterError: a row cannot be used.
    """
    skills = known_skills(site)
    found: dict[str, tuple[Person, str]] = {}
    names: dict[str, str] = {}
    for place, cells in rows:
        person = _person(cells, skills, rules, place)
        for key, seen, what in ((person.id, found, "id"), (person.name, names, "name")):
            if key in seen:
                before = seen[key]
                raise RosterError(
                    f"{place}, column {what}: {key!r} is in {before[1] if isinstance(before, tuple) else before}, "
                    "too; write each person once, and tell two of one name apart, like Aino K. and Aino M."
                )
        found[person.id] = person, place
        names[person.name] = place
        if len(found) > MOST_PEOPLE:
            raise RosterError(f"{where} has over {MOST_PEOPLE} people; roster a unit or two at a time")
    if not found:
        raise RosterError(f"{where} has no people; write a row for each below the names of the columns")
    return tuple(person for person, _ in found.values())


def _csv_rows(content: bytes, name: str) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RosterError(f"{name} is not UTF-8 text; save it as CSV UTF-8, or as .xlsx") from error
    first = text.partition("\n")[0]
    # Spreadsheets of half of Europe write CSV with semicolons.
    reader = csv.reader(StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        yield from _rows(([*row] for row in reader), name, "line")
    except csv.Error as error:
        raise RosterError(f"{name}, line {reader.line_num}: {error}") from error


def _xlsx_rows(content: bytes, name: str) -> Iterator[Row]:

    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise RosterError(
                    f"{name} unpacks to over {MOST_UNPACKED >> 20} megabytes: is it the right file?"
                )
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        raise RosterError(
            f"{name} is not a spreadsheet of the kind .xlsx; save it as one, or as CSV"
        ) from error
    try:
        sheet = book.worksheets[0]
        yield from _rows(
            ([_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)),
            f"{name}, sheet {sheet.title}",
            "row",
        )
    finally:
        book.close()


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m-%d}"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _rows(lines: Iterator[Sequence[str]], where: str, what: str) -> Iterator[Row]:
    names: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line]
        if not any(cells):
            continue
        if names is None:
            names = [cell.lower() for cell in cells]
            _check_names(names, f"{where}, {what} {number}")
            continue
        if any(cells[len(names) :]):
            raise RosterError(
                f"{where}, {what} {number}: there are more cells than columns; put texts with commas in quotes"
            )
        yield f"{where}, {what} {number}", dict(zip(names, cells, strict=False))


def _check_names(names: Sequence[str], place: str) -> None:
    for name in NEEDED:
        if name not in names:
            raise RosterError(f"{place}: there is no column {name!r}; it needs {', '.join(NEEDED)}")
    for name in names:
        if name and name not in COLUMNS:
            raise RosterError(
                f"{place}: there is no column {name!r} here; {did_you_mean(name, list(COLUMNS))}"
            )
        if name and names.count(name) > 1:
            raise RosterError(f"{place}: column {name!r} is there twice; keep one")


def _person(cells: Mapping[str, str], skills: frozenset[str], rules: ShiftRules, place: str) -> Person:
    name = cells.get("name", "")
    if not name or len(name) > 100 or not name.isprintable():
        raise RosterError(f"{place}, column name: {name[:40]!r} is no name; write the person's, on one line")
    times = {column: _times(cells.get(column, ""), f"{place}, column {column}") for column in TIMES}
    return Person(
        id=_id(cells.get("id", ""), name, f"{place}, column id"),
        name=name,
        skills=_skills(cells.get("skills", ""), skills, f"{place}, column skills"),
        hours=_hours(cells.get("hours", ""), rules, f"{place}, column hours"),
        available=times["available"], away=times["away"], prefers=times["prefers"], avoids=times["avoids"],
    )  # fmt: skip


def _id(text: str, name: str, place: str) -> str:
    """A short name for addresses; by default the name without what an address cannot have."""
    if not text:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not SHORT_NAME.fullmatch(text):
        raise RosterError(f"{place}: {text!r} is no short name of a-z, 0-9 and '-'; write one for {name}")
    return text


def _skills(text: str, known: frozenset[str], place: str) -> frozenset[str]:
    found = [skill.lower() for skill in re.split(r"[,;\s]+", text) if skill]
    for skill in found:
        if skill not in known:
            raise RosterError(
                f"{place}: no unit asks for skill {skill!r}; {did_you_mean(skill, sorted(known))}"
            )
    if not found:
        raise RosterError(f"{place}: there is no skill; write some of {', '.join(sorted(known))}")
    return frozenset(found)


def _hours(text: str, rules: ShiftRules, place: str) -> float:
    try:
        hours = float(text.replace(",", "."))
    except ValueError:
        hours = float("nan")
    if not isfinite(hours):
        raise RosterError(f"{place}: {text!r} is not a number; write paid hours a week, like 37.5")
    least = rules.paid_hours(rules.shortest_min)
    if not least <= hours <= 60:
        raise RosterError(
            f"{place}: a contract of {hours:g} hours a week cannot be; "
            f"write {least:g} (the shortest shift) to 60, or leave the person out"
        )
    return hours


def _times(text: str, place: str) -> tuple[Time, ...]:
    try:
        return read_times(text)
    except ValueError as error:
        raise RosterError(f"{place}: {error}") from error
