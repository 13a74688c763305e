"""`vilina edge validate` as a technician meets it: a phone's browser, a real broker, a real ingest and its store."""

import re
import secrets
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import BROKERS, Broker, free_port, iotcore
from tests.processes import VILINA, Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.delivery.mqtt import BrokerAddress, Client, Connected, Event
from vilina_edge.delivery.tally import Tally
from vilina_edge.technician.hand_count_page import Transit, ways
from vilina_edge.types import Crossing, Direction
from vilina_edge.wire import LineConfig, Report, Topic, Validation, encode
from vilina_ingest.store_sqlite import SqliteStore

COUNTER_FILE: Final = """\
site: square
counter: counter-a
source: simulation:30
broker_port: {port}
lines:
  - {{name: middle, points: [384, 0, 384, 576]}}
  - {{name: across, points: [0, 300, 768, 300]}}
"""


class Door:
    """A counter as the broker knows it: it reports, by the real tally, whoever the test says has passed."""

    def __init__(self, address: BrokerAddress) -> None:
        self._connected: list[Event] = []
        self._client = Client(client_id="door", broker=address, on_event=self._hear)
        self._client.open()
        until(lambda: self._connected)
        self._tally = Tally(
            counter="counter-a", boot=secrets.token_hex(8), lines=("middle", "across"),
            start=datetime.now(UTC) - timedelta(hours=1),
        )  # fmt: skip

    def report(self, *people: tuple[datetime, Direction]) -> None:
        """All that is known until now."""
        reports: list[Report] = []
        for at, direction in sorted(people):
            reports += self._tally.step([Crossing("middle", direction, at)], [], at + timedelta(seconds=0.5))
        for report in [*reports, *self._tally.close(datetime.now(UTC))]:
            self._client.publish(str(Topic("square", "counter-a", "report")), encode(report))

    def close(self) -> None:
        self._client.close()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Connected):
            self._connected.append(event)


