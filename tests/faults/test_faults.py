"""Whatever fails, and in whatever order: what is stored is what was counted, once.

A short form runs with all tests; `make test-faults` runs the full numbers. Both say how many faults there were.
"""

import sqlite3
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.faults.injected import Injected, times
from tests.faults.proxy import Proxy
from tests.faults.site import House, house
from tests.waiting import until
from vilina_edge.wire import Topic, encode
from vilina_ingest.quarantine import Quarantine

REPORTS: Final = str(Topic("square", "counter-a", "report"))
PER_ROUND: Final = 30
DEEP: Final = 600
"""Reports that may wait when the next thing fails: not everything has to be well again first."""


@dataclass
class Trouble:
    """What can happen to a house, by name."""

    house: House

    def kill_counter(self) -> None:
        """While it puts reports on its disk: half of the time some are still on their way there."""
        self.house.counter.see(2 * PER_ROUND)
        left = self.house.ledger.dice.randrange(4 * PER_ROUND)
        until(lambda: self.house.counter.unkept <= left, what="some reports kept")
        self.house.restart_counter()

    def stop_counter(self) -> None:
        self.house.counter.stop()
        self.house.counter.start()

    def stall(self, link: Proxy) -> None:
        link.stall()
        self.house.counter.see(PER_ROUND)
        until(lambda: self.house.counter.depth >= PER_ROUND)
        link.cut()

    def cut_at_a_byte(self, link: Proxy) -> None:
        link.cut_after(self.house.ledger.dice.randrange(1, 6000))
        self.house.counter.see(PER_ROUND)
        until(lambda: not link.armed, seconds=90, what="so many bytes sent")

    def repeat(self) -> None:
        """Somebody sends some of what was sent already, in any order."""
        for report in self.house.ledger.some(60):
            if report.seq <= self.house.ledger.kept[report.boot]:
                self.house.stranger.publish(REPORTS, encode(report))

    def poison(self) -> None:
        noise = self.house.ledger.dice.randbytes(20)
        self.house.stranger.publish(REPORTS, b'{"seq": 1e999, "counter": ' + noise)

    def hold_store(self) -> None:
        """Another program writes into the store for longer than ingest has patience."""
        refused = self.house.ingest.said().count("could not be written")
        with closing(sqlite3.connect(self.house.store, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.house.counter.see(PER_ROUND)
            until(
                lambda: self.house.ingest.said().count("could not be written") > refused,
                seconds=90, what="ingest says that the store is held",
            )  # fmt: skip

    def kinds(self) -> dict[str, tuple[int, Callable[[], None]]]:
        """How often each happens, and what it is."""
        it = self.house
        return {
            "broker SIGKILL": (times(4, 200), it.restart_broker),
            "ingest SIGKILL": (times(4, 200), it.restart_ingest),
            "counter SIGKILL": (times(6, 200), self.kill_counter),
            "counter stopped and started": (times(1, 20), self.stop_counter),
            "link of the counter cut": (times(1, 30), it.to_edge.cut),
            "link of ingest cut": (times(1, 30), it.to_ingest.cut),
            "link of the counter cut at a random byte": (
                times(2, 60),
                lambda: self.cut_at_a_byte(it.to_edge),
            ),
            "link of ingest cut at a random byte": (times(2, 60), lambda: self.cut_at_a_byte(it.to_ingest)),
            "link of the counter half-open": (times(1, 20), lambda: self.stall(it.to_edge)),
            "link of ingest half-open": (times(1, 20), lambda: self.stall(it.to_ingest)),
            "some 60 reports repeated, in any order": (times(2, 60), self.repeat),
            "poison message": (times(2, 60), self.poison),
            "store held by another program": (times(1, 5), self.hold_store),
        }


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, of_edge=tmp_path, of_server=tmp_path, seed=times(7, 11)) as made:
        yield made


@pytest.mark.timeout(times(240, 2700))
def test_what_is_stored_is_what_was_counted_whatever_fails(at_home: House, injected: Injected) -> None:
    kinds = Trouble(at_home).kinds()
    order = [kind for kind, (often, _) in kinds.items() for _ in range(often)]
    at_home.ledger.dice.shuffle(order)
    for kind in order:
        at_home.counter.see(PER_ROUND)
        goal = at_home.ledger.dice.randrange(PER_ROUND)
        until(lambda goal=goal: at_home.counter.depth <= DEEP + goal, seconds=90)  # type: ignore[misc]  # bound on purpose
        kinds[kind][1]()
        injected.add(kind)
    at_home.counter.wait_until_empty()
    died = at_home.ledger.compare(at_home.store)
    injected.tell(
        "in any order",
        f"{at_home.ledger.reports} reports of {len(at_home.ledger.told)} starts compared; {died} were still in the"
        " memory of a killed counter, as the last second of crossings is; all others stored once",
    )
    with closing(Quarantine.open(at_home.quarantine)) as quarantine:
        assert Tally(b"1e999" in message.payload for message in quarantine.messages())[False] == 0
