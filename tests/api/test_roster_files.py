"""People come from files, rosters go into them: what is wrong is said with its cell, what is written can be read."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from icalendar import Calendar
from openpyxl import Workbook, load_workbook

from tests.api.rostered import MONDAY, needs, person, roster, rostered_site, week
from vilina_api.errors import NotFound, RosterError
from vilina_api.rostering.exports import to_csv, to_ical, to_xlsx
from vilina_api.rostering.people import Person, Time, units_of
from vilina_api.rostering.people_file import read_people
from vilina_api.rostering.roster import Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_deploy.example import example_site

HEAD = "name,skills,hours,away,avoids\n"
GOOD = HEAD + "Aino Mäki,nurse,37.5,2026-03-05,fri 16-20\nBen,guidance permits,30,,\n"
NOW = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)


def read(folder: Path, content: str | bytes, name: str = "people.csv") -> tuple[Person, ...]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_people(path, rostered_site(), ShiftRules())


def spreadsheet(text: str, *, title: str = "Staff") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in csv.reader(StringIO(text)):
        sheet.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def test_people_are_read_from_csv_and_spreadsheets_alike(tmp_path: Path) -> None:
    aino, ben = read(tmp_path, GOOD)
    assert aino == Person(
        id="aino-maki", name="Aino Mäki", skills=frozenset({"nurse"}), hours=37.5,
        away=(Time(date(2026, 3, 5)),), avoids=(Time(4, 960, 1200),),
    )  # fmt: skip
    assert (ben.id, ben.hours) == ("ben", 30.0)
    assert read(tmp_path, spreadsheet(GOOD), "people.xlsx") == (aino, ben)
    assert read(tmp_path, GOOD.replace(",", ";").replace("37.5", "37,5")) == (aino, ben)


def test_a_date_and_a_number_in_a_spreadsheet_are_what_they_look_like(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["name", "skills", "hours", "away"])
    book.active.append(["Aino", "nurse", 30, datetime(2026, 3, 5)])  # noqa: DTZ001 - as spreadsheets have them
    content = BytesIO()
    book.save(content)
    (aino,) = read(tmp_path, content.getvalue(), "people.xlsx")
    assert (aino.hours, aino.away) == (30.0, (Time(date(2026, 3, 5)),))


def test_the_people_of_the_example_can_staff_all_of_its_units() -> None:
    site = example_site()
    found = read_people(
        Path(__file__).parents[2] / "deploy/vilina_deploy/example/people.csv", site, ShiftRules()
    )
    assert len(found) == 48
    able = {unit.id: sum(unit.id in units_of(one, site.units) for one in found) for unit in site.units}
    assert min(able.values()) >= 3, able
    assert {len(one.skills) for one in found} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no people"),
        (HEAD, "has no people"),
        (GOOD.replace("skills", "talents"), "line 1: there is no column 'skills'"),
        (GOOD.replace("avoids", "avoid"), "line 1: there is no column 'avoid' here; did you mean"),
        (GOOD.replace("away,avoids", "away,away"), "line 1: column 'away' is there twice"),
        (GOOD.replace(",nurse", ",nurze"), "line 2, column skills: no unit asks for skill 'nurze'; did you mean"),
        (GOOD.replace(",nurse", ","), "line 2, column skills: there is no skill"),
        (GOOD.replace("37.5", "375"), "line 2, column hours: a contract of 375 hours a week cannot be"),
        (GOOD.replace("37.5", "2"), "line 2, column hours: a contract of 2 hours a week cannot be"),
        (GOOD.replace("37.5", "nan"), "line 2, column hours: 'nan' is not a number"),
        (GOOD.replace("37.5", "full"), "line 2, column hours: 'full' is not a number"),
        (GOOD.replace("fri 16-20", "friday"), "line 2, column avoids: 'friday' is no time"),
        (GOOD.replace("2026-03-05", "5.3.2026"), "line 2, column away: '5.3.2026' is no time"),
        (GOOD.replace("Ben", "Aino Mäki"), "line 3, column id: 'aino-maki' is in .*line 2, too"),
        (GOOD.replace("Ben", ""), "line 3, column name: '' is no name"),
        (GOOD.replace("Ben", "李"), "line 3, column id: '' is no short name"),
        (GOOD.replace("30,,", "30,,,x"), "line 3: there are more cells than columns"),
        (b"name\xff", "is not UTF-8"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_said_with_its_row_its_column_and_the_remedy(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(RosterError, match=said):
        read(tmp_path, text)


def test_a_wrong_cell_of_a_spreadsheet_is_said_with_its_sheet(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match=r"people\.xlsx, sheet Staff, row 2, column hours: 'full'"):
        read(tmp_path, spreadsheet(GOOD.replace("37.5", "full")), "people.xlsx")


def test_what_is_no_spreadsheet_or_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="not a spreadsheet"):
        read(tmp_path, GOOD, "people.xlsx")
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b" " * (70 << 20))
    with pytest.raises(RosterError, match="unpacks to over 64 megabytes"):
        read(tmp_path, packed.getvalue(), "people.xlsx")


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><workbook>&c;</workbook>'
    )
    packed = BytesIO()
    with ZipFile(BytesIO(spreadsheet(GOOD))) as good, ZipFile(packed, "w") as file:
        for name in good.namelist():
            file.writestr(name, evil if name == "xl/workbook.xml" else good.read(name))
    with pytest.raises(RosterError, match="not a spreadsheet"):
        read(tmp_path, packed.getvalue(), "people.xlsx")


@pytest.fixture(scope="module")
def made() -> Roster:
    people = [person("Aino", "nurse"), person("Ben", "nurse", "library"), person("Cia", "library"),
              Person(id="dan", name="=cmd()", skills=frozenset({"guidance", "permits"}), hours=37.5)]  # fmt: skip
    return roster(week(people, needs(2, staff={"health": 1, "library": 1, "citizen": 1}, closes=17)))


def test_a_calendar_has_each_shift_at_its_instant(made: Roster) -> None:
    calendar = Calendar.from_ical(to_ical(made, "aino", made_at=NOW))
    events = calendar.walk("VEVENT")
    assert len(events) == len(made.by_person["aino"]) > 0
    shift = min(made.by_person["aino"].values(), key=lambda one: one.day)
    first = min(events, key=lambda one: one["DTSTART"].dt)
    local = first["DTSTART"].dt.astimezone(rostered_site().tz)
    assert (local.date(), local.hour * 60 + local.minute) == (shift.day, shift.start_min)
    assert (first["DTEND"].dt - first["DTSTART"].dt).total_seconds() == 60 * (shift.end_min - shift.start_min)
    assert first["SUMMARY"] == "Health desk"
    assert to_ical(made, "aino", made_at=NOW) == to_ical(made, "aino", made_at=NOW)
    with pytest.raises(NotFound, match="nobody called 'zoe'"):
        to_ical(made, "zoe", made_at=NOW)


def test_a_spreadsheet_has_a_week_its_days_and_totals(made: Roster) -> None:
    book = load_workbook(BytesIO(to_xlsx(made)))
    assert book.sheetnames[:3] == ["Week 10", "Mon 2026-03-02", "Tue 2026-03-03"]
    sheet = book["Week 10"]
    names = [cell.value for cell in sheet["A"]]
    assert names == ["Person", "Aino", "Ben", "Cia", "'=cmd()", "People", "Hours"]
    assert sheet.cell(len(names), 9).value == pytest.approx(made.quality.paid_hours)
    assert sheet.cell(len(names) - 1, 2).value == sum(shift.day == MONDAY for shift in made.shifts)
    day = book["Mon 2026-03-02"]
    heads = [cell.value for cell in day[1]]
    at_ten = heads.index("10:00")
    assert day.cell(day.max_row, at_ten + 1).value == sum(
        stint.unit is not None and stint.start_min <= 600 < stint.end_min
        for shift in made.shifts
        if shift.day == MONDAY
        for stint in shift.stints
    )
    assert ("Not covered" in book.sheetnames) == bool(made.uncovered)


def test_csv_has_a_line_for_each_stint_and_all_hours(made: Roster) -> None:
    rows = list(csv.DictReader(StringIO(to_csv(made).decode())))
    assert len(rows) == sum(len(shift.stints) for shift in made.shifts)
    assert sum(float(row["paid_hours"]) for row in rows) == pytest.approx(made.quality.paid_hours, abs=0.1)
    assert all(row["unit"] in made.units for row in rows if row["what"] == "work")
    assert all(not row["name"].startswith("=") for row in rows)
