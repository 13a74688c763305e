"""The broker is away for hours, and everything that was counted meanwhile comes at once."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.brokers import Broker
from tests.faults.injected import Injected, times
from tests.faults.ledger import Ledger
from tests.faults.site import House, Ingest, house
from tests.sites import SQUARE
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.outbox import MAX_REPORTS, Outbox
from vilina_edge.delivery.publish import WINDOW, Courier
from vilina_edge.wire import Committed
from vilina_ingest.site import Site

HOUR: Final = 3600
COUNTERS: Final = 50
BACKLOG: Final = times(600, 2 * HOUR)
"""Reports of each counter that wait, one a second: ten minutes in the short form, two hours in the long."""
LIVE: Final = 10
"""And so many that come at once while they are delivered: ten times what a busy door says in a second."""


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, of_edge=tmp_path, of_server=tmp_path, seed=19) as made:
        yield made


def test_six_hours_without_a_broker_are_stored_to_the_last_person(at_home: House, injected: Injected) -> None:
    """A busy door: more reports than an outbox holds, so that the oldest become one per quarter of an hour."""
    at_home.counter.see(60)
    at_home.counter.wait_until_empty()
    at_home.broker.kill()
    for _ in range(6):
        at_home.counter.see(HOUR)
        until(lambda: at_home.counter.unkept == 0, seconds=90)
    waiting = at_home.counter.depth
    at_home.broker.start()
    at_home.counter.see(60)
    at_home.counter.wait_until_empty()
    assert waiting < 6 * HOUR
    assert at_home.ledger.compare(at_home.store) == 0
    injected.add("broker away for 6 h of a busy door")


class Remembering(Outbox):
    """An outbox that remembers in which order it was told that reports are stored."""

    def __init__(self, connection: sqlite3.Connection, *, max_reports: int = MAX_REPORTS) -> None:
        super().__init__(connection, max_reports=max_reports)
        self.stored: list[int] = []

    def acknowledge(self, committed: Sequence[Committed]) -> list[int]:
        for part in committed:
            self.stored += range(part.first, part.last + 1)
        return super().acknowledge(committed)


@dataclass
class Door:
    """One of fifty counters."""

    courier: Courier
    outbox: Remembering
    ledger: Ledger
    stored_before: int = 0

    def see_live(self) -> None:
        self.courier.deliver(self.ledger.cross(LIVE))
        self.stored_before = len(self.outbox.stored)

    def waited_behind(self) -> int:
        """How many reports of the backlog were stored between a live report and the word that it is."""
        return self.outbox.stored.index(BACKLOG + 1) - self.stored_before


def of_fifty(directory: Path) -> Path:
    """The square with fifty doors, each with a counter of its own."""
    doors: dict[str, Any] = SQUARE | {
        "counters": [{"id": f"counter-{n}", "name": f"Door {n}", "floor": "1", "at": [10, 1]} for n in range(COUNTERS)],
        "lines": [
            SQUARE["lines"][0] | {"id": f"door-{n}", "name": f"Line {n}", "counter": f"counter-{n}"}
            for n in range(COUNTERS)
        ],
    }  # fmt: skip
    path = directory / "site.yaml"
    path.write_text(
        json.dumps(Site.model_validate(doors).model_dump(mode="json", by_alias=True, exclude_none=True))
    )
    return path


@pytest.fixture
def doors(broker: Broker, tmp_path: Path) -> Iterator[list[Door]]:
    """They have been without a broker for long, and still are."""
    broker.kill()
    dice = random.Random(23)
    with ExitStack() as stack:
        made = []
        for n in range(COUNTERS):
            ledger = Ledger(dice, counter=f"counter-{n}", line=f"door-{n}")
            outbox = Remembering.open(tmp_path / f"{ledger.counter}.db")
            boot = ledger.new_boot()
            outbox.add(ledger.cross(BACKLOG))
            courier = Courier(
                site="square", counter=ledger.counter, boot=boot, broker=broker.address, outbox=outbox,
                clock=SystemClock(),
            )  # fmt: skip
            courier.start()
            stack.callback(courier.stop)
            made.append(Door(courier, outbox, ledger))
        yield made


@pytest.mark.timeout(times(180, 1800))
def test_when_fifty_counters_come_back_all_is_stored_and_who_crosses_now_does_not_wait_for_the_backlog(
    broker: Broker, doors: list[Door], tmp_path: Path, injected: Injected
) -> None:
    ingest = Ingest(
        "ingest", "run", "--site", of_fifty(tmp_path), "--store", tmp_path / "vilina.db",
        "--broker-port", str(broker.address.port), "--http-port", "0", log=tmp_path / "ingest.log",
    )  # fmt: skip
    with ingest:
        broker.start()
        quiet, began = list(doors), time.monotonic()
        while quiet:
            until(lambda: any(door.outbox.stored for door in quiet), seconds=90)
            for door in [one for one in quiet if one.outbox.stored]:
                door.see_live()
                quiet.remove(door)
        for door in doors:
            assert door.courier.wait_until_empty(600)
        took = time.monotonic() - began
    for door in doors:
        door.ledger.kept = {boot: len(told) for boot, told in door.ledger.told.items()}
        assert door.ledger.compare(tmp_path / "vilina.db") == 0
    behind = max(door.waited_behind() for door in doors)
    # What was under way, what was just being sent, and what shares an ack with it.
    assert behind <= 2 * WINDOW < BACKLOG, "live reports wait for the backlog"
    injected.add("50 counters reconnect with a backlog")
    injected.tell(
        "50 counters",
        f"a backlog of {BACKLOG} reports each, {COUNTERS * BACKLOG / took:.0f} reports a second;"
        f" a live report waited behind {behind} of its counter's backlog at most",
    )
