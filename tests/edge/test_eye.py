"""The process that sees: what it says, what it may not do, and that no picture ever leaves it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from tests.brokers import iotcore
from tests.edge.videos import HEIGHT, WIDTH, discs, walking_right, write_video
from tests.processes import VILINA, Process
from tests.sites import write_square
from tests.waiting import until
from vilina_edge.clock import BEGINNING
from vilina_edge.errors import SourceError
from vilina_edge.eye.capture import Capture
from vilina_edge.eye.look import Look
from vilina_edge.eye.messages import (
    Blind,
    Ended,
    Message,
    Refused,
    Seen,
    Task,
    Trouble,
    Vitals,
    from_line,
    to_line,
)
from vilina_edge.eye.process import EyeProcess, Gone
from vilina_edge.types import AreaLook, Crossing, Detections, Frame, Image
from vilina_edge.wire import AreaConfig, Config, LineConfig

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINE = LineConfig(line="door", start=(160, 240), end=(160, 0))
HALL = AreaConfig(area="hall", corners=((0, 0), (320, 0), (320, 240), (0, 240)))
CONFIG = Config(version=1, lines=(LINE,), areas=(HALL,), reference="centre")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "walk.avi", discs(walking_right(50)))


def task(source: str | Path, *, config: Config = CONFIG, fast: bool = True) -> Task:
    return Task(source=str(source), config=config, detector="motion", utc=NOW, fast=fast)


def said(what: Task) -> list[Message | Gone]:
    """Everything that an eye says until it ends."""
    found: list[Message | Gone] = []
    with EyeProcess(what) as eye:
        while not isinstance(message := eye.next(20), Gone):
            assert message is not None, "the eye says nothing for 20 s"
            found.append(message)
    return found


def test_the_eye_tells_crossings_and_people_and_that_it_has_ended(video: Path) -> None:
    found = said(task(video))
    seen = [message for message in found if isinstance(message, Seen)]
    assert [c.direction for message in seen for c in message.crossings] == ["entered"]
    assert max(look.people for message in seen for look in message.areas) == 1
    assert isinstance(found[-1], Ended)


def test_steady_time_begins_with_a_fast_recording(video: Path) -> None:
    seen = [message for message in said(task(video)) if isinstance(message, Seen)]
    assert (seen[0].at, seen[59].at) == (BEGINNING, BEGINNING + timedelta(seconds=5.9))


def test_an_eye_that_is_asked_to_end_says_what_is_left(video: Path) -> None:
    with EyeProcess(task(video, fast=False)) as eye:
        while not isinstance(eye.next(20), Seen):
            pass
        eye.ask_to_end()
        while isinstance(message := eye.next(5), Seen | Vitals):
            pass
    assert isinstance(message, Ended)


@pytest.mark.parametrize(
    ("source", "config", "words"),
    [
        ("nothing.avi", CONFIG, "no recording"),
        (None, Config(version=1, lines=(replace(LINE, end=(160, 999)),)), "leaves the frame"),
        (None, Config(version=1, lines=(replace(LINE, end=(160, 235)),)), "shorter than a person"),
        (None, Config(version=1, areas=(replace(HALL, corners=((0, 0), (9, 0), (9, 999))),)), "outside"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_refused_with_the_reason(
    video: Path, source: str | None, config: Config, words: str
) -> None:
    (refused,) = (m for m in said(task(source or video, config=config)) if isinstance(m, Refused))
    assert words in refused.text


def test_a_broken_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").write_bytes(b"no video at all" * 100)
    (refused,) = (m for m in said(task(tmp_path / "holiday.mp4")) if isinstance(m, Refused))
    assert "holiday.mp4" in refused.text


MESSAGES = [
    Seen(NOW, (Crossing("door", "left", NOW),), (AreaLook("hall", 3, 1, (2.5,)),)),
    Blind(NOW, "moved", since=NOW),
    Vitals(frames=3, detected=2, detect_s=0.1, brightness=100.0),
    Trouble("the camera stumbles"),
    Refused("no"),
    Ended(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_one_line_and_is_read_as_it_was_said(message: Message) -> None:
    line = to_line(message)
    assert line.count(b"\n") == 1
    assert from_line(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"\xff\xd8\xff\xe0JFIF", b"[]", b'{"say":"look"}', b'{"say":"seen","at":1}']
)
def test_nothing_else_is_a_message(line: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        from_line(line)


# What it may not do.

FORBIDDEN = """
import json, os, resource, socket, sys
from vilina_edge.eye.sandbox import confine
closed = confine(network=False)
found = {"closed": closed, "core": resource.getrlimit(resource.RLIMIT_CORE)[0]}
for name in ("AF_INET", "AF_INET6", "AF_UNIX"):
    try:
        socket.socket(getattr(socket, name), socket.SOCK_DGRAM).close()
        found[name] = "opened"
    except OSError as error:
        found[name] = type(error).__name__
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        file.write(b"a picture")
    found["file"] = "written"
