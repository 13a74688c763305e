"""The demo: everything at once, and nothing left behind."""

import csv
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import VILINA
from tests.waiting import until


class Running:
    """A demo whose files, and so its processes, can be told from everybody else's."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.log = directory / "demo.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [VILINA, "demo", "--weeks", "2", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(directory)},
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def address(self) -> str:
        until(lambda: "The manager's board" in self.said() or self.process.poll() is not None, seconds=60)
        match = re.search(r"http://127\.0\.0\.1:\d+", self.said())
        assert match, self.said()
        return match.group()

    def others(self) -> list[str]:
        """Command lines of processes that work in the demo's directory."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(self.directory) in line:
                found.append(line)
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def live(address: str) -> Any:
    return httpx.get(f"{address}/v1/sites/service-square/live").raise_for_status().json()


def said_before(address: str, *, days: int) -> httpx.Response:
    """What was forecast of a day of the last week, on the day before it."""
    forecast = f"{address}/v1/sites/service-square/forecast"
    rows = csv.DictReader(httpx.get(f"{forecast}?format=csv", timeout=60).text.splitlines())
    day = datetime.fromisoformat(next(rows)["start_local"]).date() - timedelta(days=days)
    asked = {"day": str(day), "made": str(day - timedelta(days=1)), "step": "60m"}
    return httpx.get(f"{forecast}/then", params=asked, timeout=60)


def test_the_demo_shows_a_living_square_and_leaves_nothing_behind(demo: Running) -> None:
    address = demo.address()
    before = {door["line"]: door["entered"] + door["left"] for door in live(address)["doors"]}

    def alive() -> bool:
        now = live(address)
        moved = all(door["entered"] + door["left"] > before[door["line"]] for door in now["doors"])
        return moved and all(counter["state"] == "online" for counter in now["counters"])

    until(alive, seconds=90, what="every door counts somebody")
    assert live(address)["usual_people"] is not None
    forecast = (
        httpx.get(f"{address}/v1/sites/service-square/forecast?step=60m", timeout=60)
        .raise_for_status()
        .json()
    )
    assert max(people[3] for people in forecast["people"]) > 50
    assert forecast["card"].startswith("weighted profiles, from 14 days")
    until(
        lambda: said_before(address, days=5).is_success, seconds=90, what="the week before has been forecast"
    )
    week = [said_before(address, days=days).json() for days in range(1, 6)]
    assert max(people[3] for then in week for people in then["people"]) > 50, "some day of them was open"
    assert all("Made for the demo, from what was known on that day" in then["card"] for then in week)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0, demo.said()
    assert demo.others() == []
    assert [path.name for path in demo.directory.iterdir()] == ["demo.log"]


def test_a_demo_that_is_killed_takes_its_processes_with_it(demo: Running) -> None:
    demo.address()
    assert len(demo.others()) >= 4
    demo.process.kill()
    demo.process.wait()
    until(lambda: demo.others() == [], what="no process left")


def test_a_demo_of_a_video_that_is_none_says_so_at_once(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").write_text("not a video", encoding="utf-8")
    running = Running(tmp_path, "--video", str(tmp_path / "holiday.mp4"))
    assert running.process.wait(20) == 1
    assert "holiday.mp4 is not a video" in running.said()
    assert "Traceback" not in running.said()


def test_a_demo_on_a_busy_port_says_so(tmp_path: Path, demo: Running) -> None:
    port = demo.address().rpartition(":")[2]
    (tmp_path / "second").mkdir()
    second = Running(tmp_path / "second", "--port", port)
    assert second.process.wait(60) == 1
    assert "choose another with --port" in second.said()
