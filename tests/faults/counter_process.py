"""A counter whose camera is the ledger: `python -m tests.faults.counter_process PORT OUTBOX COUNTER BOOT`.

It takes reports from stdin, one a line, and hands them to the courier and the outbox of a real counter. After each
change of the outbox it says on stdout the last report of this boot that is on disk, and how many reports wait. When
stdin ends, it stops as a counter does.
"""

import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.delivery.outbox import Entry, Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.wire import Committed, Report, decode


class Telling(Outbox):
    """An outbox that says what it has on disk."""

    _last = 0

    def add(self, reports: Iterable[Report], *, sent: bool = False, hold: bool = False) -> list[Entry]:
        entries = super().add(reports, sent=sent, hold=hold)
        self._last = max([self._last, *(entry.report.seq for entry in entries)])
        self.tell()
        return entries

    def acknowledge(self, committed: Sequence[Committed]) -> list[int]:
        gone = super().acknowledge(committed)
        self.tell()
        return gone

    def tell(self) -> None:
        print(self._last, len(self), flush=True)


def main(port: int, outbox: Path, counter: str, boot: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    opened = Telling.open(outbox)
    opened.tell()
    courier = Courier(
        site="square", counter=counter, boot=boot, broker=BrokerAddress("127.0.0.1", port),
        outbox=opened, clock=SystemClock(),
    )  # fmt: skip
    courier.start()
    for line in sys.stdin.buffer:
        courier.deliver([decode(line.rstrip(), Report)])
    courier.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
