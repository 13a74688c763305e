"""The power fails while counter and server write: what they had said to be safe is there when it comes back."""

import os
import random
from contextlib import closing
from typing import Final

import pytest

from tests.faults.disk import Disk, whole
from tests.faults.injected import Injected, times
from tests.faults.ledger import Ledger
from tests.faults.site import House
from tests.waiting import until
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.errors import OutboxError

CUTS: Final = times(2, 50)
"""Of each: of the counter's power and of the server's."""
BURST: Final = 300


def cut_counter(it: House, disk: Disk) -> None:
    left = it.ledger.dice.randrange(2 * BURST)
    until(lambda: it.counter.unkept <= left, seconds=60)
    it.counter.freeze()
    disk.cut_power()
    it.counter.kill()
    disk.restore_power()
    assert whole(disk.at / "outbox.db")
    it.counter.start()


def cut_server(it: House, disk: Disk) -> None:
    left = it.ledger.dice.randrange(BURST)
    until(lambda: it.counter.depth <= left + BURST, seconds=90)
    it.ingest.freeze()
    disk.cut_power()
    it.ingest.kill()
    disk.restore_power()
    assert whole(it.store)
    assert whole(it.quarantine)
    it.ingest.start()


@pytest.mark.timeout(times(180, 1800))
def test_what_was_acknowledged_before_the_power_failed_is_there_afterwards(
    at_home: House, disks: list[Disk], injected: Injected
) -> None:
    edge, server = disks
    order = [edge, server] * CUTS
    at_home.ledger.dice.shuffle(order)
    for disk in order:
        at_home.counter.see(BURST)
        if disk is edge:
            cut_counter(at_home, disk)
            injected.add("power cut of the counter")
        else:
            cut_server(at_home, disk)
            injected.add("power cut of the server")
    at_home.counter.wait_until_empty()
    died = at_home.ledger.compare(at_home.store)
    injected.tell(
        "power cuts",
        f"{at_home.ledger.reports} reports compared; {died} were not yet on the counter's disk; all others stored once",
    )


def test_a_cut_forgets_what_was_never_synced(disks: list[Disk]) -> None:
    """Otherwise the tests above would show nothing."""
    disk, _ = disks
    with (disk.at / "synced").open("w") as synced:
        synced.write("safe")
        synced.flush()
        os.fsync(synced.fileno())
    (disk.at / "written").write_text("only in memory")
    disk.cut_power()
    disk.restore_power()
    assert (disk.at / "synced").read_text() == "safe"
    assert not (disk.at / "written").exists() or not (disk.at / "written").read_text()


def test_an_outbox_whose_disk_is_gone_says_so_again_and_again(disks: list[Disk]) -> None:
    """Whatever else it raised would end the courier's thread, and with it all delivery."""
    disk, _ = disks
    ledger = Ledger(random.Random(29))
    ledger.new_boot()
    with closing(Outbox.open(disk.at / "outbox.db")) as outbox:
        outbox.add(ledger.cross(5))
        disk.cut_power()
        for _ in range(2):
            with pytest.raises(OutboxError, match="reports cannot be kept"):
                outbox.add(ledger.cross(5))
        assert len(outbox) == 5
        with pytest.raises(OutboxError, match="reports cannot be read"):
            outbox.oldest(5)
    disk.restore_power()
    with closing(Outbox.open(disk.at / "outbox.db")) as outbox:
        assert len(outbox) == 5
