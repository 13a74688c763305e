"""A person's count of people inside, over HTTP."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.api.conftest import NOON, Served
from tests.clocks import TestClock
from tests.influx import influx_server
from tests.sites import square
from vilina_api.app import create_app
from vilina_api.cli import api
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.store_sqlite import SqliteStore

CORRECTIONS = "/v1/sites/square/corrections"
TWENTY = {"people": 20, "author": "manager"}


def recount(served: Served, **told: Any) -> httpx.Response:
    return served.client.post(CORRECTIONS, json=TWENTY | told)


@contextmanager
def somebody_writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process has the store for itself."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_what_was_counted_is_in_the_ledger_and_on_every_screen(served: Served) -> None:
    served.report(NOON - timedelta(minutes=1), middle=(12, 3))
    served.shows(lambda live: live["people"] == 9)
    answer = recount(served, note="the back door stood open")
    assert answer.status_code == 201
    entry = answer.json()
    assert (entry["counted"], entry["zone"], entry["reason"], entry["author"]) == (
        20,
        None,
        "recount",
        "manager",
    )
    assert entry["people"] == pytest.approx(11, abs=0.5)
    served.shows(lambda live: (live["people"], live["zones"][0]["people"]) == (20, 20))
    live = served.live()
    assert live["high"] - live["low"] <= 4
    assert served.client.get(answer.headers["Location"]).json()["corrections"] == [entry]
    doors = [(door["entered"], door["left"]) for door in live["doors"]]
    assert doors == [(12, 3), (0, 0)]


def test_a_zone_is_recounted_for_an_instant_and_who_came_since_is_added(served: Served) -> None:
    served.report(NOON - timedelta(minutes=20), middle=(9, 0))
    served.report(NOON - timedelta(minutes=1), middle=(4, 0))
    at = (NOON - timedelta(minutes=5)).isoformat()
    answer = recount(served, zone="hall", at=at)
    assert (answer.status_code, answer.json()["at"]) == (201, at.replace("+00:00", "Z"))
    served.shows(lambda live: live["people"] == 24)


def test_the_same_recount_sent_again_is_the_same_entry(served: Served) -> None:
    answers = [recount(served, at=NOON.isoformat()).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(served.get(CORRECTIONS)["corrections"]) == 1


def test_a_gap_before_a_recount_leaves_no_doubt(served: Served) -> None:
    for minutes in range(15, 12 * 60 + 1, 15):
        if minutes != 120:
            served.report(NOON - timedelta(minutes=minutes - 15), minutes=15)
    served.shows(lambda live: live["uncertain_since"] == "2026-03-03T08:00:00Z")
    recount(served, at=(NOON - timedelta(minutes=5)).isoformat())
    served.shows(lambda live: (live["people"], live["uncertain_since"]) == (20, None))
    assert served.live()["zones"][0]["uncertain_since"] is not None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"zone": "attic"}, "there are hall"),
        ({"people": -1}, "count from 0 to 1000"),
        ({"people": 1001}, "count from 0 to 1000"),
        ({"people": 2.5}, "people"),
        ({"people": True}, "people"),
        ({"author": " "}, "say who counted"),
        ({"author": None}, "author"),
        ({"at": "2026-03-03T10:00:01Z"}, "still to come"),
        ({"at": "2026-03-02T21:59:59Z"}, "before today"),
        ({"at": "2026-03-03T10:00:00"}, "timezone"),
        ({"persons": 3}, "persons"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    served: Served, told: dict[str, Any], words: str
) -> None:
    answer = recount(served, **told)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert words in answer.json()["detail"]
    assert served.get(CORRECTIONS)["corrections"] == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_the_form_of_another_page_can_send_is_refused(served: Served, kind: str) -> None:
    body = b'{"people": 20, "author": "manager"}'
    answer = served.client.post(
        CORRECTIONS, content=body, headers={"Content-Type": kind, "Origin": "https://elsewhere"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
    assert "application/json" in answer.json()["detail"]
    asked = served.client.options(
        CORRECTIONS, headers={"Origin": "https://elsewhere", "Access-Control-Request-Method": "POST"}
    )
    assert "access-control-allow-origin" not in asked.headers
    assert served.get(CORRECTIONS)["corrections"] == []


def test_a_recount_waits_for_another_writer(served: Served, tmp_path: Path) -> None:
    answers: list[httpx.Response] = []
    with somebody_writing(tmp_path / "vilina.db") as other:
        asking = threading.Thread(target=lambda: answers.append(recount(served)))
        asking.start()
        asking.join(0.5)
        assert asking.is_alive()
        other.execute("COMMIT")
        asking.join(10)
    assert [answer.status_code for answer in answers] == [201]


def test_a_store_that_cannot_be_written_is_said_with_what_to_do(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "write_correction", refuse)
        answer = recount(served)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    problem = answer.json()
    assert problem["title"] == "It was not kept"
    assert "the disk is full" in problem["detail"]
    assert "vilina occupancy recount" in problem["detail"]
    assert recount(served).status_code == 201


def test_an_influxdb_is_read_with_one_store_and_written_with_another(tmp_path: Path) -> None:
    settings = influx_server().bucket(tmp_path)
    with closing(InfluxStore(settings, read_only=True)) as reader:
        app = create_app(
            site=square(), reader=reader, open_store=lambda: InfluxStore(settings), clock=TestClock(NOON)
        )

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://square") as client:
                return await client.post(CORRECTIONS, json=TWENTY)

        answer = asyncio.run(ask())
        assert answer.status_code == 201
        (entry,) = reader.corrections("square", NOON, NOON + timedelta(seconds=1))
    assert (entry.id, entry.counted) == (answer.json()["id"], 20)


def test_a_file_is_written_where_it_is_read() -> None:
    refused = CliRunner().invoke(api, ["run", "--site", "site.yaml", "--write-store", "other.db"])
    assert refused.exit_code == 2
    assert "leave this out" in refused.output