except OSError as error:
    found["file"] = type(error).__name__
print(json.dumps(found))
"""


def test_the_kernel_keeps_the_eye_from_files_networks_and_core_dumps(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, tmp_path / "picture"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    if not found.pop("closed"):
        pytest.skip("the system calls of this processor are not known to the sandbox")
    assert found == {
        "core": 0, "AF_INET": "PermissionError", "AF_INET6": "PermissionError", "AF_UNIX": "opened", "file": "OSError",
    }  # fmt: skip
    assert (tmp_path / "picture").stat().st_size == 0


def test_the_running_eye_is_confined(video: Path) -> None:
    with EyeProcess(task(video, fast=False)) as eye:
        while not isinstance(eye.next(20), Seen):
            pass
        status = Path(f"/proc/{eye.pid}/status").read_text(encoding="utf-8")
        limits = Path(f"/proc/{eye.pid}/limits").read_text(encoding="utf-8")
    assert "Seccomp:\t2" in status
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core file")] == ["0"]
    assert [line.split()[3] for line in limits.splitlines() if line.startswith("Max file size")] == ["0"]


def test_the_eye_does_not_outlive_the_counter(video: Path) -> None:
    code = (
        "import sys, msgspec; from vilina_edge.eye.process import EyeProcess;"
        "from vilina_edge.eye.messages import Task;"
        "eye = EyeProcess(msgspec.json.decode(sys.argv[1], type=Task)); eye.next(20); print(eye.pid, flush=True);"
        "import os; os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, msgspec.json.encode(task(video, fast=False)).decode()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    pid = int(done.stdout)

    def ended() -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"

    until(ended, what="the eye goes on alone")


# One look: what comes of frames.

RNG = np.random.default_rng(0)
SCENE: Image = cv2.resize(RNG.integers(0, 255, (24, 32, 3), dtype=np.uint8), (WIDTH, HEIGHT))


def picture() -> Image:
    """A still scene through a camera that has noise."""
    noise = RNG.normal(0, 3, SCENE.shape)
    return np.clip(SCENE + noise, 0, 255).astype(np.uint8)


def walker(frame: Frame) -> Detections:
    """One person who walks over the line, in a picture of any size."""
    scale = frame.image.shape[1] / WIDTH
    x = 20 + 5 * frame.index
    return Detections(scale * np.array([[x - 8, 100, x + 8, 140]], dtype=np.float64), np.array([0.9]))


def looked(images: Iterator[Image], *, per_second: float = 10) -> list[Message]:
    look = Look(CONFIG, walker, pose=None, start=BEGINNING)
    found: list[Message] = []
    for index, image in enumerate(images):
        found += look.step(Frame(image, BEGINNING + timedelta(seconds=index / per_second), index))
    return [*found, *look.finish()]


def crossings(found: list[Message]) -> list[str]:
    return [c.direction for message in found if isinstance(message, Seen) for c in message.crossings]


def test_a_stream_that_changes_its_size_is_counted_on() -> None:
    found = looked(picture() if i < 25 else cv2.resize(picture(), (640, 480)) for i in range(50))
    assert crossings(found) == ["entered"]
    (trouble,) = (message for message in found if isinstance(message, Trouble))
    assert "640x480" in trouble.text


def test_a_camera_that_goes_dark_is_blind_and_counts_nothing() -> None:
    found = looked(picture() if i < 100 else (picture() // 40) for i in range(400))
    blind = [message for message in found if isinstance(message, Blind)]
    assert blind[0].reason == "dark"
    assert blind[0].at - (BEGINNING + timedelta(seconds=10)) < timedelta(seconds=30)
    assert abs(blind[0].since - (BEGINNING + timedelta(seconds=10))) < timedelta(seconds=2)
    assert isinstance(found[-2], Blind | Vitals)


def test_a_frozen_camera_is_blind() -> None:
    still = picture()
    found = looked(picture() if i < 100 else still for i in range(450))
    assert {message.reason for message in found if isinstance(message, Blind)} == {"frozen"}


def test_a_pause_is_said_when_frames_come_again_and_while_there_are_none() -> None:
    look = Look(CONFIG, walker, pose=None, start=BEGINNING)
    assert not list(look.nothing(BEGINNING + timedelta(seconds=4)))
    (blind, *_) = look.nothing(BEGINNING + timedelta(seconds=6))
    assert blind == Blind(BEGINNING + timedelta(seconds=6), "no_frames", since=BEGINNING)


def test_vitals_are_told_every_few_seconds() -> None:
    vitals = [message for message in looked(picture() for _ in range(101)) if isinstance(message, Vitals)]
    assert [v.frames for v in vitals] == [51, 50]
    assert 100 < (vitals[1].brightness or 0) < 150


# The newest frame.


def frame(index: int) -> Frame:
    return Frame(SCENE, NOW, index)


def test_a_slow_detector_gets_the_newest_frame_and_not_the_next() -> None:
    given = [frame(i) for i in range(1000)]
    frames = Capture(lambda: (f for f in given)).frames()
    newest = [f.index for f in _until_it_fails(frames)]
    assert newest[-1] == 999
    assert newest == sorted(set(newest))


def test_a_camera_that_ends_or_fails_is_an_error() -> None:
    with pytest.raises(SourceError, match="no more frames"):
        list(Capture(lambda: (frame(i) for i in range(1))).frames())

    def unplugged() -> Iterator[Frame]:
        yield frame(0)
        raise SourceError("unplugged")

    with pytest.raises(SourceError, match="unplugged"):
        list(Capture(unplugged).frames())


def _until_it_fails(frames: Iterator[Frame | None]) -> Iterator[Frame]:
    try:
        for one in frames:
            if one is not None:
                yield one
    except SourceError:
        return


# The privacy border.

CANARY = bytes(np.random.default_rng(20261124).integers(1, 255, 48, dtype=np.uint8))
"""The bytes of sixteen pixels; every frame is full of them."""
WRITES = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,mmap"
MAGICS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"WEBP", b"ftypheic", b"ftypavif", b"\x00\x00\x00\x0cjP  ")


def canary_video(path: Path) -> Path:
    """A recording without loss in which every pixel is a canary's, with somebody who walks through."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10, (WIDTH, HEIGHT))
    assert writer.isOpened()
    texture = np.frombuffer(CANARY * (WIDTH * HEIGHT // 16), dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)
    for centres in walking_right(50):
        image = texture.copy()
        for x, y in centres:
            cv2.circle(image, (round(x), round(y)), 12, (0, 0, 0), -1)
        writer.write(image)
    writer.release()
    return path


def written(strace: str) -> bytes:
    """All bytes that the traced calls were given; strace prints them as \\x hex."""
    digits = "".join(part for call in strace.splitlines() for part in call.split('"')[1::2])
    return bytes.fromhex(digits.replace("\\x", ""))


def traced(arguments: list[str | Path], log: Path) -> bytes:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: sudo apt-get install strace")
    command = [strace, "-f", "-xx", "-s", "100000000", "-e", f"trace={WRITES}", "-o", log, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return written(log.read_text(encoding="ascii"))


def test_the_canary_is_found_where_a_frame_does_leave(tmp_path: Path) -> None:
    code = (
        "import cv2, sys; capture = cv2.VideoCapture(sys.argv[1]); good, image = capture.read();"
        "open(sys.argv[2], 'wb').write(image.tobytes())"
    )
    video = canary_video(tmp_path / "canary.avi")
    found = traced([sys.executable, "-c", code, video, tmp_path / "picture"], tmp_path / "strace")
    assert CANARY in found


def test_no_byte_of_a_frame_leaves_the_counter(tmp_path: Path) -> None:
    """Neither to a disk nor into a pipe or a network: the reports do leave, and nothing of what was seen."""
    video = canary_video(tmp_path / "canary.avi")
    folder = tmp_path / "counter"
    folder.mkdir()
    broker = iotcore(tmp_path)
    settings = {
        "site": "square", "counter": "counter-a", "source": str(video), "detector": "motion", "reference": "centre",
        "lines": [{"name": "middle", "points": [160, 240, 160, 0]}], "broker_port": broker.address.port,
    }  # fmt: skip
    (folder / "counter.yaml").write_text(json.dumps(settings), encoding="utf-8")
    ingest = (
        "--site",
        write_square(tmp_path),
        "--store",
        tmp_path / "vilina.db",
        "--broker-port",
        str(broker.address.port),
    )
    broker.start()
    try:
        with Process("ingest", "run", *ingest, log=tmp_path / "ingest.log"):
            found = traced([VILINA, "edge", "run", folder / "counter.yaml", "--fast"], tmp_path / "strace")
    finally:
        broker.kill()
    assert b'"line":"middle","entered":1' in found
    assert b"vilina/v1/square/counter-a/report" in found
    parts = {(CANARY * 2)[i : i + 12] for i in range(48)}
    assert not [part for part in parts if part in found]
    left = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert left
    assert not [magic for magic in MAGICS if magic in left or magic in found]