@dataclass
class Technician:
    """The command as a process, and somebody who is signed in to its page."""

    directory: Path
    arguments: Sequence[str] = ()
    client: httpx.Client = field(default_factory=httpx.Client)
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self.log = self.directory / f"validate-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [VILINA, "edge", "validate", str(self.directory / "counter.yaml"), "--port", str(self.port),
                 *self.arguments],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def code(self) -> str:
        until(lambda: "The code is" in self.said() or self.process.poll() is not None, seconds=30)
        found = re.search(r"The code is (\d{6})", self.said())
        assert found, self.said()
        return found.group(1)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def sign_in(self) -> None:
        self.client = httpx.Client(base_url=self.address, headers={"Origin": self.address})
        code = self.code
        assert self.client.post("/sign-in", data={"code": code}).status_code == 303

    def tell(self, *ops: dict[str, Any], status: int = 200) -> Any:
        """What the page would tell; the age of an op is in seconds."""
        sent = [{"id": secrets.token_hex(4), **op, "age_ms": 1000 * op.get("age", 0)} for op in ops]
        for op in sent:
            op.pop("age", None)
        body = {"phone": "one", "sent_ms": 1000 * time.time(), "ops": sent}
        answer = self.client.post("/news", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if status == 200 else None

    def shows(self, stage: str) -> None:
        until(lambda: self.tell()["stage"] == stage, what=stage)


@pytest.fixture
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    made: Broker = getattr(request, "param", iotcore)(tmp_path)
    made.start()
    (tmp_path / "counter.yaml").write_text(COUNTER_FILE.format(port=made.address.port), encoding="utf-8")
    yield made
    made.kill()


@pytest.fixture
def door(broker: Broker) -> Iterator[Door]:
    made = Door(broker.address)
    yield made
    made.close()


@pytest.fixture
def ingest(broker: Broker, tmp_path: Path) -> Iterator[Process]:
    process = Process(
        "ingest", "run", "--site", write_square(tmp_path), "--store", tmp_path / "vilina.db",
        "--broker-port", str(broker.address.port), log=tmp_path / "ingest.log",
    )  # fmt: skip
    with process:
        until(lambda: "connected" in process.said())
        yield process


def stored(directory: Path) -> list[Validation]:
    with closing(SqliteStore.open(directory / "vilina.db", read_only=True)) as store:
        return store.validations("square", "counter-a")


def waiting(directory: Path) -> list[Path]:
    return list(directory.glob("validation-*"))


def count_forty(technician: Technician, door: Door) -> None:
    """Ten minutes in which forty people came in; the counter missed two and saw one who was not there."""
    technician.sign_in()
    now = datetime.now(UTC)
    ages = [580 - 14 * n for n in range(40)]
    taps = [{"do": "tap", "direction": "entered", "age": age} for age in ages]
    technician.tell({"do": "begin", "line": "middle", "age": 600}, *taps)
    people: list[tuple[datetime, Direction]] = [
        (now - timedelta(seconds=age + 0.4), "entered") for age in [*ages[2:], 27]
    ]
    technician.tell({"do": "finish", "age": 0.5})
    door.report(*people)
    technician.shows("result")


@pytest.mark.parametrize("broker", BROKERS.values(), ids=BROKERS, indirect=True)
def test_a_result_ends_in_the_store_and_on_the_terminal(door: Door, ingest: Process, tmp_path: Path) -> None:
    with Technician(tmp_path) as technician:
        count_forty(technician, door)
        technician.tell({"do": "send"})
        until(lambda: technician.tell()["stored"])
        technician.client.post("/end", content=b"")
        assert technician.process.wait(20) == 0, technician.said()
        said = technician.said()
    entered, left = stored(tmp_path)[0].hand_counts
    assert (entered.by_hand, entered.counted, entered.missed, entered.false) == (40, 39, 2, 1)
    assert (left.by_hand, left.counted) == (0, 0)
    assert re.search(r"In +40 +39 +2 +1 +−2\s% +−15\s% to \+10\s%", said), said
    assert "keep counting: about 114 more in" in said
    assert "The site has stored the result." in said
    assert waiting(tmp_path) == []


WALK_S: Final = 3.9
"""From appearing before the rendered door to passing it."""


def test_a_real_counter_and_a_careful_technician_agree(
    broker: Broker, ingest: Process, tmp_path: Path
) -> None:
    """Six people walk through the rendered door, and the thumb is half a second late."""
    begin = datetime.now(UTC) + timedelta(seconds=6)
    people = [begin + timedelta(seconds=4 * n) for n in range(6)]
    rows = "".join(f"{at.isoformat()},entered\n" for at in people)
    (tmp_path / "people.csv").write_text(rows, encoding="utf-8")
    file = tmp_path / "counter.yaml"
    settings = COUNTER_FILE.format(port=broker.address.port) + "detector: motion\nreference: centre\n"
    settings = settings.replace("simulation:30", f"simulation:{tmp_path / 'people.csv'}")
    settings = settings.replace("[384, 0, 384, 576]", "[320, 400, 320, 80]").replace("768, 300", "640, 300")
    file.write_text(settings, encoding="utf-8")
    ages = [(people[-1] - at).total_seconds() for at in people]
    with Process("edge", "run", file, log=tmp_path / "run.log"), Technician(tmp_path) as technician:
        technician.sign_in()
        technician.tell({"do": "begin", "line": "middle"})
        last = people[-1] + timedelta(seconds=WALK_S + 0.5)
        until(lambda: datetime.now(UTC) > last + timedelta(seconds=4), seconds=60)
        late = (datetime.now(UTC) - last).total_seconds()
        technician.tell(*({"do": "tap", "direction": "entered", "age": age + late} for age in ages))
        technician.tell({"do": "finish"})
        until(lambda: technician.tell()["stage"] == "result", seconds=80)
        technician.tell({"do": "send"})
        until(lambda: technician.tell()["stored"])
    entered, _ = stored(tmp_path)[0].hand_counts
    assert (entered.by_hand, entered.counted, entered.missed, entered.false) == (6, 6, 0, 0)


def test_without_the_site_a_result_waits_on_disk_and_the_next_session_sends_it(
    door: Door, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Technician(tmp_path) as technician:
        count_forty(technician, door)
        technician.tell({"do": "send"})
        assert technician.tell()["stored"] is False
        assert len(waiting(tmp_path)) == 1
    request.getfixturevalue("ingest")
    with Technician(tmp_path):
        until(lambda: waiting(tmp_path) == [])
    assert [one.line for one in stored(tmp_path)] == ["middle"]


def test_the_page_does_not_tell_what_the_counter_counted_before_the_end(door: Door, tmp_path: Path) -> None:
    with Technician(tmp_path) as technician:
        technician.sign_in()
        technician.tell({"do": "begin", "line": "middle", "age": 60})
        door.report((datetime.now(UTC) - timedelta(seconds=20), "entered"))
        until(lambda: technician.tell()["reported_until"])
        state = technician.tell()
        assert (state["entered"], state["left"]) == (0, 0)
        shown = "stage line entered left last counted_s patience_s reported_until warnings stored"
        assert set(state) == set(shown.split())


def test_a_request_that_is_repeated_counts_once_and_one_that_is_nonsense_is_refused(
    door: Door, tmp_path: Path
) -> None:
    with Technician(tmp_path) as technician:
        technician.sign_in()
        begin = {"do": "begin", "id": "aa", "line": "middle", "age": 60}
        tap = {"do": "tap", "id": "bb", "direction": "entered"}
        for _ in range(2):
            technician.tell(begin, tap)
        assert technician.tell()["entered"] == 1
        technician.tell({"do": "tap", "direction": "sideways"}, status=400)
        technician.tell({"do": "tap", "direction": "left", "age": -5}, status=400)
        assert technician.client.post("/news", content=b"\xff").status_code == 400


def test_nobody_counts_without_the_code(broker: Broker, tmp_path: Path) -> None:
    with Technician(tmp_path) as technician:
        assert len(technician.code) == 6
        assert (
            httpx.post(f"{technician.address}/news", headers={"Origin": technician.address}).status_code
            == 401
        )


def test_when_the_time_is_up_the_count_is_finished_and_sent(
    door: Door, ingest: Process, tmp_path: Path
) -> None:
    with Technician(tmp_path, ["--minutes", "0.1"]) as technician:
        technician.sign_in()
        technician.tell(
            {"do": "begin", "line": "middle", "age": 60}, {"do": "tap", "direction": "entered", "age": 20}
        )
        until(lambda: "Waiting for the counter" in technician.said())
        door.report((datetime.now(UTC) - timedelta(seconds=26), "entered"))
        assert technician.process.wait(20) == 0, technician.said()
    assert len(stored(tmp_path)) == 1


def test_who_stops_the_command_before_a_result_sends_nothing(
    door: Door, ingest: Process, tmp_path: Path
) -> None:
    with Technician(tmp_path) as technician:
        count_forty(technician, door)
        technician.process.terminate()
        assert technician.process.wait(20) == 0, technician.said()
        assert "The result was not sent." in technician.said()
    assert stored(tmp_path) == []
    assert waiting(tmp_path) == []


def test_without_a_broker_it_says_so_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "counter.yaml").write_text(COUNTER_FILE.format(port=free_port()), encoding="utf-8")
    with Technician(tmp_path) as technician:
        assert technician.process.wait(20) == 1
        assert "no broker answers at 127.0.0.1" in technician.said()
        assert "broker_port" in technician.said()
        assert "Traceback" not in technician.said()


def test_a_line_that_the_counter_does_not_have_is_refused_with_those_that_it_has(
    broker: Broker, tmp_path: Path
) -> None:
    with Technician(tmp_path, ["--line", "back"]) as technician:
        assert technician.process.wait(20) == 2
        assert "no line 'back'; this counter has: middle, across" in technician.said()


@pytest.mark.parametrize(
    ("start", "end", "arrows"),
    [((0, 0), (0, 9), "←→"), ((0, 0), (9, 0), "↓↑"), ((0, 9), (0, 0), "→←"), ((0, 0), (9, 9), "↙↗")],
)
def test_the_arrows_show_the_way_in_and_the_way_out(
    start: tuple[float, float], end: tuple[float, float], arrows: str
) -> None:
    inwards, outwards = ways(LineConfig(line="middle", start=start, end=end))
    assert inwards.arrow + outwards.arrow == arrows


def test_a_request_that_was_slow_is_told_from_one_that_was_not_whatever_the_phones_clock_shows() -> None:
    transit = Transit()
    assert transit.delay_s("a", sent_s=5000, arrived_s=100.1) == 0
    assert transit.delay_s("a", sent_s=5001, arrived_s=104.1) == pytest.approx(3)
    assert transit.delay_s("b", sent_s=7, arrived_s=105) == 0
    # The phone's clock was set back by an hour.
    assert transit.delay_s("a", sent_s=1405, arrived_s=105.1) == 0
    assert transit.delay_s("a", sent_s=1406, arrived_s=106.1) == 0


@dataclass
class Phone:
    """A phone on which the page is open and counting has begun."""

    page: Page
    technician: Technician
    problems: list[str]

    def tap(self, *words: str) -> None:
        for word in words:
            self.page.get_by_role("button", name=f"{word}: ").tap()

    def expect_counts(self, entered: int, left: int) -> None:
        counts = self.page.locator(".taps:not([hidden]) output")
        expect(counts.nth(0)).to_have_text(str(entered))
        expect(counts.nth(1)).to_have_text(str(left))


@pytest.fixture
def phone(browser: Browser, door: Door, tmp_path: Path) -> Iterator[Phone]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if one.type in ("error", "warning") else None)
    with Technician(tmp_path) as technician:
        code = technician.code
        page.goto(technician.address)
        page.get_by_label("code").fill(code)
        page.get_by_role("button", name="Open").tap()
        page.get_by_text("middle").tap()
        page.get_by_role("button", name="Begin").tap()
        expect(page.locator(".taps:not([hidden])")).to_be_visible()
        yield Phone(page, technician, problems)
    context.close()


