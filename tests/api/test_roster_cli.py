"""`vilina roster`: from people and required staff to files, and what is said on the way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.api.rostered import document_of, needs, rostered_site
from tests.waiting import until
from vilina_api.roster_cli import roster

PEOPLE = "name,skills,hours\nAino,nurse,37.5\nBen,nurse,37.5\nEva,library,30\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that a roster is made of, and a roster."""
    found = tmp_path_factory.mktemp("roster")
    site = rostered_site().model_dump_json(by_alias=True, exclude_none=True)
    (found / "site.yaml").write_text(site, encoding="utf-8")
    (found / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (found / "staff.json").write_text(
        json.dumps(document_of(needs(1, staff={"health": 1, "library": 1}, closes=16)))
    )
    done = called("plan", *given(found), "--out", str(found / "roster.json"), "--progress")
    assert done.exit_code == 0, done.output
    (found / "said.txt").write_text(done.output, encoding="utf-8")
    return found


def given(folder: Path) -> tuple[str, ...]:
    files = {"--site": "site.yaml", "--people": "people.csv", "--staff": "staff.json"}
    return (
        *(word for option, name in files.items() for word in (option, str(folder / name))),
        "--seconds",
        "1",
    )


def called(*arguments: str) -> Result:
    return CliRunner().invoke(roster, list(arguments))


def kept(folder: Path, *more: str) -> tuple[str, ...]:
    return ("--site", str(folder / "site.yaml"), "--roster", str(folder / "roster.json"), *more)


def test_a_roster_is_a_line_for_each_person_and_says_how_good_it_is(folder: Path) -> None:
    said = (folder / "said.txt").read_text(encoding="utf-8")
    assert "bound " in said
    assert "gap " in said
    assert all(f"\n{name} " in said for name in ("Aino", "Ben", "Eva"))
    assert "from the best there is, after" in said
    assert "Library lacks 1 on Monday" in said, "Eva has a break, and nobody else is able"


def test_programs_get_the_same_as_json(folder: Path) -> None:
    done = CliRunner().invoke(roster, ["plan", *given(folder), "--json"])
    made: Any = json.loads(done.stdout)
    assert {shift["person"] for shift in made["shifts"]} <= {"aino", "ben", "eva"}
    assert made["quality"]["gap"] >= 0


def test_an_absence_says_who_changes_and_is_kept(folder: Path) -> None:
    made = json.loads((folder / "roster.json").read_text(encoding="utf-8"))["roster"]
    gone = next(shift["person"] for shift in made["shifts"] if shift["person"] != "eva")
    out = folder / "repaired.json"
    done = called("repair", *kept(folder), "--absent", gone, "--day", "2026-03-02", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "other p" in done.output
    again = json.loads(out.read_text(encoding="utf-8"))["roster"]
    assert gone not in {shift["person"] for shift in again["shifts"]}


def test_exports_are_written_by_their_ending(folder: Path) -> None:
    for name in ("roster.xlsx", "roster.csv", "calendars"):
        assert called("export", *kept(folder), str(folder / name)).exit_code == 0
    assert (folder / "roster.xlsx").read_bytes().startswith(b"PK")
    assert (folder / "roster.csv").read_text(encoding="utf-8").startswith("person,name,day,start")
    assert {path.name for path in (folder / "calendars").iterdir()} == {"aino.ics", "ben.ics", "eva.ics"}
    one = called("export", *kept(folder, "--person", "eva"), str(folder / "eva.ics"))
    assert one.exit_code == 0
    assert (folder / "eva.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert "Name one with --person" in called("export", *kept(folder), str(folder / "who.ics")).output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv", PEOPLE.replace("nurse", "doctor"), "no unit asks for skill 'doctor'"),
        ("staff.json", "{", "staff.json is not JSON"),
        ("staff.json", "{}", "it has no units"),
        ("rules.json", '{"rest_min": -1}', "rest_min: Input should be greater than or equal to 0"),
    ],
)
def test_what_cannot_be_used_is_said(
    folder: Path, tmp_path: Path, name: str, content: str, said: str
) -> None:
    for path in folder.iterdir():
        if path.name in ("site.yaml", "people.csv", "staff.json"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_text(content, encoding="utf-8")
    more = ("--rules", str(tmp_path / name)) if name == "rules.json" else ()
    done = called("plan", *given(tmp_path), *more)
    assert done.exit_code == 1
    assert said in done.output


def test_ctrl_c_keeps_the_best_so_far(folder: Path, tmp_path: Path) -> None:
    wanted = document_of(needs(3, staff={"health": 2, "library": 1}, closes=20))
    (tmp_path / "staff.json").write_text(json.dumps(wanted), encoding="utf-8")
    said, out = tmp_path / "said.txt", tmp_path / "roster.json"
    command = [sys.executable, "-m", "vilina_deploy", "roster", "plan", *given(folder), "--seconds", "600",
               "--progress", "--staff", str(tmp_path / "staff.json"), "--out", str(out)]  # fmt: skip
    with said.open("wb") as told:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, env={**os.environ})
        until(lambda: process.poll() is not None or b"bound" in said.read_bytes(), seconds=60)
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["roster"]["shifts"]
