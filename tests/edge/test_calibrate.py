"""Calibrating a counter: the page, from the sign-in to what is saved here and at the site."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from tests.brokers import BROKERS, Broker
from tests.edge.calibrating import COUNTER_YAML, DOOR, SIMPLE, SIZE, drawn, fine_detail, page_of, played
from tests.processes import Process
from tests.waiting import until
from vilina_api.theme import TOKENS
from vilina_edge.clock import SystemClock
from vilina_edge.errors import ConfigError
from vilina_edge.settings import CounterSettings
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.technician import local_page
from vilina_edge.technician.blurring import LARGEST
from vilina_edge.technician.calibrate_cli import calibrate
from vilina_edge.technician.calibrate_page import CalibratePage
from vilina_edge.technician.counter_file import open_counter
from vilina_edge.technician.local_page import serve
from vilina_edge.technician.trial import Trial
from vilina_edge.types import Frame
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.pose import Pose


def test_what_is_saved_is_what_was_drawn_with_the_cameras_pose(file: Path) -> None:
    trial = played(Trial(drawn(DOOR), detector=MotionDetector()), seconds=12)
    saved = page_of(trial, file).save()
    settings = CounterSettings.load(file)
    assert saved.notes == ()
    assert "Saved here" in saved.text
    assert "has not heard of it" in saved.text
    assert settings.pose == file.with_name("counter-a.pose")
    text = settings.pose_text()
    assert text is not None
    assert Pose.from_text(text).size == SIZE
    assert settings.size == SIZE
    assert abs(settings.version - datetime.now(UTC).timestamp()) < 60


def test_a_version_always_grows_whatever_the_clock_says(file: Path) -> None:
    trial = played(Trial(drawn(DOOR), detector=MotionDetector()), seconds=12)
    page = CalibratePage(trial, file=file, counter="counter-a", version=10**11, clock=SystemClock())
    page.save()
    assert CounterSettings.load(file).version == 10**11 + 1


def test_a_view_that_cannot_be_recognised_is_saved_without_a_pose_and_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vilina_edge.technician.calibrate_page.POSE_S", 0.1)
    trial = Trial(drawn(DOOR), detector=MotionDetector())
    trial.step(Frame(np.full((480, 640, 3), 90, np.uint8), datetime(2026, 3, 2, 12, tzinfo=UTC), 0))
    saved = page_of(trial, file).save()
    assert "was not stored" in saved.notes[0]
    assert CounterSettings.load(file).pose is None


def test_nothing_drawn_is_not_saved(file: Path) -> None:
    trial = played(Trial(None, detector=MotionDetector()), seconds=0.1)
    with pytest.raises(ConfigError, match="draw a line or an area first"):
        page_of(trial, file).save()
    assert file.read_text(encoding="utf-8") == COUNTER_YAML


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    started = BROKERS[request.param](tmp_path)
    started.start()
    yield started
    started.kill()


def test_the_site_has_what_was_saved_and_a_running_counter_answers(
    file: Path, broker: Broker, tmp_path: Path
) -> None:
    text = COUNTER_YAML.replace("broker_port: 1", f"broker_port: {broker.address.port}")
    file.write_text(text, encoding="utf-8")
    trial = played(Trial(drawn(DOOR), detector=MotionDetector()), seconds=12)
    page = page_of(trial, file)
    assert "No counter answers" in page.save().text
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "counter.yaml").write_text(text, encoding="utf-8")
    with Process("edge", "run", elsewhere / "counter.yaml", log=tmp_path / "edge.log") as counter:
        # The broker keeps what was saved, so a counter takes it over as soon as it starts.
        until(lambda: "counting by config" in counter.said(), seconds=30)
        assert page.save().text == "Saved here and at the site. The counter counts by it already."


class Bench:
    """The page over the simulated door, in threads, as `vilina edge calibrate` serves it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._stop = threading.Event()
        self._ready = threading.Event()
        settings, config = open_counter(file)
        self.trial = Trial.of(settings, config)
        page = page_of(self.trial, file)
        look = threading.Thread(target=self.trial.run, args=(settings.source,), kwargs={"stop": self._stop})
        serving = threading.Thread(
            target=serve, args=(page.routes,),
            kwargs={"host": "127.0.0.1", "port": 0, "seconds": 600.0, "title": "Calibrate counter-a",
                    "on_ready": self._heard, "stop": self._stop},
        )  # fmt: skip
        self._threads = (look, serving)
        look.start()
        assert self.trial.wait_for_still(20).still
        serving.start()
        assert self._ready.wait(20)
        self.client = httpx.Client(base_url=self.address, headers={"Origin": self.address})

    def _heard(self, address: str, code: str) -> None:
        self.address, self.code = address, code
        self._ready.set()

    def sign_in(self) -> None:
        self.client.post("/sign-in", data={"code": self.code})

    def close(self) -> None:
        self._stop.set()
        self.client.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def bench(file: Path) -> Iterator[Bench]:
    file.write_text(SIMPLE + "broker_port: 1\n", encoding="utf-8")
    opened = Bench(file)
    yield opened
    opened.close()


