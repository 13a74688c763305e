"""People inside in the past, the drift ledger, and the events of the building, over HTTP."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.api.conftest import NOON, Served
from tests.sites import square
from vilina_ingest.calendar import day_start, quarters_of_day
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent

DAY = date(2026, 3, 2)
CROWDED = SiteEvent("e1", "capacity_80", "hall", NOON - timedelta(minutes=5), None, 0.86)


def settled(zone: str | None, *, drift: int = 0) -> SettledDay:
    bins = quarters_of_day(square(), DAY)
    return SettledDay(
        zone=zone, day=DAY, edges=bins.edges, people=(None, *(float(i) for i in range(95))),
        entered=100 + drift, left=100, drift=drift, settled_at=NOON,
    )  # fmt: skip


def test_people_inside_are_told_live_and_settled_and_each_says_which(served: Served) -> None:
    served.store.write_settled("square", [settled(None, drift=4), settled("hall")])
    for minute in range(3):
        at = NOON - timedelta(minutes=minute)
        served.store.write_live(
            "square", [OccupancyPoint(None, at, 30.26, 28.0, 33.0), OccupancyPoint("hall", at, 5.0, 4.0, 6.0)]
        )
    since = day_start(square(), DAY).isoformat()
    whole = served.get("/v1/sites/square/occupancy", **{"from": since})
    assert (whole["zone"], whole["live"]["label"]) == (None, "live")
    assert whole["live"]["people"] == [30.3] * 3
    assert whole["live"]["low"] == [28.0] * 3
    (day,) = whole["settled"]
    assert (day["label"], day["day"], day["drift"], day["entered"]) == ("settled", "2026-03-02", 4, 104)
    assert day["people"][:3] == [None, 0.0, 1.0]
    assert len(day["edges"]) == 97
    hall = served.get("/v1/sites/square/occupancy", zone="hall", **{"from": since})
    assert (hall["zone"], hall["live"]["people"], hall["settled"][0]["drift"]) == ("hall", [5.0] * 3, 0)


def test_the_ledger_tells_who_corrected_what_and_why(served: Served) -> None:
    entry = Correction(
        "00000000000000c1", None, NOON - timedelta(hours=9), -81.0, "settled", "vilina", "balanced", NOON
    )
    served.store.write_correction("square", entry)
    (told,) = served.get("/v1/sites/square/corrections")["corrections"]
    assert (told["people"], told["reason"], told["author"], told["note"]) == (
        -81,
        "settled",
        "vilina",
        "balanced",
    )
    long_ago = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    assert served.get("/v1/sites/square/corrections", **long_ago)["corrections"] == []


def test_events_are_listed_with_what_people_call_their_subject(served: Served) -> None:
    served.store.write_events("square", [CROWDED])
    (event,) = served.get("/v1/sites/square/events")["events"]
    assert (event["kind"], event["name"], event["until"], event["value"]) == (
        "capacity_80",
        "Hall",
        None,
        0.86,
    )


def test_the_stream_tells_what_lasts_and_then_each_change(served: Served) -> None:
    served.store.write_events("square", [CROWDED])
    with httpx.stream("GET", f"{served.address}/v1/sites/square/events/stream", timeout=20) as answer:
        told = changes(answer)
        name, event = next(told)
        assert (name, event["id"], event["until"]) == ("capacity_80", "e1", None)
        over = SiteEvent("e1", "capacity_80", "hall", CROWDED.since, NOON, 0.9)
        served.store.write_events("square", [over])
        name, event = next(told)
        assert (name, event["id"], event["value"]) == ("capacity_80", "e1", 0.9)
        assert event["until"] is not None


def test_wrong_clocks_and_yesterdays_drift_need_somebody(served: Served) -> None:
    began = day_start(square(), DAY)
    served.report(NOON)
    served.store.write_events(
        "square",
        [
            SiteEvent("e2", "clock", "counter-a", NOON, None, 30.0),
            SiteEvent("e3", "drift", "site", began, began + timedelta(days=1), 0.075),
        ],
    )
    served.shows(lambda live: len(live["attention"]) == 2)
    assert [(one["kind"], one["text"]) for one in served.live()["attention"]] == [
        ("clock", "The clock of Door A is 30 s wrong"),
        ("drift", "In and out did not balance yesterday: Test square +8 %"),
    ]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("occupancy?zone=attic", 404, "there are hall"),
        ("occupancy?from=2026-03-03T10:00:00Z&to=2026-03-03T09:00:00Z", 422, "later than"),
        ("events?from=2020-01-01T00:00:00Z", 422, "366 days"),
    ],
)
def test_what_cannot_be_meant_is_refused(served: Served, path: str, status: int, words: str) -> None:
    answer = served.client.get(f"/v1/sites/square/{path}")
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def changes(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Names and documents of server-sent events."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data:"))