def test_a_technician_taps_undoes_finishes_and_sends(
    phone: Phone, door: Door, ingest: Process, tmp_path: Path
) -> None:
    page = phone.page
    phone.tap("In", "In", "In", "Out")
    phone.expect_counts(3, 1)
    page.get_by_role("button", name="Undo").tap()
    phone.expect_counts(3, 0)
    passed: tuple[datetime, Direction] = (datetime.now(UTC) - timedelta(seconds=1), "entered")
    page.get_by_role("button", name="Finish").tap()
    expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
    door.report(passed, passed, passed)
    expect(page.get_by_text("Keep counting").first).to_be_visible()
    expect(page.locator("#result article").first).to_contain_text("by hand3")
    expect(page.locator("#result .interval")).to_have_attribute("aria-label", re.compile("between −"))
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_text("The site keeps the result")).to_be_visible()
    assert phone.technician.process.wait(20) == 0, phone.technician.said()
    entered, left = stored(tmp_path)[0].hand_counts
    assert (entered.by_hand, entered.counted, entered.missed, entered.false) == (3, 3, 0, 0)
    assert left.by_hand == 0
    assert phone.problems == []


def test_taps_without_a_network_arrive_later_and_at_their_own_instant(phone: Phone, door: Door) -> None:
    page = phone.page
    phone.tap("In")
    page.context.set_offline(True)
    phone.tap("In", "Out")
    expect(page.locator("#unsent")).to_contain_text("2 to send")
    phone.expect_counts(2, 1)
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    phone.expect_counts(2, 1)
    page.reload()
    phone.expect_counts(2, 1)


def test_after_a_result_counting_goes_on(phone: Phone, door: Door) -> None:
    page = phone.page
    phone.tap("In")
    page.get_by_role("button", name="Finish").tap()
    door.report((datetime.now(UTC) - timedelta(seconds=0.6), "entered"))
    page.get_by_role("button", name="Keep counting").tap()
    phone.tap("In")
    phone.expect_counts(2, 0)


def test_nothing_scrolls_and_both_buttons_are_big_while_people_pass(phone: Phone) -> None:
    page = phone.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("document.documentElement.scrollHeight") <= 640
    for button in page.locator(".taps:not([hidden]) button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["width"] >= 280
        assert box["height"] >= 150


def test_a_keyboard_counts_as_well_as_a_finger(phone: Phone) -> None:
    phone.page.locator(".taps:not([hidden]) button").first.focus()
    phone.page.keyboard.press("Enter")
    phone.expect_counts(1, 0)
