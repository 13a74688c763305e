"""`/v1/sites/{site}/forecast` as people meet it: over HTTP, on a real server, over a real store."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.api.two_floors import CLOSES, OPENS, reports_of, two_floors, write_days
from tests.brokers import free_port
from tests.clocks import TestClock
from tests.sites import square
from tests.waiting import until
from vilina_api.app import create_app
from vilina_api.errors import BadRequest
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.site_forecast.serving import HORIZON, SiteOutlook
from vilina_api.site_forecast.site_model import Planned, place_of
from vilina_api.site_forecast.store_crossings import read_past
from vilina_api.site_forecast.store_models import ModelStore
from vilina_api.site_forecast.training import train
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

TODAY = date(2026, 3, 3)
MORNING = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
"""A Tuesday, six in Helsinki: nobody has come yet."""
KNOWN = 24
HOUSE = two_floors()


@dataclass
class Served:
    client: httpx.Client
    clock: TestClock
    folder: Path

    def get(self, path: str = "", status: int = 200, **parameters: Any) -> Any:
        answer = self.client.get(f"/v1/sites/house/forecast{path}", params=parameters)
        assert answer.status_code == status, answer.text
        return answer.json()


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    reader = SqliteStore.open(folder / "vilina.db", read_only=True)
    clock, port = TestClock(MORNING), free_port()
    app = create_app(
        site=HOUSE, reader=reader, open_store=lambda: SqliteStore.open(folder / "vilina.db"), clock=clock,
        models=folder / "models",
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        until(lambda: server.started)
        yield Served(client, clock, folder)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    reader.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("house")
    store = SqliteStore.open(folder / "vilina.db")
    write_days(store, HOUSE, TODAY - timedelta(days=KNOWN), KNOWN)
    store.close()
    with serving(folder) as found:
        yield found


def test_a_zones_quantiles_are_told_per_quarter_hour_of_the_local_day(served: Served) -> None:
    found = served.get(zone="lab")
    assert (found["level"], found["subject"], found["name"]) == ("zone", "lab", "Lab")
    assert found["levels"] == list(LEVELS)
    assert len(found["people"]) == len(found["came"]) == len(found["edges"]) - 1 == 96
    assert found["edges"][0] == "2026-03-02T22:00:00Z"
    assert all(people == sorted(people) for people in found["people"])
    assert [max(people) > 0 for people in found["people"]] == [
        OPENS <= slot / 4 < CLOSES for slot in range(96)
    ]
    assert found["came"] == [None] * 96
    assert found["card"].startswith("weighted profiles, from 24 days of counts.")


def test_hours_are_told_for_days_from_a_day_on_and_their_medians_are_those_of_quarters(
    served: Served,
) -> None:
    asked = {"from": "2026-03-07", "days": 2}
    hours, quarters = (served.get(**asked, step=step)["people"] for step in ("60m", "15m"))
    assert (len(hours), len(quarters)) == (48, 192)
    medians = [sum(people[3] for people in quarters[4 * n : 4 * n + 4]) for n in range(48)]
    assert medians == pytest.approx([people[3] for people in hours], abs=0.05)


def test_a_day_on_which_the_clock_changes_has_as_many_slots_as_it_has(served: Served) -> None:
    found = served.get(**{"from": "2026-03-29", "step": "60m"})
    assert len(found["people"]) == 23


def test_floors_and_the_site_are_told_and_fit_together(served: Served) -> None:
    def day(**about: str) -> float:
        return sum(people[3] for people in served.get(**about)["people"])

    assert day(floor="2") == pytest.approx(day(zone="landing") - _from_lab(served), rel=0.25)
    assert day() < day(floor="1") < day(zone="hall")


def test_a_unit_is_told_by_its_share_of_its_zone_and_says_so(served: Served) -> None:
    unit = served.get(unit="lab", step="60m")
    assert (unit["level"], unit["subject"], unit["name"]) == ("unit", "lab", "Lab")
    assert unit["share"].startswith("lab is taken to get 100 % of who comes to its zone")
    zone = served.get(zone="lab", step="60m")
    assert zone["share"] is None
    middle = [sum(people[3] for people in each["people"]) for each in (unit, zone)]
    assert middle[0] == pytest.approx(middle[1], rel=0.1)
    assert served.get("/then", unit="lab")["level"] == "unit"


def _from_lab(served: Served) -> float:
    """About as many leave the lab as enter it."""
    return float(sum(people[3] for people in served.get(zone="lab")["people"]))


def test_what_did_not_change_is_not_sent_again(served: Served) -> None:
    first = served.client.get("/v1/sites/house/forecast")
    again = served.client.get("/v1/sites/house/forecast", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_csv_is_a_row_per_slot_by_parameter_or_header(served: Served) -> None:
    by_header = served.client.get("/v1/sites/house/forecast?zone=lab", headers={"Accept": "text/csv"})
    by_name = served.client.get("/v1/sites/house/forecast?zone=lab&format=csv")
    assert by_header.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert by_header.text == by_name.text
    lines = by_name.text.splitlines()
    assert lines[0] == "start_utc,end_utc,start_local,subject,p05,p10,p25,p50,p75,p90,p95,came"
    assert (
        lines[1]
        == "2026-03-02T22:00:00Z,2026-03-02T22:15:00Z,2026-03-03T00:00:00+02:00,lab,0.0,0.0,0.0,0.0,0.0,0.0,0.0,"
    )


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"zone": "cellar"}, 404, "There is no zone 'cellar'; there are hall"),
        ({"floor": "9"}, 404, "There is no floor '9'"),
        ({"unit": "cellar"}, 404, "There is no unit 'cellar'; there are lab"),
        ({"unit": "lab", "zone": "lab"}, 422, "not for both"),
        ({"zone": "hall", "floor": "1"}, 422, "not for both"),
        ({"from": "2026-03-02"}, 422, "2026-03-02 is over"),
        ({"days": 99}, 422, "Forecasts reach until 2026-03-30"),
        ({"days": 0}, 422, "days"),
        ({"step": "5m"}, 422, "step"),
        ({"from": "tomorrow"}, 422, "from"),
    ],
)
def test_what_cannot_be_told_is_a_problem_with_its_remedy(
    served: Served, asked: dict[str, Any], status: int, message: str
) -> None:
    assert message in served.get(status=status, **asked)["detail"]


def test_the_card_says_that_nothing_was_trained(served: Served) -> None:
    card = served.get("/model")
    assert (card["method"], card["days"], card["backtest"]) == ("weighted profiles", KNOWN, None)
    assert "vilina forecast train" in card["verdict"]


def test_what_was_said_at_the_beginning_of_a_day_stays_and_what_came_stands_beside_it(served: Served) -> None:
    before = served.get(zone="lab")
    with_counts = SqliteStore.open(served.folder / "vilina.db")
    made = reports_of(HOUSE, TODAY, hours=range(OPENS, 12), level=2.0)
    with_counts.write(Batch([point for report in made for point in points(report, HOUSE)]))
    with_counts.close()
    served.clock.advance(hours=6, minutes=5)  # five past twelve
    now, then = served.get(zone="lab"), served.get("/then", zone="lab")
    assert then["people"] == before["people"]
    noon = slice(4 * 12, 4 * CLOSES)
    assert all(a[3] > 1.2 * b[3] for a, b in zip(now["people"][noon], before["people"][noon], strict=True))
    assert now["people"][: 4 * 12] == before["people"][: 4 * 12]
    assert now["came"] == then["came"]
    assert [came is not None for came in now["came"]] == [OPENS <= slot / 4 < 12 for slot in range(96)]
    assert (now["made_at"], then["made_at"]) == ("2026-03-03T10:05:00Z", "2026-03-02T22:00:00Z")


def test_a_forecast_outlives_the_process_and_a_day_that_was_not_kept_is_said(served: Served) -> None:
    kept = served.get("/then", zone="lab")
    with serving(served.folder) as again:
        again.clock.advance(days=1)
        assert again.get("/then", zone="lab", day=str(TODAY))["people"] == kept["people"]
        tomorrow = again.get("/then", zone="lab", day=str(TODAY + timedelta(days=1)), made=str(TODAY))
        assert max(people[3] for people in tomorrow["people"]) > 0
        assert "is not kept" in again.get("/then", 404, day="2026-02-01")["detail"]
        assert (
            "nothing was said of 2026-04-01"
            in again.get("/then", 404, day="2026-04-01", made=str(TODAY))["detail"]
        )


def test_the_outlook_is_what_the_rest_of_the_api_asks(served: Served) -> None:
    reader = SqliteStore.open(served.folder / "vilina.db", read_only=True)
    outlook = SiteOutlook(place=place_of(HOUSE, Planned()), reader=reader, clock=TestClock(MORNING))
    found = asyncio.run(outlook.forecast(first=TODAY + timedelta(days=1), days=3))
    assert found.names == ("hall", "library", "landing", "lab")
    assert found.people.shape == (4, 3, 96, len(LEVELS))
    assert found.first == TODAY + timedelta(days=1)
    with pytest.raises(BadRequest, match="Forecasts reach until"):
        asyncio.run(outlook.forecast(first=TODAY, days=HORIZON + 1))
    reader.close()


def test_a_new_model_is_taken_without_a_restart(served: Served, tmp_path: Path) -> None:
    reader = SqliteStore.open(served.folder / "vilina.db", read_only=True)
    place = place_of(HOUSE, Planned())
    outlook = SiteOutlook(place=place, reader=reader, clock=TestClock(MORNING), models=tmp_path)

    async def cards() -> tuple[str | None, str | None]:
        before = (await outlook.view()).card.version
        counts = read_past(reader, HOUSE, place.hierarchy, TODAY, weeks=10)
        trained = train(place, counts, None, now=MORNING, say=lambda _share, _text: None)
        ModelStore(tmp_path, HOUSE.id).save(trained, place.hierarchy.names)
        await outlook.refresh()
        return before, (await outlook.view()).card.version

    assert asyncio.run(cards()) == (None, "20260303T040000Z")
    reader.close()


@pytest.mark.parametrize("site", [HOUSE, square()])
def test_a_site_where_nobody_was_counted_yet_is_forecast_by_its_file(tmp_path: Path, site: Site) -> None:
    store = SqliteStore.open(tmp_path / "vilina.db")
    outlook = SiteOutlook(place=place_of(site, Planned()), reader=store, clock=TestClock(MORNING))
    found = asyncio.run(outlook.forecast(first=TODAY, days=1))
    assert found.median.sum() > 100
    assert asyncio.run(outlook.view()).card.method == "a guess from the site file"
    store.close()


def test_the_next_day_is_forecast_from_what_today_taught(served: Served) -> None:
    reader = SqliteStore.open(served.folder / "vilina.db", read_only=True)
    clock = TestClock(MORNING)
    outlook = SiteOutlook(place=place_of(HOUSE, Planned()), reader=reader, clock=clock)

    async def firsts() -> list[tuple[date, int]]:
        found = []
        for _ in range(2):
            view = await outlook.view()
            found.append((view.said.first, view.card.days))
            clock.advance(days=1)
        return found

    assert asyncio.run(firsts()) == [(TODAY, KNOWN), (TODAY + timedelta(days=1), KNOWN + 1)]
    reader.close()
