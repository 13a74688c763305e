"""Calibrating a counter: what is drawn counts at once, nobody can be recognised, and what was drawn is saved."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import httpx
import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect
from ruamel.yaml import YAML

from tests.brokers import BROKERS, Broker
from tests.processes import Process
from tests.waiting import until
from vilina_api.theme import TOKENS
from vilina_edge.clock import SystemClock
from vilina_edge.errors import ConfigError
from vilina_edge.settings import CounterSettings
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.technician import local_page
from vilina_edge.technician.blurring import LARGEST, blurred, blurred_jpeg
from vilina_edge.technician.calibrate_cli import calibrate
from vilina_edge.technician.calibrate_page import CalibratePage
from vilina_edge.technician.counter_file import changed, open_counter, write_counter
from vilina_edge.technician.drawing import Drawing, DrawnArea, DrawnLine
from vilina_edge.technician.local_page import serve
from vilina_edge.technician.posing import Views
from vilina_edge.technician.trial import Trial
from vilina_edge.types import Frame, Image
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.pose import Pose
from vilina_edge.wire import AreaConfig, Config, FloorConfig, LineConfig

SIZE: Final = (640, 480)
COUNTER_YAML: Final = """\
# The door of the library.
site: square   # as in the site file
counter: counter-a
source: simulation:40

# What is counted here.
lines:
  # the main door
  - name: door
    points: [320, 400, 320, 80]   # measured by Maija
  - {name: back, points: [10, 10, 10, 200]}

# Where people wait.
areas:
  - name: desk
    corners: [[10, 10], [200, 10], [200, 200]]
    queue: true   # they do

detector: motion        # camera straight above
reference: centre
broker_host: "127.0.0.1"
broker_port: 1
# That is all.
"""
COMMENTS: Final = [line.partition("#")[2] for line in COUNTER_YAML.splitlines() if "#" in line]
DOOR: Final = LineConfig(line="door", start=(320, 400), end=(320, 80))
FLOOR: Final = FloorConfig(
    pixels=((100, 100), (500, 100), (600, 400), (50, 400)), metres=((0, 0), (4, 0), (4, 5), (0, 5))
)
SIMPLE: Final = (
    "site: square\ncounter: counter-a\nsource: simulation:40\ndetector: motion\nreference: centre\n"
)


@pytest.fixture(scope="module")
def frames() -> list[Image]:
    """Ten seconds of the simulated door, one picture a second."""
    source = simulated_frames("simulation:40", start=datetime(2026, 3, 2, 12, tzinfo=UTC))
    return [frame.image for frame in (next(source) for _ in range(300)) if frame.index % 30 == 0][:10]


def spectrum(image: Image) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.bool_]]:
    """Of a picture that is made `LARGEST` wide, and where in it is detail of more than 48 cycles in the width."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, (LARGEST, LARGEST * 3 // 4), interpolation=cv2.INTER_AREA).astype(np.float64)
    y, x = np.meshgrid(np.fft.fftfreq(grey.shape[0]), np.fft.fftfreq(grey.shape[1]), indexing="ij")
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    return np.fft.fft2((grey - grey.mean()) * window), np.hypot(x, y) > 48 / LARGEST


def fine_detail(image: Image) -> float:
    """Energy of detail with more than 48 cycles in the picture's width."""
    values, fine = spectrum(image)
    return float((np.abs(values[fine]) ** 2).sum())


def test_a_still_has_no_detail_by_which_anybody_could_be_known(frames: list[Image]) -> None:
    for frame in frames:
        assert fine_detail(blurred(frame)) < 0.01 * fine_detail(frame)


def test_what_is_fine_in_a_still_tells_nothing_of_the_sharp_picture(frames: list[Image]) -> None:
    for frame in frames:
        still = cv2.imdecode(np.frombuffer(blurred_jpeg(frame), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert still is not None
        (sharp, fine), (soft, _) = spectrum(frame), spectrum(np.asarray(still, np.uint8))
        common = np.abs((sharp[fine] * soft[fine].conj()).sum())
        assert common**2 < 0.01 * (np.abs(sharp[fine]) ** 2).sum() * (np.abs(soft[fine]) ** 2).sum()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 480), (160, 120)])
