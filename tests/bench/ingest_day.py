"""A thousand counters on a typical day, for ten minutes (or `DAY_SECONDS=...`): from a crossing to an event on /stream.

A crossing's delay is the time from its own instant to the arrival of the first event whose door counts include it. A
real broker (mosquitto where it is installed), `vilina ingest run` and `vilina api run`.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter as Tallies
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.ingest_day_counters import COUNTERS, crossings
from tests.bench.ingest_rate import cpu_s
from tests.bench.report import Row
from tests.bench.stream import Key, events, newly_shown, square_of
from tests.brokers import MOSQUITTO, Broker, free_port, iotcore, mosquitto
from tests.processes import VILINA
from tests.waiting import until
from vilina_edge.machine import resident_mb

SECONDS: Final = float(os.environ.get("DAY_SECONDS", "600"))
SETTLED: Final = 0.25
"""After this share of the time everything has been used once; from then on memory should not grow."""
GOAL_S: Final = 2.0
GOAL_CORES: Final = 0.5
GOAL_MB: Final = 5.0


@dataclass
class Watched:
    """How ingest did in the time in which crossings happened."""

    cpu_s: float = 0.0
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the beginning, megabytes."""

    def growth_mb(self) -> float:
        settled = [mb for at, mb in self.memory_mb if at >= SETTLED * SECONDS]
        return max(settled) - settled[0]


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        broker = (mosquitto if MOSQUITTO else iotcore)(directory)
        broker.start()
        try:
            delays, watched, said = a_day(broker, directory)
        finally:
            broker.kill()
    reports = sum(sent for sent, _ in said.values())
    lost = sum(sent - committed for sent, committed in said.values())
    work = f"{COUNTERS} counters on a typical day, {SECONDS:.0f} s, {reports / SECONDS:.0f} reports a second"
    return [
        Row(work=f"{work}: {len(delays)} crossings to /stream, median", measured=float(np.median(delays)), unit="s"),
        Row(work=f"{work}: p99", measured=float(np.percentile(delays, 99)), unit="s", goal=GOAL_S),
        Row(work=f"{work}: CPU of ingest", measured=watched.cpu_s / SECONDS, unit="cores", goal=GOAL_CORES),
        Row(work=f"{work}: memory of ingest, growth", measured=watched.growth_mb(), unit="MB", goal=GOAL_MB),
        Row(work=f"{work}: memory of ingest", measured=watched.memory_mb[-1][1], unit="MB"),
        Row(work=f"{work}: reports without commit ack", measured=lost, unit="", goal=0),
    ]  # fmt: skip


def a_day(broker: Broker, directory: Path) -> tuple[list[float], Watched, dict[str, list[int]]]:
    """Delays in seconds of all crossings, what ingest needed, and what each counter sent and knows to be committed."""
    site = directory / "site.yaml"
    site.write_text(square_of(COUNTERS).model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    at_site = ["--site", str(site), "--store", str(directory / "vilina.db")]
    port, counters_port = free_port(), str(broker.address.port)
    with (
        (directory / "ingest.log").open("wb") as ingest_log,
        (directory / "api.log").open("wb") as api_log,
        subprocess.Popen(
            [VILINA, "ingest", "run", *at_site, "--broker-port", counters_port], stderr=ingest_log
        ) as ingest,
        subprocess.Popen(
            [VILINA, "api", "run", *at_site, "--port", str(port)], stdout=api_log, stderr=api_log
        ) as api,
    ):
        try:
            until(lambda: b"connected" in (directory / "ingest.log").read_bytes(), seconds=90)
            until(lambda: b"The board of" in (directory / "api.log").read_bytes(), seconds=90)
            start = datetime.now(UTC) + timedelta(seconds=10)
            command = [
                sys.executable,
                "-m",
                "tests.bench.ingest_day_counters",
                counters_port,
                str(start.timestamp()),
                str(SECONDS),
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as counters:
                watched, over = Watched(), threading.Event()
                watching = threading.Thread(target=watch, args=(ingest.pid, watched, start, over))
                watching.start()
                delays = listened(f"http://127.0.0.1:{port}/v1/sites/square/stream", start)
                said = json.loads(counters.communicate()[0])
                over.set()
                watching.join()
            return delays, watched, said
        finally:
            ingest.terminate()
            api.terminate()


def watch(pid: int, watched: Watched, start: datetime, over: threading.Event) -> None:
    """Look at ingest every few seconds."""
    over.wait(max(0.0, (start - datetime.now(UTC)).total_seconds()))
    began, before = time.monotonic(), cpu_s(pid)
    while not over.wait(min(5.0, SECONDS / 20)) and time.monotonic() - began < SECONDS:
        watched.cpu_s = cpu_s(pid) - before
        watched.memory_mb.append((time.monotonic() - began, resident_mb(pid)))


def listened(stream: str, start: datetime) -> list[float]:
    """Each crossing's delay; those that are never shown are as late as the end."""
    happened: dict[Key, list[datetime]] = {}
    for _, crossing in crossings(start, SECONDS):
        happened.setdefault((crossing.line, crossing.direction), []).append(crossing.at)
    waiting, delays, taken = sum(map(len, happened.values())), list[float](), Tallies[Key]()
    deadline = start + timedelta(seconds=SECONDS + 30)
    for arrived, live in events(stream):
        delays += newly_shown(happened, taken, live, arrived)
        if len(delays) == waiting:
            break
        if arrived > deadline:
            delays += [(arrived - at).total_seconds() for late in happened.values() for at in late]
            break
    return delays
