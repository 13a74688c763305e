"""A thousand counters on a typical day: `python -m tests.bench.ingest_day_counters PORT START SECONDS`.

START is in seconds since 1970. Each counter has a real tally, says something once a minute when nobody comes and a
second after somebody did, and tells its health once a minute. Says on stdout how many reports were sent, and committed.
"""

import json
import selectors
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from tests.bench.light_counter import LightCounter
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.tally import Tally
from vilina_edge.types import Crossing, Direction
from vilina_edge.wire import Health

COUNTERS: Final = 1000
PER_SECOND: Final = 30.0
"""Crossings in all: two and a half million in a day that is open around the clock."""
TURN_S: Final = 0.02
PATIENCE: Final = timedelta(seconds=60)


def crossings(start: datetime, seconds: float) -> Iterator[tuple[int, Crossing]]:
    """Who passes which counter, in the order of time; the same in every process."""
    dice = np.random.default_rng(5)
    after = 0.0
    while (after := after + float(dice.exponential(1 / PER_SECOND))) < seconds:
        number = int(dice.integers(COUNTERS))
        direction: Direction = "entered" if dice.random() < 0.55 else "left"
        yield number, Crossing(f"door-{number}", direction, start + timedelta(seconds=after))


def main(port: int, start: datetime, seconds: float) -> None:
    clock, end = SystemClock(), start + timedelta(seconds=seconds)
    counters = [LightCounter(f"counter-{n}", site="square", port=port) for n in range(COUNTERS)]
    boots = [f"{n:016x}" for n in range(COUNTERS)]
    tallies = [
        # Their minutes do not end together.
        Tally(
            counter=counters[n].name,
            boot=boots[n],
            lines=[f"door-{n}"],
            start=start - timedelta(seconds=n * 60 / COUNTERS),
        )
        for n in range(COUNTERS)
    ]
    healthy = [start + timedelta(seconds=n * 60 / COUNTERS) for n in range(COUNTERS)]
    plan = crossings(start, seconds)
    coming = next(plan, None)
    with selectors.DefaultSelector() as selector:
        for counter in counters:
            counter.listen(selector)
        while (now := clock.now()) < end + PATIENCE:
            while coming is not None and coming[1].at <= now:
                tallies[coming[0]].add([coming[1]], now)
                coming = next(plan, None)
            for n, counter in enumerate(counters):
                for report in tallies[n].close_due(now) if now >= start else ():
                    counter.report(report)
                if healthy[n] <= now:
                    healthy[n] += timedelta(seconds=60)
                    counter.health(Health(boot=boots[n], at=now, uptime_s=1.0, outbox_depth=0))
                counter.turn()
            for key, _ in selector.select(TURN_S):
                key.data.hear()
            if now > end + timedelta(seconds=3) and all(len(c.committed) == c.sent for c in counters):
                break
    print(json.dumps({counter.name: [counter.sent, len(counter.committed)] for counter in counters}))


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromtimestamp(float(sys.argv[2]), UTC), float(sys.argv[3]))
