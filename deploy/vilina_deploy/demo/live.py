"""Simulated counters: crossings from a plan instead of a camera, everything behind it real."""

import logging
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from vilina_edge.clock import Clock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.delivery.tally import Tally
from vilina_edge.types import Crossing
from vilina_edge.wire import Health

log = logging.getLogger(__name__)

TICK_S: Final = 0.1
HEALTH_EVERY: Final = timedelta(seconds=60)


class PlannedCrossing(NamedTuple):
    """A crossing that will happen at its time, at a counter."""

    counter: str
    crossing: Crossing


class SimulatedCounter:
    """One counter without an eye."""

    def __init__(
        self,
        *,
        site: str,
        counter: str,
        lines: Sequence[str],
        broker: BrokerAddress,
        directory: Path,
        clock: Clock,
        start: datetime,
    ) -> None:
        boot = secrets.token_hex(8)
        self._boot = boot
        self._clock = clock
        self._started = start
        self._health_due = start
        self._tally = Tally(counter=counter, boot=boot, lines=lines, start=start)
        self._courier = Courier(
            site=site, counter=counter, boot=boot, broker=broker, clock=clock,
            outbox=Outbox.open(directory / f"{counter}.outbox.db"),
        )  # fmt: skip
        self._courier.start()
        self._courier.say("online")

    def see(self, crossing: Crossing) -> None:
        self._tally.add([crossing], self._clock.now())

    def tick(self) -> None:
        """Report what is due."""
        now = self._clock.now()
        self._courier.deliver(self._tally.close_due(now))
        if now >= self._health_due:
            self._health_due = now + HEALTH_EVERY
            uptime = (now - self._started).total_seconds()
            self._courier.tell_health(
                Health(boot=self._boot, at=now, uptime_s=uptime, outbox_depth=self._courier.depth)
            )

    def close(self) -> None:
        self._courier.deliver(self._tally.close(self._clock.now()))
        self._courier.stop()


def play(
    plan: Iterator[PlannedCrossing],
    lines: Mapping[str, Sequence[str]],
    *,
    site: str,
    broker: BrokerAddress,
    directory: Path,
    clock: Clock,
    start: datetime,
    stop: threading.Event,
) -> None:
    """Let each crossing of a plan, which is in the order of time, happen when it is due; until stopped.

    `lines` are those of each counter that is simulated; crossings of other counters are left to them. Reports begin at
    `start`, which may be a little ago: what has happened since is reported at once.
    """
    with ExitStack() as stack:
        counters = {}
        for counter, names in lines.items():
            counters[counter] = SimulatedCounter(
                site=site,
                counter=counter,
                lines=names,
                broker=broker,
                directory=directory,
                clock=clock,
                start=start,
            )
            stack.callback(counters[counter].close)
        following = next(plan, None)
        while not stop.wait(TICK_S):
            while following is not None and following.crossing.at <= clock.now():
                if following.counter in counters:
                    counters[following.counter].see(following.crossing)
                following = next(plan, None)
            for simulated in counters.values():
                simulated.tick()
