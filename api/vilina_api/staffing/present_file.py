"""Who is where now, from a CSV file: columns unit, staff, and, if known, waiting and skills (written like a;b)."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from vilina_api.errors import StaffingError
from vilina_api.staffing.today import AtWork
from vilina_ingest.site import Site


def read_present(path: Path, site: Site) -> dict[str, AtWork]:
    """Who is at each unit that the file names. Without a word on skills, staff have those of their unit.

    Raises:
        StaffingError: the file cannot be used: which line, and the remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found: dict[str, AtWork] = {}
            for where, unit, at_work in _rows(csv.DictReader(file, skipinitialspace=True), path, site):
                if unit in found:
                    raise StaffingError(f"{where}: {unit} is in a line before, too; write each unit once")
                found[unit] = at_work
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StaffingError(f"{path} cannot be read: {error}") from error
    if not found:
        raise StaffingError(f"{path} has no units")
    return found


def _rows(reader: "csv.DictReader[str]", path: Path, site: Site) -> Iterator[tuple[str, str, AtWork]]:
    for name in ("unit", "staff"):
        if name not in (reader.fieldnames or ()):
            raise StaffingError(
                f"{path} has no column {name!r}; it needs unit and staff, and may have waiting, skills"
            )
    units = {unit.id: unit for unit in site.units}
    known = {skill for unit in site.units for skill in unit.skills}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        unit = (row["unit"] or "").strip()
        if unit not in units:
            raise StaffingError(
                f"{where}: the site has no unit {unit!r}; it has {', '.join(units) or 'none'}"
            )
        skills = frozenset(part.strip() for part in (row.get("skills") or "").split(";") if part.strip())
        for skill in sorted(skills - known):
            raise StaffingError(
                f"{where}: no unit needs the skill {skill!r}; they need {', '.join(sorted(known)) or 'none'}"
            )
        yield where, unit, AtWork(
            staff=_whole(row, "staff", where),
            waiting=_whole(row, "waiting", where) if (row.get("waiting") or "").strip() else 0,
            skills=skills or frozenset(units[unit].skills),
        )  # fmt: skip


def _whole(row: Mapping[str, str | None], column: str, where: str) -> int:
    text = (row[column] or "").strip()
    if not text.isdecimal():
        raise StaffingError(f"{where}: {column} is {text!r}; write a whole number of people, 0 or more")
    return int(text)
