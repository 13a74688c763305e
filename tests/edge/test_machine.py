"""What the computer knows of itself, and what it tells systemd."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clocks import TestClock
from vilina_edge import machine
from vilina_edge.clock import BEGINNING, SteadyClock, Timeline
from vilina_edge.watchdog import Watchdog

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_temperature_is_in_degrees(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("48312\n", encoding="ascii")
    assert machine.temperature_c(tmp_path / "temp") == pytest.approx(48.312)
    assert machine.temperature_c(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("bits", "slow"), [("0x0", False), ("0x50000", False), ("0x50005", True), ("rubbish", None)]
)
def test_throttling_is_told_while_it_lasts(tmp_path: Path, bits: str, slow: bool | None) -> None:
    (tmp_path / "throttled").write_text(bits, encoding="ascii")
    assert machine.throttled(tmp_path / "throttled") is slow


def test_the_disk_has_room_and_a_folder_that_is_not_there_has_none_to_tell(tmp_path: Path) -> None:
    assert (machine.disk_free_mb(tmp_path) or 0) > 0
    assert machine.disk_free_mb(tmp_path / "nowhere") is None


def test_the_clocks_offset_is_small_or_unknown() -> None:
    offset = machine.clock_offset_s()
    assert offset is None or abs(offset) < 60


def test_memory_is_that_of_the_process() -> None:
    assert 10 < machine.resident_mb() < 5000
    assert machine.resident_mb(os.getpid()) == pytest.approx(machine.resident_mb(), rel=0.2)


def test_steady_time_is_the_same_in_all_processes_and_never_jumps() -> None:
    first = SteadyClock().now()
    second = SteadyClock().now()
    assert timedelta(0) <= second - first < timedelta(seconds=1)


def test_a_timeline_follows_a_clock_that_is_set_and_says_so_once() -> None:
    clock = TestClock(NOW)
    timeline = Timeline(clock)
    clock.advance(seconds=10)
    assert timeline.utc(BEGINNING + timedelta(seconds=10)) == NOW + timedelta(seconds=10)
    clock.set_by(timedelta(hours=1))
    assert timeline.follow() == (NOW + timedelta(seconds=10), NOW + timedelta(hours=1, seconds=10))
    assert timeline.follow() is None


def test_a_fixed_timeline_cares_for_no_clock() -> None:
    clock = TestClock(NOW)
    timeline = Timeline.fixed(clock, beginning=NOW - timedelta(minutes=5))
    clock.set_by(timedelta(days=1))
    assert timeline.follow() is None
    assert timeline.utc(BEGINNING) == NOW - timedelta(minutes=5)


def test_systemd_hears_that_we_are_ready_and_then_that_we_are_alive(tmp_path: Path) -> None:
    clock = TestClock(NOW)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        watchdog = Watchdog(clock, str(tmp_path / "notify"))
        watchdog.alive()
        watchdog.alive()
        clock.advance(seconds=1)
        watchdog.alive()
        systemd.setblocking(False)
        assert [systemd.recv(99), systemd.recv(99)] == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1"]
        with pytest.raises(BlockingIOError):
            systemd.recv(99)


def test_without_systemd_nothing_is_said() -> None:
    Watchdog(TestClock(NOW), "").alive()
