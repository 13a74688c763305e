"""A disk is full in the middle of writing: it is said, counting goes on, and nothing is lost when there is room."""

from contextlib import closing
from typing import Final

import pytest

from tests.faults.disk import Disk
from tests.faults.injected import Injected, times
from tests.faults.site import House
from tests.waiting import until
from vilina_edge.wire import Topic
from vilina_ingest.quarantine import Quarantine

TIMES: Final = times(1, 10)
BURST: Final = 600


def complaints(it: House) -> int:
    return it.counter.said().count("reports cannot be kept: database or disk is full; make room on the disk")


@pytest.mark.timeout(times(180, 900))
def test_a_counter_whose_disk_is_full_says_so_and_goes_on_counting(
    at_home: House, disks: list[Disk], injected: Injected
) -> None:
    disk, _ = disks
    for _ in range(TIMES):
        at_home.broker.kill()
        at_home.counter.see(BURST)
        said = complaints(at_home)
        disk.fill()
        injected.add("disk full on the counter")
        while complaints(at_home) == said:
            at_home.counter.see(BURST)
            until(lambda said=said: at_home.counter.unkept == 0 or complaints(at_home) > said)  # type: ignore[misc]  # bound
        at_home.counter.see(BURST)
        disk.make_room()
        until(lambda: at_home.counter.unkept == 0)
        at_home.broker.start()
    at_home.counter.wait_until_empty()
    assert at_home.ledger.compare(at_home.store) == 0


@pytest.mark.timeout(times(180, 900))
def test_ingest_whose_disk_is_full_lives_and_says_so_and_stores_everything_when_there_is_room(
    at_home: House, disks: list[Disk], injected: Injected
) -> None:
    _, disk = disks
    topic, poison = str(Topic("square", "counter-a", "report")), set()
    for _ in range(TIMES):
        disk.fill()
        injected.add("disk full on the server")
        while (answer := at_home.ingest.ready()).status_code == 200:
            at_home.counter.see(BURST)
            poison.add(at_home.ledger.dice.randbytes(16))
            for payload in poison:
                at_home.stranger.publish(topic, payload)
            until(lambda: at_home.counter.depth == 0 or at_home.ingest.ready().status_code == 503)
        assert "disk is full" in answer.text
        assert at_home.ingest.live().status_code == 200
        at_home.counter.see(BURST)
        disk.make_room()
        until(lambda: at_home.ingest.ready().status_code == 200, seconds=60)
        at_home.counter.wait_until_empty()
    assert at_home.ledger.compare(at_home.store) == 0
    with closing(Quarantine.open(at_home.quarantine)) as quarantine:
        assert {message.payload for message in quarantine.messages()} == poison