def test_a_still_is_small_and_grey_whatever_the_camera_gives(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    still = blurred(noise)
    assert still.ndim == 2
    assert max(still.shape) <= LARGEST
    assert still.std() < 0.1 * noise.std()


def test_a_still_is_a_picture_of_the_same_place(frames: list[Image]) -> None:
    still = cv2.imdecode(np.frombuffer(blurred_jpeg(frames[0]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert still is not None
    grey = cv2.cvtColor(frames[0], cv2.COLOR_BGR2GRAY)
    small = cv2.GaussianBlur(cv2.resize(grey, still.shape[::-1], interpolation=cv2.INTER_AREA), (0, 0), 6)
    assert np.abs(still.astype(float) - small).mean() < 3


WRONG: Final[dict[str, tuple[Drawing, str]]] = {
    "outside": (Drawing((DrawnLine("door", (320, 400, 320, -1)),)), "leaves the frame"),
    "too short": (Drawing((DrawnLine("door", (320, 400, 321, 400)),)), "shorter than a person"),
    "no length": (Drawing((DrawnLine("door", (320, 400, 320, 400)),)), "no length"),
    "a bow tie": (Drawing((), (DrawnArea("hall", ((0, 0), (99, 99), (99, 0), (0, 99))),)), "crosses itself"),
    "two corners": (Drawing((), (DrawnArea("hall", ((0, 0), (99, 99))),)), "at least three corners"),
    "a corner outside": (Drawing((), (DrawnArea("hall", ((0, 0), (999, 9), (9, 99))),)), "outside the frame"),
    "a space": (Drawing((DrawnLine("the door", (320, 400, 320, 80)),)), "no space"),
    "no name": (Drawing((DrawnLine("", (320, 400, 320, 80)),)), "letters, digits"),
    "twice": (
        Drawing((DrawnLine("a", (9, 9, 9, 99)),), (DrawnArea("a", ((0, 0), (99, 9), (9, 99))),)),
        "own",
    ),
}


@pytest.mark.parametrize(("drawing", "words"), WRONG.values(), ids=WRONG)
def test_a_part_that_cannot_be_counted_is_told_in_words(drawing: Drawing, words: str) -> None:
    plan, faults = drawing.checked(SIZE)
    assert all(words in fault.text for fault in faults)
    assert len(faults) == len(drawing.lines) + len(drawing.areas)
    assert not plan.lines
    assert not plan.areas


def test_parts_that_are_right_count_beside_one_that_is_wrong() -> None:
    drawing = Drawing((DrawnLine("a", (9, 9, 9, 9)), DrawnLine("door", (320, 400, 320, 80))))
    plan, (fault,) = drawing.checked(SIZE)
    assert [line.name for line in plan.lines] == ["door"]
    assert fault.line == 0


def test_what_was_drawn_in_another_size_is_drawn_in_the_cameras() -> None:
    config = Config(
        version=1, size=(320, 240), lines=(LineConfig(line="door", start=(160, 200), end=(160, 40)),)
    )
    assert Drawing.of(config, SIZE).lines[0].points == (320, 400, 320, 80)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "counter.yaml"
    path.write_text(COUNTER_YAML, encoding="utf-8")
    return path


def drawn(*lines: LineConfig, areas: tuple[AreaConfig, ...] = (), version: int = 7) -> Config:
    return Config(version=version, size=SIZE, lines=lines, areas=areas, reference="centre")


BACK: Final = LineConfig(line="back", start=(10, 10), end=(10, 300))
DESK: Final = AreaConfig(area="desk", corners=((10, 10), (250, 10), (200.5, 200)), queue=False)
HALL: Final = AreaConfig(area="hall", corners=((0, 0), (250, 0), (200, 200)))


@pytest.mark.parametrize(
    "config",
    [
        drawn(DOOR, BACK, areas=(DESK,)),
        drawn(DOOR, BACK, LineConfig(line="new", start=(1, 1), end=(1, 99)), areas=(DESK, HALL)),
    ],
    ids=["moved", "added"],
)
def test_saving_keeps_every_comment_and_every_other_key(file: Path, config: Config) -> None:
    text = changed(COUNTER_YAML, config, pose="counter-a.pose")
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == COMMENTS
    file.write_text(text, encoding="utf-8")
    settings = CounterSettings.load(file)
    assert settings.config == config
    assert (settings.site, settings.source, settings.broker_port) == ("square", "simulation:40", 1)
    for line in ("detector: motion        # camera straight above", 'broker_host: "127.0.0.1"'):
        assert line in text.splitlines()


def test_what_is_deleted_goes_and_comments_of_other_parts_stay(file: Path) -> None:
    config = drawn(DOOR)
    text = changed(COUNTER_YAML, config, pose=None)
    assert "back" not in text
    assert "areas" not in text
    for comment in ("# the main door", "# measured by Maija", "# Where people wait.", "# That is all."):
        assert comment in text
    file.write_text(text, encoding="utf-8")
    assert CounterSettings.load(file).config == config


@given(
    lines=st.lists(st.sampled_from(["door", "back", "c", "d", "e"]), unique=True),
    areas=st.lists(st.sampled_from(["desk", "hall", "shop"]), unique=True),
    numbers=st.integers(0, 4000).map(lambda tenths: tenths / 10),
)
def test_whatever_is_drawn_reads_back_and_leaves_the_rest_alone(
    lines: list[str], areas: list[str], numbers: float
) -> None:
    assume(lines or areas)
    config = drawn(
        *(LineConfig(line=name, start=(numbers, 1), end=(2, 90)) for name in lines),
        areas=tuple(AreaConfig(area=name, corners=((numbers, 0), (9, 0), (9, 9))) for name in areas),
    )
    text = changed(COUNTER_YAML, config, pose=None)
    read = CounterSettings.model_validate(YAML(typ="safe").load(text)).config
    assert {line.line: line for line in read.lines} == {line.line: line for line in config.lines}
    assert {area.area: area for area in read.areas} == {area.area: area for area in config.areas}
    rest = (
        "# The door",
        "site:",
        "counter:",
        "source:",
        "detector:",
        "reference:",
        "broker_",
        "# That",
        "# Where",
    )
    assert [line for line in text.splitlines() if line.startswith(rest)] == [
        line for line in COUNTER_YAML.splitlines() if line.startswith(rest)
    ]


def test_saving_the_same_again_changes_no_byte() -> None:
    config = drawn(DOOR, BACK, areas=(DESK,))
    once = changed(COUNTER_YAML, config, pose="counter-a.pose")
    assert changed(once, config, pose="counter-a.pose") == once


@pytest.mark.parametrize(
    "text",
    [
        SIMPLE,
        SIMPLE.rstrip("\n"),
        '{"site": "square", "counter": "counter-a", "source": "x", "reference": "centre"}',
        SIMPLE + "lines:\n- name: door   # here\n  points:\n  - 1\n  - 2\n  - 3\n  - 40\n",
        SIMPLE + "lines: []\nareas:\n",
        SIMPLE + "areas: [{name: hall, corners: [[0, 0], [9, 0], [9, 9]]}]\n"
        "floor: {pixels: &p [[1, 1], [9, 1], [9, 9], [1, 9]], metres: *p}\n",
    ],
    ids=["nothing drawn", "no last newline", "json", "blocks", "empty", "aliases"],
)  # fmt: skip
def test_every_way_to_write_yaml_can_be_saved_into(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    config = drawn(DOOR, areas=(HALL,))
    settings = write_counter(file, config, pose=None)
    assert (settings.config.lines, settings.config.areas) == (config.lines, config.areas)
    assert settings.config.size == SIZE


def test_a_file_in_which_nothing_is_drawn_yet_can_be_calibrated(file: Path) -> None:
    file.write_text(SIMPLE, encoding="utf-8")
    settings, config = open_counter(file)
    assert (settings.counter, config) == ("counter-a", None)


@pytest.mark.parametrize("text", [SIMPLE + "colour: red\n", SIMPLE + "lines: [{name: a}]\n", "- x", "a: ["])
def test_a_file_that_is_wrong_otherwise_is_refused_and_left_alone(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="counter"):
        open_counter(file)
    with pytest.raises(ConfigError, match="counter"):
        write_counter(file, drawn(DOOR), pose=None)
    assert file.read_text(encoding="utf-8") == text
    assert [path.name for path in file.parent.iterdir()] == ["counter.yaml"]


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(file: Path) -> None:
    (file.parent / "counter.yaml.new").mkdir()
    with pytest.raises(ConfigError, match="may you write there"):
        write_counter(file, drawn(DOOR), pose=None)
    assert file.read_text(encoding="utf-8") == COUNTER_YAML


def played(trial: Trial, *, seconds: float, rate: int = 40) -> Trial:
    """Show a trial the simulated door for so many seconds of its time."""
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for frame in simulated_frames(f"simulation:{rate}", start=start):
        if frame.at - start > timedelta(seconds=seconds):
            break
        trial.step(frame)
    return trial


def test_what_is_drawn_counts_from_then_on_and_only_from_then_on() -> None:
    trial = played(Trial(drawn(DOOR), detector=MotionDetector()), seconds=15)
    (door,) = trial.moment.lines
    assert door.entered + door.left > 0
    other = DrawnLine("other", (320, 80, 320, 400))
    trial.draw(Drawing((*trial.drawing.lines, other), reference="centre"))
    assert [(one.line, one.entered + one.left) for one in trial.moment.lines] == [
        ("door", door.entered + door.left),
        ("other", 0),
    ]


def test_a_line_the_other_way_round_counts_the_other_way() -> None:
    there = LineConfig(line="there", start=(320, 400), end=(320, 80))
    back = LineConfig(line="back", start=(320, 80), end=(320, 400))
    trial = played(Trial(drawn(there, back), detector=MotionDetector()), seconds=20)
    one, two = trial.moment.lines
    assert (one.entered, one.left) == (two.left, two.entered)
    assert one.entered != one.left


def test_people_in_an_area_are_those_who_are_there_now() -> None:
    whole = AreaConfig(area="hall", corners=((0, 0), (640, 0), (640, 480), (0, 480)), queue=True)
    trial = played(Trial(drawn(areas=(whole,)), detector=MotionDetector()), seconds=10)
    (hall,) = trial.moment.areas
    assert hall.people > 0
    assert hall.waiting is not None


def test_a_measured_floor_and_what_was_drawn_are_saved_in_the_cameras_size() -> None:
    config = Config(
        version=1, size=(320, 240), reference="centre", floor=FLOOR,
        lines=(LineConfig(line="door", start=(160, 190), end=(160, 60)),),
    )  # fmt: skip
    trial = played(Trial(config, detector=MotionDetector()), seconds=0.2)
    now = trial.config(version=2)
    assert now.size == SIZE
    assert now.floor is not None
    assert now.floor.pixels == ((200, 200), (1000, 200), (1200, 800), (100, 800))
    assert now.lines[0].start == (320, 380)


def views_of(images: Sequence[Image]) -> Views:
    """A camera that shows a picture each second."""
    views = Views()
    for index, image in enumerate(images):
        views.add(Frame(image, datetime(2026, 3, 2, 12, 0, index, tzinfo=UTC), index))
    return views


def test_the_pose_is_that_of_the_pictures(frames: list[Image]) -> None:
    assert views_of(frames).pose().to_text() == Pose.of(frames).to_text()


def test_a_camera_that_is_turned_while_its_pose_is_made_is_told_of(frames: list[Image]) -> None:
    turned = [np.roll(image, 90, axis=1) for image in frames[6:]]
    with pytest.raises(ConfigError, match="has moved"):
        views_of([*frames[:6], *turned]).pose()


def test_a_camera_in_the_dark_makes_no_pose_and_says_why(frames: list[Image]) -> None:
    trial = Trial(drawn(DOOR), detector=MotionDetector())
    trial.step(Frame(frames[0] // 20, datetime(2026, 3, 2, 12, tzinfo=UTC), 0))
    assert trial.moment.is_dark
    with pytest.raises(ConfigError, match="no picture in which anything can be seen"):
        trial.pose(0.01)


def page_of(trial: Trial, file: Path) -> CalibratePage:
    return CalibratePage(trial, file=file, counter="counter-a", version=3, clock=SystemClock())


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
