"""Queue tickets from a CSV file: columns time, unit, and count; or, without count, a row for each ticket.

Counts are of slots that begin then, and a slot that is not there was not counted. Where each ticket has its row, none
was drawn in an hour without any, if the unit was open and drew some on that day.
"""

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.demand_file import slot_time
from vilina_api.staffing.service import Floats
from vilina_ingest.site import Hours

HOURS: Final = 24
HOUR: Final = timedelta(hours=1)
SILENT: Final = 12.0
"""So many tickets are expected in a stretch without any, and it is not chance: a gap, because the machine was off."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One row: tickets of a unit at a local time, and the line it is in."""

    line: int
    at: datetime
    unit: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """All rows in order of time; `counted` if they are counts of slots."""

    rows: tuple[Ticket, ...]
    counted: bool

    @property
    def first(self) -> date:
        return self.rows[0].at.date()

    @property
    def days(self) -> int:
        return (self.rows[-1].at.date() - self.first).days + 1

    def by_hour(self, opened: Mapping[str, Callable[[date], Hours | None]]) -> dict[str, Floats]:
        """Tickets (D, 24) of each unit that has any, from `first` on; NaN where nothing is known."""
        found = {}
        for unit in sorted({row.unit for row in self.rows}):
            mine = [row for row in self.rows if row.unit == unit]
            found[unit] = self._counts(mine) if self.counted else self._drawn(mine, opened[unit])
        return found

    def by_slot(self, demand: Demand) -> Floats:
        """Tickets (N,) of a demand's unit in its slots, which may have no offset; 0 where there are none."""
        found = np.zeros(len(demand.starts))
        starts = [at.replace(tzinfo=None) for at in demand.starts]
        for row in self.rows:
            place = bisect_right(starts, row.at) - 1
            if row.unit == demand.unit and place >= 0 and row.at < starts[place] + demand.slot:
                found[place] += row.count
        return found

    def _counts(self, rows: list[Ticket]) -> Floats:
        """An hour of which a slot is missing is a gap."""
        width = min((b.at - a.at for a, b in pairwise(rows)), default=HOUR)
        slots, needed = np.zeros((self.days, HOURS)), max(1, HOUR // width)
        total = np.zeros((self.days, HOURS))
        for row in rows:
            place = (row.at.date() - self.first).days, row.at.hour
            slots[place] += 1
            total[place] += row.count
        return np.where(slots >= needed, total, np.nan)

    def _drawn(self, rows: list[Ticket], opened: Callable[[date], Hours | None]) -> Floats:
        found = np.full((self.days, HOURS), np.nan)
        for day in {row.at.date() for row in rows}:
            hours = opened(day)
            if hours is not None:
                last = hours.closes.hour + (hours.closes.minute > 0)
                found[(day - self.first).days, hours.opens.hour : last] = 0.0
        for row in rows:
            place = (row.at.date() - self.first).days, row.at.hour
            found[place] = np.nan_to_num(found[place]) + row.count
        return found


def read_tickets(path: Path, units: Iterable[str], zone: ZoneInfo) -> Tickets:
    """The tickets of these units; times with an offset are turned into local times of the zone.

    Raises:
        StaffingError: the file cannot be used: which line, and the remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows, counted = _rows(csv.DictReader(file, skipinitialspace=True), path, list(units), zone)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StaffingError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise StaffingError(f"{path} has no tickets")
    rows.sort(key=lambda row: row.at)
    if counted:
        _check_slots(rows, path)
    return Tickets(rows=tuple(rows), counted=counted)


def _rows(
    reader: "csv.DictReader[str]", path: Path, units: list[str], zone: ZoneInfo
) -> tuple[list[Ticket], bool]:
    names = reader.fieldnames or ()
    for name in ("time", "unit"):
        if name not in names:
            raise StaffingError(
                f"{path} has no column {name!r}; it needs time, unit, and count or a row for each ticket"
            )
    counted, rows = "count" in names, []
    numbers: dict[tuple[str, date, str], int] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        at = slot_time(row["time"] or "", where)
        local = at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None)
        unit = (row["unit"] or "").strip()
        if unit not in units:
            raise StaffingError(
                f"{where}: the site has no unit {unit!r}; it has {', '.join(units) or 'none'}"
            )
        count = _count(row["count"], where) if counted else 1
        if number := (row.get("ticket") or "").strip():
            key = unit, local.date(), number
            if key in numbers:
                raise StaffingError(
                    f"{where}: ticket {number} of {unit} is in line {numbers[key]}, too; write each ticket once"
                )
            numbers[key] = reader.line_num
        rows.append(Ticket(reader.line_num, local, unit, count))
    return rows, counted


def _count(text: str | None, where: str) -> int:
    if not (text or "").strip():
        raise StaffingError(
            f"{where}: there is no count; write 0 if no ticket was drawn, or leave the line out if it is not known"
        )
    try:
        count = int(text or "")
    except ValueError as error:
        raise StaffingError(f"{where}: count is {text!r}; write a whole number of tickets") from error
    if count < 0:
        raise StaffingError(f"{where}: count is {count}; tickets cannot be fewer than 0")
    return count


def _check_slots(rows: list[Ticket], path: Path) -> None:
    """Each slot once, none wider than an hour."""
    for mine in _by_unit(rows):
        width = min((b.at - a.at for a, b in pairwise(mine)), default=HOUR)
        for before, after in pairwise(mine):
            if before.at == after.at:
                raise StaffingError(
                    f"{path}, line {after.line}: {after.at:%Y-%m-%d %H:%M} of {after.unit} is in line {before.line}, "
                    "too; write each slot once"
                )
        if width > HOUR or HOUR % width:
            raise StaffingError(
                f"{path}, line {mine[1].line}: slots of {width} are not of use; an hour, or a part of it, is"
            )


def _by_unit(rows: list[Ticket]) -> Iterator[list[Ticket]]:
    for unit in sorted({row.unit for row in rows}):
        yield [row for row in rows if row.unit == unit]


def without_silence(drawn: Floats, came: Floats) -> tuple[Floats, int]:
    """Tickets (D, 24) with gaps where none were drawn though many who came (D, 24) would have; how many hours."""
    known = np.isfinite(drawn) & np.isfinite(came) & (drawn > 0)
    if not known.any():
        return drawn, 0
    share = drawn[known].sum() / came[known].sum() if came[known].sum() else 0.0
    found, silent = drawn.copy(), 0
    for day, people in zip(found, came, strict=True):
        start = 0
        while start < HOURS:
            end = start
            while end < HOURS and day[end] == 0:
                end += 1
            if end > start and share * np.nansum(people[start:end]) >= SILENT:
                day[start:end] = np.nan
                silent += end - start
            start = max(end, start) + 1
    return found, silent
