"""The API of staffing over HTTP: plans from a real forecast of synthetic counts, what-if, and a move for now."""

import csv
import io
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn

from tests.brokers import free_port
from tests.clocks import TestClock
from tests.sites import SQUARE
from tests.waiting import until
from vilina_api.app import create_app
from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.forecasting.forecast import Forecast
from vilina_api.forecasting.profiles import Profiles
from vilina_edge.wire import LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Helsinki."""
FIRST = date(2026, 2, 2)
COMMON = {"zone": "hall", "target": {"share": 0.8, "within_min": 10}, "skills": ["guidance"]}
UNITS = [
    {**COMMON, "id": "desk", "name": "Desk", "share": 0.4, "desks": 9, "service_min": 12},
    {**COMMON, "id": "info", "name": "Info", "share": 0.2, "desks": 6, "service_min": 8},
]


class Profiled:
    """An Outlook that knows four weeks of one zone, by the quarter of an hour."""

    def __init__(self) -> None:
        quarters = np.arange(96)
        busy = np.where((quarters >= 28) & (quarters < 80), 6 + 5 * np.sin((quarters - 28) / 52 * np.pi), 0.0)
        days = np.array([busy if (FIRST + timedelta(days=n)).weekday() < 5 else 0 * busy for n in range(28)])
        people = np.random.default_rng(5).poisson(days).astype(np.float64)
        self._past = Counts(names=("hall",), first=FIRST, people=people[None])
        self._fitted = Profiles().fit(self._past, Calendar(opens=7 * 60, closes=20 * 60))
        self.asked = 0

    async def forecast(self, *, first: date, days: int) -> Forecast:
        self.asked += 1
        skipped = (first - self._past.end).days
        whole = self._fitted.predict(self._past, skipped + days)
        return Forecast(names=whole.names, first=first, people=whole.people[:, skipped:])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("staffing")
    site = Site.model_validate({**SQUARE, "units": UNITS})
    store = SqliteStore.open(folder / "vilina.db")
    came = Report(
        counter="counter-a", boot="00000000000000aa", seq=1, start=NOW - timedelta(minutes=1), end=NOW,
        lines=(LineCount(line="middle", entered=30, left=0), LineCount(line="across", entered=0, left=0)),
    )  # fmt: skip
    store.write(Batch(points(came, site)))
    reader = SqliteStore.open(folder / "vilina.db", read_only=True)
    app = create_app(
        site=site,
        reader=reader,
        open_store=lambda: SqliteStore.open(folder / "vilina.db"),
        clock=TestClock(NOW),
    )
    app.state.outlook = Profiled()
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1/sites/square", timeout=60) as made:
            until(lambda: server.started)
            yield made
    finally:
        server.should_exit = True
        thread.join(20)
        reader.close()
        store.close()
    assert not thread.is_alive()


def get(client: httpx.Client, path: str, status: int = 200, **parameters: Any) -> Any:
    answer = client.get(path, params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_plan_says_staff_reason_and_cost_of_each_unit_and_slot(client: httpx.Client) -> None:
    found = get(client, "/staffing", **{"from": "2026-03-04"}, days=2, hour_eur=20)
    assert [unit["unit"] for unit in found["units"]] == ["desk", "info"]
    desk = found["units"][0]
    assert (desk["slots"][0]["start"], len(desk["slots"])) == ("2026-03-04T07:00:00", 2 * 26)
    middle = desk["slots"][13]
    assert middle["staff"] > desk["slots"][0]["staff"] >= 1
    assert middle["in_time"] >= 0.8 > middle["one_fewer_in_time"]
    assert f"keep {middle['load']:.1f} busy" in middle["why"]
    assert desk["plan"]["eur"] == pytest.approx(20 * desk["plan"]["paid_hours"])
    assert desk["now"]["is"] == "all 9 desks staffed"
    assert desk["now"]["eur_per_visit"] > desk["plan"]["eur_per_visit"]
    assert found["all"]["eur"] == pytest.approx(sum(unit["plan"]["eur"] for unit in found["units"]))
    assert found["shares"][0].startswith("desk is taken to get 40 % of who comes to its zone")


def test_a_plan_that_is_known_is_not_sent_again(client: httpx.Client) -> None:
    asked = {"from": "2026-03-04", "unit": "info"}
    first = client.get("/staffing", params=asked)
    again = client.get("/staffing", params=asked, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_a_plan_can_be_had_as_csv(client: httpx.Client) -> None:
    answer = client.get(
        "/staffing", params={"from": "2026-03-04", "days": 1, "unit": "info", "format": "csv"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(rows) == 26
    assert (rows[0]["unit"], rows[0]["start"], rows[0]["minutes"]) == ("info", "2026-03-04T07:00:00", "30")
    accepted = client.get(
        "/staffing", params={"from": "2026-03-04", "days": 1, "unit": "info"}, headers={"Accept": "text/csv"}
    )
    assert accepted.text == answer.text


@pytest.mark.parametrize(("step", "slots"), [(15, 52), (60, 13)])
def test_slots_are_as_wide_as_is_asked(client: httpx.Client, step: int, slots: int) -> None:
    (unit,) = get(client, "/staffing", **{"from": "2026-03-04"}, days=1, unit="info", step=step)["units"]
    assert (unit["slot_min"], len(unit["slots"])) == (step, slots)


def test_what_if_tells_the_difference_to_the_plan_of_now(client: httpx.Client) -> None:
    asked = {
        "from": "2026-03-04",
        "days": 1,
        "units": ["desk"],
        "demand_percent": 130,
        "closed": {"from": "12:00", "to": "13:00"},
    }
    answer = client.post("/what-if", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (desk,) = found["units"]
    assert desk["change"] == "+30 % people, closed from 12:00 to 13:00"
    (planned,) = get(client, "/staffing", **{"from": "2026-03-04"}, days=1, unit="desk")["units"]
    assert desk["before"]["paid_hours"] == planned["plan"]["paid_hours"]
    assert desk["paid_hours"] == desk["after"]["paid_hours"] - desk["before"]["paid_hours"] > 0
    assert desk["unchanged"]["worst_slot"]["in_time"] < desk["after"]["worst_slot"]["in_time"]
    assert found["after"]["visits"] == pytest.approx(1.3 * found["before"]["visits"], rel=0.01)


def test_it_is_told_what_sharing_staff_saves(client: httpx.Client) -> None:
    found = get(client, "/staffing/together", **{"from": "2026-03-04"}, days=1, unit=["desk", "info"])
    assert found["units"] == ["desk", "info"]
    assert found["saved_hours"] == pytest.approx(
        found["apart"]["paid_hours"] - found["together"]["paid_hours"]
    )
    assert found["saved_hours"] > 0
    assert found["why"].startswith("desk and info need ")
    alone = client.get("/staffing/together", params={"unit": "desk"})
    assert (alone.status_code, "at least 2 items" in alone.json()["detail"]) == (422, True)


def test_who_should_move_now_is_said_by_who_is_where_and_who_waits(client: httpx.Client) -> None:
    found = get(client, "/staffing/move", staff=["desk:4", "info:6"], waiting="desk:4")
    assert (found["move"]["from"], found["move"]["to"]) == ("info", "desk")
    assert "with one more from info" in found["why"]
    assert found["why"].startswith("12 came to desk when "), "40 % of the 30 who were counted"


def test_as_planned_nobody_should_move(client: httpx.Client) -> None:
    found = get(client, "/staffing/move")
    assert found["move"] is None
    assert found["why"].startswith("Nobody should move: all meet their targets")


@pytest.mark.parametrize(
    ("path", "parameters", "said"),
    [
        ("/staffing", {"unit": "zoo"}, "the site has no unit 'zoo'; it has desk, info"),
        ("/staffing", {"from": "2026-03-07", "days": 1}, "nobody is forecast to come to a unit while it is open"),
        ("/staffing", {"step": 20}, "A step of 20 minutes is not known"),
        ("/staffing", {"days": 0}, "days: Input should be greater than or equal to 1"),
        ("/staffing", {"shrinkage": 100}, "shrinkage: Input should be less than 100"),
        ("/staffing/move", {"staff": "zoo:1"}, "the site has no unit 'zoo'"),
        ("/staffing/move", {"waiting": "desk:many"}, "'many' is no number of people"),
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_meant_are_problems_with_the_remedy(
    client: httpx.Client, path: str, parameters: dict[str, Any], said: str
) -> None:
    answer = client.get(path, params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"target": {"share": 1, "within_min": 10}}, "target.share: Input should be less than 1"),
        ({"target": {"share": 0, "within_min": 10}}, "target.share: Input should be greater than 0"),
        ({"service_min": 0}, "a service of 0 minutes cannot be"),
        ({"demand_percent": 0}, "0 times the demand cannot be"),
        ({"opens": "18:00", "closes": "09:00"}, "hours from 18:00 to 09:00 cannot be"),
        ({"opens": "21:00"}, "desk would never be open"),
        ({"staff": 3}, "staff: Extra inputs are not permitted"),
    ],
)
def test_changes_that_cannot_be_are_problems_with_the_remedy(
    client: httpx.Client, asked: dict[str, Any], said: str
) -> None:
    answer = client.post("/what-if", json={"from": "2026-03-04", "days": 1, "units": ["desk"], **asked})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_plan_is_played_as_it_was_answered_and_with_other_staff(client: httpx.Client) -> None:
    planned = get(client, "/staffing", **{"from": "2026-03-04"}, days=1)
    played = client.post("/staffing/play", json={"units": planned["units"], "plays": 100}).json()
    assert [unit["unit"] for unit in played["units"]] == ["desk", "info"]
    for unit, asked in zip(played["units"], planned["units"], strict=True):
        assert unit["in_time"]["low"] < unit["in_time"]["value"] < unit["in_time"]["high"]
        assert unit["in_time"]["value"] == pytest.approx(asked["plan"]["in_time"], abs=0.05)
        assert unit["paid_hours"] == asked["plan"]["paid_hours"]
        assert unit["idle_hours"]["value"] > 0
    assert played["all"]["eur"] == planned["all"]["eur"]
    desk = planned["units"][0]
    fewer = [{"start": slot["start"], "staff": max(1, slot["staff"] - 2)} for slot in desk["slots"]]
    worse = client.post(
        "/staffing/play", json={"units": [{"unit": "desk", "slot_min": 30, "slots": fewer}], "plays": 100}
    ).json()["units"][0]
    assert worse["in_time"]["high"] < played["units"][0]["in_time"]["low"]
    assert worse["short_slots"]
    assert "it does not hold, the worst is Wed" in worse["why"]


def one_slot(unit: str, day: str, staff: float) -> dict[str, Any]:
    return {"units": [{"unit": unit, "slot_min": 30, "slots": [{"start": f"{day}T08:00", "staff": staff}]}]}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Send units with slots"),
        ({"units": [{"unit": "desk"}]}, "units[0]: it needs unit, slot_min, and slots"),
        (one_slot("zoo", "2026-03-04", 1), "no unit 'zoo'"),
        (one_slot("desk", "2026-03-01", 1), "known already"),
        (one_slot("desk", "2026-03-04", 1.5), "staff is 1.5"),
        ({"plays": 3}, "plays: Input should be greater than or equal to 20"),
    ],
)  # fmt: skip
def test_staff_that_cannot_be_played_is_a_problem_with_the_remedy(
    client: httpx.Client, asked: dict[str, Any], said: str
) -> None:
    answer = client.post("/staffing/play", json=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_roster_is_played_only_where_rosters_are_made(client: httpx.Client) -> None:
    answer = client.post("/staffing/play", json={"roster": "20260302T081500-0a1b2c3d"})
    assert (answer.status_code, "--roster-folder" in answer.json()["detail"]) == (404, True)


def test_what_if_takes_json_alone(client: httpx.Client) -> None:
    assert client.post("/what-if", data={"days": "1"}).status_code == 415
