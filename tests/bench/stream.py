"""From a crossing to an event on /stream, with 50 simulated counters, a real broker, ingest and the API.

A crossing's delay is the time from its own instant to the arrival of the first event whose door counts include it.
"""

import heapq
import json
import sys
import tempfile
import threading
from collections import Counter as Tallies
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from tests.bench.report import Row, publish
from tests.brokers import Broker, free_port, iotcore
from tests.processes import Process
from tests.sites import SQUARE
from tests.waiting import until
from vilina_deploy.demo.live import PlannedCrossing, play
from vilina_edge.clock import SystemClock
from vilina_edge.types import Crossing, Direction
from vilina_ingest.site import Site

COUNTERS: Final = 50
PER_SECOND: Final = 0.3
"""Crossings at each counter: a busy door."""
SECONDS: Final = 60
GOAL_S: Final = 2.0
Key = tuple[str, Direction]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        delays = measure(Path(name))
    work = f"crossing to event on /stream, {COUNTERS} counters, {len(delays)} crossings"
    rows = [
        Row(work=f"{work}, median", measured=float(np.median(delays)), unit="s"),
        Row(work=f"{work}, p99", measured=float(np.percentile(delays, 99)), unit="s", goal=GOAL_S),
        Row(work=f"{work}, worst", measured=max(delays), unit="s"),
    ]
    return 0 if publish("stream", rows) else 1


def measure(directory: Path) -> list[float]:
    """Delays in seconds of all crossings of a minute."""
    site, site_file = square_of(COUNTERS), directory / "site.yaml"
    site_file.write_text(site.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    broker, port = iotcore(directory), free_port()
    broker.start()
    at_site = ("--site", site_file, "--store", directory / "vilina.db")
    at_broker = ("--broker-port", str(broker.address.port))
    try:
        with Process("ingest", "run", *at_site, *at_broker, log=directory / "ingest.log") as ingest:
            until(lambda: "connected" in ingest.said())
            with Process("api", "run", *at_site, "--port", str(port), log=directory / "api.log") as api:
                until(lambda: "The board of" in api.said())
                return played(site, broker, directory, f"http://127.0.0.1:{port}/v1/sites/{site.id}/stream")
    finally:
        broker.kill()


def played(site: Site, broker: Broker, directory: Path, stream: str) -> list[float]:
    """Play a minute of crossings while listening; each crossing's delay."""
    clock, stop = SystemClock(), threading.Event()
    plan = list(crossings(site, start=clock.now() + timedelta(seconds=3)))
    happened: dict[Key, list[datetime]] = {}
    for one in plan:
        happened.setdefault((one.crossing.line, one.crossing.direction), []).append(one.crossing.at)
    counters = threading.Thread(
        target=play,
        args=(iter(plan), {counter.id: [line.id for line in site.lines_of(counter.id)] for counter in site.counters}),
        kwargs={
            "site": site.id, "broker": broker.address, "directory": directory,
            "clock": clock, "start": clock.now(), "stop": stop,
        },
    )  # fmt: skip
    counters.start()
    delays: list[float] = []
    taken: Tallies[Key] = Tallies()
    progress = sys.stderr.isatty()
    try:
        for arrived, live in events(stream):
            delays += newly_shown(happened, taken, live, arrived)
            if progress:
                print(f"\r{len(delays)} of {len(plan)} crossings shown", end="", file=sys.stderr)
            if len(delays) == len(plan):
                break
    finally:
        stop.set()
        counters.join()
    return delays


def newly_shown(
    happened: dict[Key, list[datetime]], taken: Tallies[Key], live: dict[str, Any], arrived: datetime
) -> Iterator[float]:
    """Delays of the crossings that a live document counts and that were not counted before; they are taken out."""
    directions: tuple[Direction, ...] = ("entered", "left")
    for door in live["doors"]:
        for direction in directions:
            waiting = happened.get((door["line"], direction), [])
            shown = door[direction] - taken[door["line"], direction]
            taken[door["line"], direction] = door[direction]
            for at in waiting[:shown]:
                yield (arrived - at).total_seconds()
            del waiting[:shown]


def events(address: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Live documents with the time at which they arrived."""
    with httpx.stream("GET", address, timeout=30) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                yield datetime.now(UTC), json.loads(line.removeprefix("data:"))


def crossings(site: Site, *, start: datetime) -> Iterator[PlannedCrossing]:
    """Independent crossings at every line, in the order of time."""
    dice = np.random.default_rng(5)
    heap = [(float(dice.exponential(1 / PER_SECOND)), line.counter, line.id) for line in site.lines]
    heapq.heapify(heap)
    while heap[0][0] < SECONDS:
        seconds, counter, line = heap[0]
        direction: Direction = "entered" if dice.random() < 0.55 else "left"
        yield PlannedCrossing(counter, Crossing(line, direction, start + timedelta(seconds=seconds)))
        heapq.heapreplace(heap, (seconds + float(dice.exponential(1 / PER_SECOND)), counter, line))


def square_of(doors: int) -> Site:
    """The test square with as many doors, each with its counter."""
    counter, line = SQUARE["counters"][0], SQUARE["lines"][0]
    return Site.model_validate(
        SQUARE
        | {
            "counters": [counter | {"id": f"counter-{i}"} for i in range(doors)],
            "lines": [line | {"id": f"door-{i}", "counter": f"counter-{i}"} for i in range(doors)],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