def test_no_sharp_picture_can_be_had(bench: Bench) -> None:
    assert bench.client.get("/still.jpg").status_code == 401
    bench.sign_in()
    answer = bench.client.get("/still.jpg", params={"size": "1920", "blur": "0"})
    assert answer.headers["cache-control"] == "no-store"
    still = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert still is not None
    assert max(still.shape) <= LARGEST
    sharp = next(simulated_frames("simulation:40", start=datetime(2026, 3, 2, 12, tzinfo=UTC))).image
    # What is left is the edges of the file's blocks.
    assert fine_detail(np.asarray(still, np.uint8)) < 0.03 * fine_detail(sharp)


def test_what_is_wrong_is_said_beside_its_part_and_not_saved(bench: Bench) -> None:
    bench.sign_in()
    before = bench.file.read_text(encoding="utf-8")
    tie = {"name": "hall", "corners": [[0, 0], [99, 99], [99, 0], [0, 99]]}
    wrong = {
        "lines": [{"name": "door", "points": [320, 400, 320, 80]}],
        "areas": [tie],
        "reference": "centre",
    }
    for path, status in (("/drawing", 200), ("/save", 422)):
        answer = bench.client.post(path, json=wrong)
        (fault,) = answer.json()["faults"]
        assert answer.status_code == status
        assert (fault["area"], fault["line"]) == (0, None)
        assert "crosses itself" in fault["text"]
    assert bench.file.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"lines": 1}', b'{"lines": [{"name": "a", "points": [1]}]}', b"\xff"]
)
def test_what_is_not_a_drawing_is_refused_in_words(bench: Bench, body: bytes) -> None:
    bench.sign_in()
    for path in ("/drawing", "/save"):
        answer = bench.client.post(path, content=body)
        assert answer.status_code in (400, 422)
        assert "not a drawing" in answer.json()["faults"][0]["text"]


