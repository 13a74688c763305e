"""What the API answers, and what it says when it cannot."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import BOOT, NOON, Served
from tests.brokers import free_port
from tests.ingest.stores import told
from tests.processes import Process
from tests.sites import square, write_square
from tests.waiting import until
from vilina_edge.wire import BlindReason, ConfigAck, HandCount, Health, Status, Validation
from vilina_ingest.errors import StoreError
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore


def test_people_inside_are_those_who_entered_less_those_who_left_today(served: Served) -> None:
    served.report(NOON - timedelta(hours=20), middle=(50, 0))
    served.report(NOON - timedelta(hours=1), middle=(7, 2), across=(3, 0))
    served.shows(lambda live: live["people"] == 8)
    live = served.live()
    assert (live["label"], live["capacity"], live["share"], live["level"]) == ("live", 100, 0.08, "calm")
    assert live["zones"][0]["people"] == 8
    assert {d["line"]: (d["entered"], d["left"]) for d in live["doors"]} == {
        "middle": (7, 2),
        "across": (3, 0),
    }
    assert live["open"]


def test_flows_have_null_where_nobody_looked_and_zero_where_nobody_came(served: Served) -> None:
    served.report(NOON - timedelta(minutes=45), middle=(4, 1), minutes=15)
    served.report(NOON - timedelta(minutes=30), minutes=15)
    served.report(NOON - timedelta(minutes=15), minutes=15, gap="no_frames")
    start = (NOON - timedelta(hours=1)).isoformat()
    flows = served.get("/v1/sites/square/flows", **{"from": start, "to": NOON.isoformat(), "line": "middle"})
    (line,) = flows["flows"]
    assert line["entered"] == [4, 0, None, None]
    assert line["left"] == [1, 0, None, None]
    assert line["coverage"] == [1.0, 1.0, 0.0, 0.0]
    assert line["reasons"] == [None, None, "no_frames", None]
    assert len(flows["edges"]) == 5


def test_flows_of_a_zone_are_those_of_all_lines_around_it(served: Served) -> None:
    served.report(NOON - timedelta(minutes=1), middle=(4, 1), across=(2, 3))
    flows = served.get("/v1/sites/square/flows", zone="hall", step="1h")
    (hall,) = flows["flows"]
    assert (hall["entered"][-1], hall["left"][-1], hall["from"], hall["to"]) == (6, 4, None, "hall")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)])
def test_a_step_of_a_day_is_a_local_day(served: Served, day: str, hours: int) -> None:
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=square().tz)
    first_evening = (start + timedelta(hours=20)).astimezone(UTC)
    served.report(first_evening, middle=(5, 0))
    served.report(start.astimezone(UTC) - timedelta(minutes=1), middle=(100, 0))
    flows = served.get(
        "/v1/sites/square/flows",
        **{"from": start.isoformat(), "to": first_evening.isoformat(), "step": "1d", "line": "middle"},
    )
    first, second = (datetime.fromisoformat(edge) for edge in flows["edges"])
    assert (second - first) == timedelta(hours=hours)
    assert flows["flows"][0]["entered"] == [5]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)])
def test_a_step_of_an_hour_is_an_hour_of_the_local_day_and_a_gap_stays_one(
    served: Served, day: str, hours: int
) -> None:
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=square().tz)
    end = datetime.combine(start.date() + timedelta(days=1), start.time(), start.tzinfo)
    first = start.astimezone(UTC)
    for hour in (0, 4, 5):
        served.report(first + timedelta(hours=hour, minutes=15), middle=(hour, 0), minutes=15)
    served.report(first + timedelta(hours=6, minutes=15), minutes=15, gap="dark")
    for step, gaps in (("1h", hours - 3), ("1d", 0)):
        flows = served.get(
            "/v1/sites/square/flows",
            **{"from": start.isoformat(), "to": end.isoformat(), "step": step, "line": "middle"},
        )
        entered = flows["flows"][0]["entered"]
        assert entered.count(None) == gaps
        assert sum(n or 0 for n in entered) == 9
    quarters = served.get(
        "/v1/sites/square/flows", **{"from": start.isoformat(), "to": end.isoformat(), "line": "middle"}
    )["flows"][0]
    assert len(quarters["entered"]) == 4 * hours
    assert quarters["entered"].count(None) == 4 * hours - 3
    assert quarters["reasons"][24] == "dark"


def test_late_data_changes_what_was_answered_before(served: Served) -> None:
    asked = {
        "from": (NOON - timedelta(hours=1)).isoformat(),
        "to": NOON.isoformat(),
        "line": "middle",
        "step": "1h",
    }
    served.report(NOON - timedelta(minutes=30), middle=(4, 0))
    assert served.get("/v1/sites/square/flows", **asked)["flows"][0]["entered"] == [4]
    served.report(NOON, middle=(1, 0))
    served.report(NOON - timedelta(minutes=40), middle=(3, 0))
    assert served.get("/v1/sites/square/flows", **asked)["flows"][0]["entered"] == [8]


def test_a_counter_is_online_then_silent_and_says_since_when(served: Served) -> None:
    served.shows(lambda live: live["counters"][0]["state"] == "unknown")
    served.report(NOON)
    served.shows(lambda live: live["counters"][0]["state"] == "online")
    assert served.live()["attention"] == []
    served.clock.advance(minutes=6)
    served.store.write(Batch(healths=[told(Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=3))]))
    served.shows(lambda live: live["counters"][0]["state"] == "silent")
    live = served.live()
    assert live["attention"][0]["text"] == "Door A silent since 12:00"
    assert live["counters"][0]["outbox_depth"] == 3
    assert served.get("/v1/sites/square/counters")["counters"] == live["counters"]


@pytest.mark.parametrize(
    ("state", "words"), [("offline", "not connected since 12:00"), ("blind", "sees nothing since 12:00")]
)
def test_what_a_counter_says_of_itself_shows_at_once(served: Served, state: str, words: str) -> None:
    served.report(NOON)
    served.store.write(Batch(statuses=[told(Status(state=state, boot=BOOT, at=NOON))]))  # type: ignore[arg-type]  # one of its values
    served.shows(lambda live: live["counters"][0]["state"] == state)
    assert words in served.live()["attention"][0]["text"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("dark", "Door A sees nothing: too dark since 12:00"), ("moved", "Door A has been moved since 12:00")],
)
def test_a_counter_that_does_not_see_says_why(served: Served, reason: BlindReason, words: str) -> None:
    served.report(NOON)
    served.store.write(Batch(statuses=[told(Status(state="blind", boot=BOOT, at=NOON))]))
    served.store.write(Batch(statuses=[told(Status(state="blind", boot=BOOT, reason=reason, at=NOON))]))
    served.shows(lambda live: live["counters"][0]["reason"] == reason)
    assert served.live()["attention"][0]["text"] == words


def test_hand_counts_are_told_with_their_error(served: Served) -> None:
    hand = HandCount(
        direction="entered", by_hand=50, counted=49, missed=1, false=0, error=-0.02, low=-0.1, high=0.05
    )
    kept = Validation(
        id=BOOT, line="middle", start=NOON, end=NOON + timedelta(minutes=9), hand_counts=(hand,), enough=False
    )
    served.store.write(Batch(validations=[told(kept)]))
    served.store.write(Batch(validations=[told(kept)]))
    (shown,) = served.get("/v1/sites/square/counters/counter-a/validations")["validations"]
    assert (shown["line"], shown["enough"], shown["directions"][0]["error"]) == ("middle", False, -0.02)
    served.get("/v1/sites/square/counters/nobody/validations", 404)


def test_the_config_that_a_counter_counts_by_is_told(served: Served) -> None:
    served.report(NOON)
    served.store.write(Batch(config_acks=[told(ConfigAck(accepted=False, version=7, fault="line"))]))
    served.shows(lambda live: live["counters"][0]["config_version"] == 7)
    assert served.live()["counters"][0]["config_accepted"] is False


def test_a_crowded_zone_needs_somebody(served: Served) -> None:
    served.report(NOON, middle=(101, 0))
    served.shows(lambda live: live["level"] == "full")
    assert [(a["level"], a["text"]) for a in served.live()["attention"]] == [
        ("act", "Test square at 101 % of capacity"),
        ("act", "Hall at 101 % of capacity"),
    ]


def test_today_is_held_against_the_same_weekday_of_eight_weeks(served: Served) -> None:
    for week in range(1, 9):
        day = NOON - timedelta(weeks=week)
        for quarter in range(-19, 33):
            crossed = (20 * (quarter == -8), 20 * (quarter == 32))
            served.report(day + quarter * timedelta(minutes=15), middle=crossed, minutes=15)
    served.report(NOON - timedelta(minutes=1), middle=(30, 0))
    served.clock.advance(minutes=2)
    served.shows(lambda live: live["versus_usual_percent"] == 50)


def test_a_public_holiday_is_a_closed_day(served: Served) -> None:
    served.shows(lambda live: live["open"])
    served.clock.advance(days=(datetime(2026, 12, 25, 10, tzinfo=UTC) - NOON).days)
    served.shows(lambda live: not live["open"])


def test_an_answer_that_is_known_is_not_sent_again(served: Served) -> None:
    first = served.client.get("/v1/sites/square")
    again = served.client.get("/v1/sites/square", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = served.client.get("/v1/sites/square", headers={"If-None-Match": '"something else"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/sites/elsewhere/live", 404, "this server has 'square'"),
        ("/v1/sites/square/flows?zone=attic", 404, "there are hall"),
        ("/v1/sites/square/flows?line=back", 404, "there are middle, across"),
        ("/v1/sites/square/flows?zone=hall&line=middle", 422, "not for both"),
        ("/v1/sites/square/flows?step=7x", 422, "write 1m, 15m, 1h or 1d"),
        ("/v1/sites/square/flows?step=2d", 422, "write 1d"),
        ("/v1/sites/square/flows?from=yesterday", 422, "from"),
        ("/v1/sites/square/flows?from=2026-03-03T10:00:00", 422, "timezone"),
        ("/v1/sites/square/flows?from=2026-03-03T10:00:00Z&to=2026-03-03T09:00:00Z", 422, "later than"),
        ("/v1/sites/square/flows?from=1990-01-01T00:00:00Z&step=1m", 422, "10000 steps"),
        ("/nothing/here", 404, "/docs"),
        ("/static/../../pyproject.toml", 404, ""),
    ],
)
def test_an_error_is_a_problem_document_that_says_what_to_do(
    served: Served, path: str, status: int, words: str
) -> None:
    answer = served.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]


def test_a_method_that_is_not_there_is_a_problem_document_too(served: Served) -> None:
    answer = served.client.post("/v1/sites/square/live")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "GET"


def test_the_api_describes_itself_with_examples(served: Served) -> None:
    document = served.get("/openapi.json")
    assert {"/v1/sites/{site}/live", "/v1/sites/{site}/flows", "/v1/sites/{site}/stream"} <= set(
        document["paths"]
    )
    people = document["components"]["schemas"]["Live"]["properties"]["people"]
    assert people["examples"] == [412]
    assert all(one.get("summary") for ways in document["paths"].values() for one in ways.values())


def test_the_description_for_people_names_every_address_and_loads_nothing_from_elsewhere(
    served: Served,
) -> None:
    page = served.client.get("/docs")
    assert page.status_code == 200
    assert all(path in page.text for path in served.get("/openapi.json")["paths"])
    assert "zones[].people" in page.text
    assert "//" not in page.text.replace("http://www.w3.org/", "")


def test_health_is_alive_and_ready(served: Served) -> None:
    assert served.get("/health/live") == {"status": "ok"}
    assert served.get("/health/ready") == {"status": "ok"}


def test_a_server_that_cannot_read_its_store_says_so_and_recovers(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for broken in (StoreError("the disk is gone"), RuntimeError("a defect")):
        with monkeypatch.context() as patch:
            patch.setattr(SqliteStore, "counters", failing(broken))
            served.clock.advance(seconds=60)
            until(lambda: served.client.get("/health/ready").status_code == 503)
            assert served.client.get("/health/live").status_code == 200
            until(lambda broken=broken: str(broken) in caplog.text)  # type: ignore[misc]  # bound on purpose
        until(lambda: served.client.get("/health/ready").status_code == 200)


def failing(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_the_page_runs_nothing_that_is_not_ours(served: Served) -> None:
    page = served.client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page.text
    assert "http://" not in page.text.replace("http://www.w3.org/", "")
    assert "https://" not in page.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--site", "nothing.yaml"], "nothing.yaml cannot be read"),
        (["--site", "site.yaml", "--store", "nothing.db"], "vilina ingest run"),
        (["--site", "site.yaml", "--port", "BUSY"], "choose another with --port"),
    ],
)
def test_the_command_says_clearly_why_it_does_not_start(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    write_square(tmp_path)
    SqliteStore.open(tmp_path / "vilina.db").close()
    with socket.create_server(("127.0.0.1", free_port())) as busy:
        paths = {"site.yaml": tmp_path / "site.yaml", "BUSY": str(busy.getsockname()[1])}
        given = [str(paths.get(word, word)) for word in arguments]
        if "--store" not in given:
            given += ["--store", str(tmp_path / "vilina.db")]
        with Process("api", "run", *given, log=tmp_path / "api.log") as process:
            assert process.wait(20) == 1
    assert words in process.said()
    assert "Traceback" not in process.said()


def test_the_address_answers_as_soon_as_it_is_told(tmp_path: Path) -> None:
    write_square(tmp_path)
    SqliteStore.open(tmp_path / "vilina.db").close()
    arguments = ("--site", tmp_path / "site.yaml", "--store", tmp_path / "vilina.db", "--port", "0")
    with Process("api", "run", *arguments, log=tmp_path / "api.log") as process:
        until(lambda: process.said().endswith("/\n"))
        assert httpx.get(process.said().split("is at ")[1].strip(), timeout=30).status_code == 200


def test_a_listener_on_all_addresses_must_be_asked_for(tmp_path: Path) -> None:
    write_square(tmp_path)
    SqliteStore.open(tmp_path / "vilina.db").close()
    arguments = ("--site", tmp_path / "site.yaml", "--store", tmp_path / "vilina.db", "--port", "0")
    with Process("api", "run", *arguments, log=tmp_path / "api.log") as process:
        until(lambda: "http://127.0.0.1:" in process.said())
        address = process.said().split("is at ")[1].strip()
        until(lambda: httpx.get(f"{address}health/live").status_code == 200)
