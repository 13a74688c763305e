"""Queue tickets given to the server: units are forecast and staffed by what they show."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.api.two_floors import CLOSES, LAB, OPENS, two_floors, usual, write_days, write_site
from tests.clocks import TestClock
from vilina_api.app import create_app
from vilina_api.cli import api
from vilina_api.staffing.shares import Share
from vilina_api.staffing_store import ticket_shares
from vilina_ingest.store_sqlite import SqliteStore

HOUSE = two_floors()
FIRST, DAYS = date(2026, 2, 9), 21
NOW = datetime.combine(FIRST + timedelta(days=DAYS), time(4), UTC)
HALF = 12
"""Tickets in a usual hour, of 24 people who enter the lab."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tickets")
    store = SqliteStore.open(made / "vilina.db")
    write_days(store, HOUSE, FIRST, DAYS)
    store.close()
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    rows = [
        f"{day} {hour:02}:00,lab,{round(HALF * usual(day, hour))}"
        for day in days
        for hour in range(OPENS, CLOSES)
    ]
    (made / "tickets.csv").write_text("\n".join(["time,unit,count", *rows]) + "\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def learned(folder: Path) -> dict[str, Share]:
    told: list[str] = []
    found = ticket_shares(folder / "tickets.csv", HOUSE, str(folder / "vilina.db"), tell=told.append)
    assert told[-1] == found[LAB].reason()
    return found


@pytest.fixture
def reader(folder: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(folder / "vilina.db", read_only=True)
    yield opened
    opened.close()


def asked(reader: SqliteStore, shares: dict[str, Share] | None, path: str) -> Any:
    def nothing() -> SqliteStore:
        raise AssertionError("nothing is written")

    app = create_app(site=HOUSE, reader=reader, open_store=nothing, clock=TestClock(NOW), shares=shares)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
            return await client.get(f"/v1/sites/house{path}", timeout=60)

    answer = asyncio.run(ask())
    app.state.planner.close()
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_tickets_beside_the_stores_counts_teach_a_share(learned: dict[str, Share]) -> None:
    assert learned[LAB].tickets > 1000
    assert learned[LAB].mean == pytest.approx(0.5, abs=0.05)


def test_a_server_with_tickets_forecasts_and_staffs_units_by_them(
    reader: SqliteStore, learned: dict[str, Share]
) -> None:
    taught, untaught = (asked(reader, shares, "/forecast?unit=lab&step=60m") for shares in (learned, None))
    people = [sum(slot[3] for slot in each["people"]) for each in (taught, untaught)]
    assert people[0] == pytest.approx(learned[LAB].mean * people[1], rel=0.1)
    assert taught["share"] == learned[LAB].reason()
    staff = asked(reader, learned, "/staffing?unit=lab&days=1")
    assert staff["shares"] == [learned[LAB].reason()]
    assert staff["units"][0]["plan"]["visits"] == pytest.approx(people[0], rel=0.1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,unit,count\n2026-02-09 08:00,zoo,4\n", "zoo"),
        ("time,unit,count\n2025-02-09 08:00,lab,40\n", "nobody was counted on the days of the tickets"),
    ],
)
def test_tickets_that_cannot_be_used_keep_the_server_from_starting(
    folder: Path, text: str, said: str
) -> None:
    (folder / "wrong.csv").write_text(text, encoding="utf-8")
    site, store = write_site(folder, HOUSE), folder / "vilina.db"
    done = CliRunner().invoke(
        api,
        ["run", "--site", str(site), "--store", str(store), "--tickets", str(folder / "wrong.csv")],
    )
    assert done.exit_code == 1
    assert said in done.output
