"""Rosters over HTTP: begun as jobs, asked for, exported, repaired, and forgotten."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from icalendar import Calendar
from openpyxl import load_workbook

from tests.api.rostered import document_of, needs, rostered_site
from tests.brokers import free_port
from tests.clocks import TestClock
from tests.waiting import until
from vilina_api.app import create_app
from vilina_api.errors import NotFound
from vilina_api.rostering.jobs import ASKED, MOST_JOBS, Jobs
from vilina_ingest.store_sqlite import SqliteStore

NOON = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
PEOPLE = [
    {"name": "Aino", "skills": "nurse", "hours": 37.5},
    {"name": "Ben", "skills": "nurse", "hours": 37.5},
    {"name": "Eva", "skills": "library", "hours": 30},
]
AT = "/v1/sites/square/roster"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rosters")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    path = folder.parent / "vilina.db"
    store, port = SqliteStore.open(path), free_port()
    reader = SqliteStore.open(path, read_only=True)
    app = create_app(
        site=rostered_site(), reader=reader, open_store=lambda: SqliteStore.open(path), clock=TestClock(NOON),
        rosters=folder,
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as asking:
        until(lambda: server.started)
        yield asking
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    reader.close()
    store.close()


def asked(**more: Any) -> dict[str, Any]:
    wanted = document_of(needs(1, staff={"health": 1, "library": 1}, closes=16))
    return {"staff": wanted, "people": PEOPLE, "seconds": 1, **more}


@pytest.fixture(scope="module")
def done(client: httpx.Client) -> str:
    """Where a roster is that was asked for."""
    answer = client.post(AT, json=asked())
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "running"
    where = answer.headers["Location"]
    until(lambda: client.get(where).json()["state"] != "running", seconds=90)
    return str(where)


def test_a_roster_is_made_beside_the_server_and_told_when_it_is_done(client: httpx.Client, done: str) -> None:
    told = client.get(done).json()
    assert told["state"] == "done", told
    assert {shift["person"] for shift in told["roster"]["shifts"]} <= {"aino", "ben", "eva"}
    assert told["bound"] <= told["best"]
    tag = client.get(done).headers["ETag"]
    assert client.get(done, headers={"If-None-Match": tag}).status_code == 304


def test_it_can_be_had_as_calendar_spreadsheet_and_csv(client: httpx.Client, done: str) -> None:
    calendar = client.get(f"{done}/people/eva.ics")
    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(Calendar.from_ical(calendar.content).walk("VEVENT")) == 1
    assert load_workbook(BytesIO(client.get(f"{done}/roster.xlsx").content)).sheetnames[0] == "Week 10"
    assert client.get(f"{done}/roster.csv").text.startswith("person,name,day")
    assert client.get(f"{done}/people/zoe.ics").status_code == 404


def test_an_absence_changes_the_roster_that_is_kept(client: httpx.Client, done: str) -> None:
    gone = next(
        one["person"] for one in client.get(done).json()["roster"]["shifts"] if one["person"] != "eva"
    )
    answer = client.post(f"{done}/repair", json={"person": gone, "days": ["2026-03-02"]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["others"] == len({change["person"] for change in told["changes"]}) <= 3
    assert gone not in {shift["person"] for shift in client.get(done).json()["roster"]["shifts"]}
    nobody = client.post(f"{done}/repair", json={"person": "zoe"})
    assert nobody.status_code == 422
    assert "nobody called 'zoe'" in nobody.json()["detail"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"people": [{**PEOPLE[0], "skills": "doctor"}]},
            "people[0], column skills: no unit asks for skill 'doctor'",
        ),
        ({"people": []}, "people has no people"),
        ({"staff": {"units": []}}, "the staffing plan has no units"),
        ({"first": "2030-01-07"}, "needs nobody in the week from 2030-01-07"),
        ({"rules": {"rest_min": -1}}, "rules.rest_min"),
    ],
)
def test_what_no_roster_can_be_made_of_is_said_at_once(
    client: httpx.Client, wrong: dict[str, Any], said: str
) -> None:
    answer = client.post(AT, json=asked(**wrong))
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_form_of_another_page_cannot_begin_one(client: httpx.Client) -> None:
    assert client.post(AT, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_one_is_made_at_a_time_and_may_be_given_up(client: httpx.Client, done: str) -> None:
    first = client.post(AT, json=asked(seconds=600))
    second = client.post(AT, json=asked())
    assert (first.status_code, second.status_code) == (202, 422)
    assert "is being made already" in second.json()["detail"]
    assert client.delete(first.headers["Location"]).status_code == 204
    assert client.get(first.headers["Location"]).status_code == 404


def test_nothing_of_a_person_is_left_when_a_roster_is_deleted(client: httpx.Client, folder: Path) -> None:
    where = client.post(AT, json=asked(people=[{**PEOPLE[0], "name": "Ulpukka"}, *PEOPLE[1:]])).headers[
        "Location"
    ]
    assert any("Ulpukka" in path.read_text(encoding="utf-8") for path in folder.rglob("*.json"))
    client.delete(where)
    assert not any("Ulpukka" in path.read_text(encoding="utf-8") for path in folder.rglob("*.json"))


def test_after_a_restart_a_roster_is_still_there_and_one_that_was_cut_off_says_so(tmp_path: Path) -> None:
    cut = tmp_path / "20260303T100000-0a1b2c3d"
    cut.mkdir()
    (cut / ASKED).write_text("{}", encoding="utf-8")
    jobs = Jobs(tmp_path, rostered_site())
    job = jobs.job(cut.name)
    assert (job.state, job.problem) == (
        "interrupted",
        "The server was stopped before there was a roster; ask again.",
    )
    with pytest.raises(NotFound, match="it is interrupted"):
        jobs.roster(cut.name)
    with pytest.raises(NotFound):
        jobs.job("../../etc")


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    names = [f"20260303T10{n:02d}00-0a1b2c3d" for n in range(MOST_JOBS + 3)]
    for name in names:
        (tmp_path / name).mkdir()
    jobs = Jobs(tmp_path, rostered_site())
    begun = jobs.start({}, now=NOON)
    jobs.close()
    assert jobs.names() == sorted([*names[4:], begun.id])