@pytest.fixture
def phone(browser: Browser, bench: Bench) -> Iterator[Page]:
    """A phone, signed in, that shows a picture."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, has_touch=True, device_scale_factor=2
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda told: problems.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(bench.address)
    page.get_by_label("code").fill(f"{bench.code[:3]} {bench.code[3:]}")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#still[href^='blob:']")).to_be_attached()
    yield page
    assert problems == []
    context.close()


def tap(page: Page, x: float, y: float) -> None:
    """Touch the picture at a place given in pixels of the camera."""
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + x * box["width"] / SIZE[0], box["y"] + y * box["height"] / SIZE[1])


def draw_door(page: Page) -> None:
    page.get_by_role("button", name="+ Line").click()
    tap(page, 320, 400)
    tap(page, 320, 80)
    expect(page.locator(".card")).to_have_count(1)


def number_in(page: Page, word: str) -> int:
    text = page.locator(".word").filter(has_text=word).first.text_content() or ""
    digits = text.removeprefix(word).strip()
    return int(digits) if digits.isdigit() else 0


def test_a_line_is_drawn_seen_to_count_swapped_and_saved(phone: Page, bench: Bench) -> None:
    draw_door(phone)
    phone.get_by_label("Name, as in the site file").fill("door")
    phone.get_by_label("Second point, y").fill("82")
    phone.get_by_label("Second point, y").press("Tab")
    expect(phone.locator(".tally")).to_contain_text("in")
    until(lambda: number_in(phone, "in") + number_in(phone, "out") > 0, seconds=60, what="nobody was counted")
    phone.get_by_role("button", name="Swap in and out").click()
    expect(phone.get_by_label("First point, y")).to_have_value("82")
    phone.get_by_role("button", name="Save").click()
    expect(phone.locator("#said")).to_contain_text("Saved here", timeout=40_000)
    (line,) = CounterSettings.load(bench.file).lines
    assert line.name == "door"
    assert line.points == pytest.approx((320, 82, 320, 400), abs=2)
    assert (bench.file.parent / "counter-a.pose").exists()


def test_a_point_moves_by_a_drag_and_by_two_taps_and_back_by_undo(phone: Page, bench: Bench) -> None:
    draw_door(phone)
    box = phone.locator("#picture").bounding_box()
    assert box is not None
    scale = box["width"] / SIZE[0]
    phone.mouse.move(box["x"] + 320 * scale, box["y"] + 80 * scale)
    phone.mouse.down()
    phone.mouse.move(box["x"] + 420 * scale, box["y"] + 120 * scale, steps=5)
    phone.mouse.up()
    expect(phone.get_by_label("Second point, x")).to_have_value("420")
    tap(phone, 320, 400)
    expect(phone.locator("#hint")).to_have_text("Tap the new place of point 1.")
    tap(phone, 200, 440)
    expect(phone.get_by_label("First point, x")).to_have_value("200")
    until(lambda: bench.trial.drawing.lines[0].points == pytest.approx((200, 440, 420, 120), abs=2))
    phone.get_by_role("button", name="Undo").click()
    until(lambda: bench.trial.drawing.lines[0].points == pytest.approx((320, 400, 420, 120), abs=2))


def test_an_area_is_drawn_by_its_corners_and_people_in_it_are_shown(phone: Page, bench: Bench) -> None:
    phone.get_by_role("button", name="+ Area").click()
    for x, y in ((20, 20), (620, 20), (620, 460), (20, 460)):
        tap(phone, x, y)
    phone.get_by_role("button", name="Done").click()
    phone.get_by_label("People queue here").check()
    expect(phone.locator(".tally")).to_contain_text("waiting")
    phone.get_by_role("button", name="Remove corner 4").click()
    until(lambda: len(bench.trial.drawing.areas[0].corners) == 3)
    assert bench.trial.drawing.areas[0].queue


def test_a_part_that_is_wrong_says_why_in_its_own_place(phone: Page) -> None:
    draw_door(phone)
    phone.get_by_label("Name, as in the site file").fill("the door")
    phone.get_by_label("Name, as in the site file").press("Tab")
    expect(phone.locator(".card .fault")).to_contain_text("no space")
    expect(phone.locator(".tally")).to_have_text("not counted")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_fits_every_screen_and_every_target_fits_a_thumb(phone: Page, width: int) -> None:
    draw_door(phone)
    phone.set_viewport_size({"width": width, "height": 640})
    assert phone.evaluate("document.documentElement.scrollWidth") <= width
    small = phone.evaluate(
        "[...document.querySelectorAll('button, label:has(> [type=radio]), input:not([type=radio], [type=checkbox])')]"
        ".filter(e => e.offsetParent && e.offsetHeight < 48).map(e => e.outerHTML)"
    )
    assert small == []


def test_the_command_shows_where_and_with_which_code_and_ends_by_itself(file: Path) -> None:
    program = "from vilina_edge.technician.calibrate_cli import calibrate; calibrate()"
    result = subprocess.run(
        [sys.executable, "-c", program, file, "--port", "0", "--minutes", "0.1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert re.search(r"Open http://127\.0\.0\.1:\d+ and enter the code \d{3} \d{3}\n", result.stdout)
    assert "Calibration is off." in result.stdout


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("/dev/video77", "systemctl stop vilina-edge"),
        ("nothing.mp4", "no recording"),
        ("simulation:0", "people a minute"),
    ],
)
def test_a_source_that_gives_no_picture_is_told_with_what_to_do(file: Path, source: str, words: str) -> None:
    result = CliRunner().invoke(calibrate, [str(file), "--source", source, "--port", "0"])
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_the_technicians_pages_have_the_colours_of_every_page() -> None:
    css = (Path(local_page.__file__).parent / "static" / "technician.css").read_text(encoding="utf-8")
    day, night = css.split("@media (prefers-color-scheme: dark)")
    for name, shade in TOKENS.items():
        if f"--{name}:" in day:
            assert f"--{name}: {shade.light};" in day
            assert f"--{name}: {shade.dark};" in night
