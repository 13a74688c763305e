"""A roster as iCal for one person, as a spreadsheet, and as CSV."""

import csv
from datetime import datetime, time, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vilina_api.errors import NotFound
from vilina_api.rostering.grid import Grid, grid, span, units_in_order
from vilina_api.rostering.people import DAY_MIN
from vilina_api.rostering.roster import Roster, Shift, clock

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS: Final = ("person", "name", "day", "start", "end", "unit", "what", "paid_hours")
FORMULA: Final = ("=", "+", "-", "@", "\t")
"""What a spreadsheet would take for a formula."""


def to_ical(roster: Roster, person: str, *, made_at: datetime) -> bytes:
    """One person's shifts as a calendar (RFC 5545), in UTC, so that no zone need be looked up.

    Raises:
        NotFound: there is no such person.
    """
    worker = next((one for one in roster.workers if one.id == person), None)
    if worker is None:
        raise NotFound(f"There is nobody called {person!r} in this roster.")
    calendar = Calendar()
    calendar.add("prodid", "-//Vilina//roster//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{worker.name}, {roster.site}")
    for shift in roster.by_person[person].values():
        event = Event()
        # The same shift made again replaces the old one in a calendar that has it.
        event.add("uid", f"{shift.day:%Y%m%d}-{person}-{roster.site}@vilina")
        event.add("dtstamp", made_at)
        event.add("dtstart", instant(roster, shift, shift.start_min))
        event.add("dtend", instant(roster, shift, shift.end_min))
        event.add("summary", ", ".join(units_in_order(roster, shift)))
        event.add("description", "\n".join(_told(roster, shift)))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def instant(roster: Roster, shift: Shift, minute: int) -> datetime:
    """A minute of a shift's day, in UTC."""
    days, rest = divmod(minute, DAY_MIN)
    local = datetime.combine(shift.day + timedelta(days=days), time(rest // 60, rest % 60))
    return local.replace(tzinfo=ZoneInfo(roster.time_zone)).astimezone(ZoneInfo("UTC"))


def to_csv(roster: Roster) -> bytes:
    """A line for each stint: who is where from when until when, and each break."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    names = {worker.id: worker.name for worker in roster.workers}
    for shift in roster.shifts:
        share = shift.paid_hours / sum(one.end_min - one.start_min for one in shift.stints if one.unit)
        for one in shift.stints:
            paid = share * (one.end_min - one.start_min) if one.unit else 0.0
            writer.writerow(
                (shift.person, plain(names[shift.person]), shift.day, clock(one.start_min), clock(one.end_min),
                 one.unit or "", "work" if one.unit else "break", f"{paid:.2f}")
            )  # fmt: skip
    return text.getvalue().encode()


def to_xlsx(roster: Roster) -> bytes:
    """A sheet of the week, one for each day by half hours, and one of what is not covered."""

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = f"Week {roster.first.isocalendar().week}"
    _week_sheet(sheet, roster, grid(roster))
    for day in roster.days:
        if any(shift.day == day for shift in roster.shifts):
            _day_sheet(
                book.create_sheet(f"{day:%a %Y-%m-%d}"), roster, [s for s in roster.shifts if s.day == day]
            )
    if roster.uncovered:
        _uncovered_sheet(book.create_sheet("Not covered"), roster)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _told(roster: Roster, shift: Shift) -> list[str]:
    return [
        f"{span(one.start_min, one.end_min)} {roster.units[one.unit] if one.unit else 'break'}"
        for one in shift.stints
    ]


def _week_sheet(sheet: "Worksheet", roster: Roster, table: Grid) -> None:

    sheet.append(["Person", *(f"{day:%a %Y-%m-%d}" for day in table.days), "Hours", "Contract"])
    for row in table.rows:
        cells = ["" if cell is None else "\n".join([cell.times, ", ".join(cell.units)]) for cell in row.cells]
        sheet.append([plain(row.worker.name), *cells, row.worker.hours, row.worker.contract_hours])
    sheet.append(["People", *table.people])
    sheet.append(["Hours", *table.hours, sum(table.hours), sum(one.contract_hours for one in roster.workers)])
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    _dress(sheet, [24, *[22] * len(table.days), 9, 9], bold_rows=(1, sheet.max_row - 1, sheet.max_row))


def _day_sheet(sheet: "Worksheet", roster: Roster, shifts: list[Shift]) -> None:
    names = {worker.id: worker.name for worker in roster.workers}
    step = 30
    first, last = min(one.start_min for one in shifts), max(one.end_min for one in shifts)
    slots = range(first, last, step)
    sheet.append(["Person", "Shift", *(clock(at) for at in slots), "Hours"])
    for shift in sorted(shifts, key=lambda one: (one.start_min, one.end_min, one.person)):
        where = [_at(shift, at) for at in slots]
        sheet.append(
            [plain(names[shift.person]), span(shift.start_min, shift.end_min), *where, shift.paid_hours]
        )
    present = [sum(_at(one, at) not in ("", "break") for one in shifts) for at in slots]
    sheet.append(["At desks", "", *present, sum(one.paid_hours for one in shifts)])
    _dress(sheet, [24, 14, *[11] * len(slots), 9], bold_rows=(1, sheet.max_row))


def _at(shift: Shift, minute: int) -> str:
    """The unit at a minute; `break`, or nothing outside the shift."""
    for one in shift.stints:
        if one.start_min <= minute < one.end_min:
            return one.unit or "break"
    return ""


def _uncovered_sheet(sheet: "Worksheet", roster: Roster) -> None:
    sheet.append(["Unit", "Day", "From", "To", "Staff", "Why"])
    for one in roster.uncovered:
        times = clock(one.start_min), clock(one.end_min)
        sheet.append([roster.units[one.unit], f"{one.day}", *times, one.staff, one.why])
    _dress(sheet, [24, 12, 8, 8, 8, 100], bold_rows=(1,))


def _dress(sheet: "Worksheet", widths: list[int], *, bold_rows: tuple[int, ...]) -> None:
    """Widths, bold heads and sums, and a head that stays; printed on its side."""

    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row in bold_rows:
        for cell in sheet[row]:
            cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
