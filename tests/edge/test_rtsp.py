"""A camera in the network, played by a real RTSP server, which is killed and started again."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import free_port, listens
from tests.edge.videos import discs, walking_right, write_video
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.errors import SourceError
from vilina_edge.eye.messages import Blind, Message, Seen, Task, Trouble
from vilina_edge.eye.process import EyeProcess, Gone
from vilina_edge.vision.source import live
from vilina_edge.wire import Config, LineConfig

DEBIANS_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parents[1] / "rtsp_server.py"
NEEDED = "import gi; gi.require_version('GstRtspServer', '1.0')"
PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good"
CONFIG = Config(
    version=1, lines=(LineConfig(line="door", start=(160, 240), end=(160, 0)),), reference="centre"
)


class Camera:
    """Somebody walks through its picture again and again: each connection begins the recording anew."""

    def __init__(self, video: Path) -> None:
        self.port = free_port()
        self.address = f"rtsp://127.0.0.1:{self.port}/door"
        self._command = [DEBIANS_PYTHON, str(SERVER), str(self.port), str(video)]
        self._process: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        self._process = subprocess.Popen(self._command)
        until(lambda: listens(self.port))

    def unplug(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    try:
        found = (
            subprocess.run([DEBIANS_PYTHON, "-c", NEEDED], capture_output=True, check=False).returncode == 0
        )
    except FileNotFoundError:
        found = False
    if not found:
        pytest.skip(f"there is no RTSP server: sudo apt-get install {PACKAGES}")
    one = Camera(write_video(tmp_path / "walk.avi", discs(walking_right(50))))
    one.plug_in()
    yield one
    one.unplug()


def test_the_frames_of_a_network_camera_come_at_its_pace(camera: Camera) -> None:
    frames = list(live(camera.address, clock=SystemClock()))
    assert 55 <= len(frames) <= 60
    assert 2 < (frames[-1].at - frames[0].at).total_seconds() < 8


def test_a_camera_that_is_not_there_is_an_error_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"rtsp://\.\.\.@127.0.0.1") as error:
        next(live(f"rtsp://admin:secret@127.0.0.1:{free_port()}/door", clock=SystemClock()))
    assert "secret" not in str(error.value)


def heard(eye: EyeProcess, kind: type[Message], *, seconds: float) -> Message:
    """The next message of a kind."""
    message: Message | Gone | None = None

    def came() -> bool:
        nonlocal message
        message = eye.next(1.0)
        assert not isinstance(message, Gone)
        return isinstance(message, kind)

    until(came, seconds=seconds, what=f"the eye says no {kind.__name__}")
    assert isinstance(message, kind)
    return message


def test_a_network_camera_is_counted_and_found_again_after_it_was_unplugged(camera: Camera) -> None:
    def crossed() -> bool:
        seen = heard(eye, Seen, seconds=20)
        assert isinstance(seen, Seen)
        return [c.direction for c in seen.crossings] == ["entered"]

    task = Task(source=camera.address, config=CONFIG, detector="motion", utc=SystemClock().now())
    with EyeProcess(task) as eye:
        until(crossed, seconds=30)
        camera.unplug()
        trouble = heard(eye, Trouble, seconds=40)
        assert isinstance(trouble, Trouble)
        assert "trying again" in trouble.text
        blind = heard(eye, Blind, seconds=30)
        assert isinstance(blind, Blind)
        assert blind.reason == "no_frames"
        camera.plug_in()
        until(crossed, seconds=60)
