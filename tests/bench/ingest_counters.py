"""Fifty counters that report as fast as the site lets them: `python -m tests.bench.ingest_counters PORT SECONDS`.

Says on stdout, as JSON, how many reports of each counter were sent, and committed.
"""

import json
import random
import selectors
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.bench.light_counter import LightCounter
from vilina_edge.wire import LineCount, Report

COUNTERS: Final = 50
PATIENCE_S: Final = 120.0
"""Until what was sent is committed, after the last report."""


class Reports:
    """The reports of one counter: one a second, since yesterday."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self._counter, self._line = f"counter-{number}", f"door-{number}"
        self._boot = f"{dice.getrandbits(64):016x}"
        self._dice = dice
        self._seq = 0
        self._start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)

    def next(self) -> Report:
        self._seq += 1
        at = self._start + timedelta(seconds=self._seq)
        entered, left = self._dice.choices((0, 1, 2, 3), k=2)
        count = LineCount(line=self._line, entered=entered, left=left)
        return Report(
            counter=self._counter, boot=self._boot, seq=self._seq,
            start=at - timedelta(seconds=1), end=at, lines=(count,),
        )  # fmt: skip


def main(port: int, seconds: float) -> None:
    dice = random.Random(11)
    counters = [
        (LightCounter(f"counter-{n}", site="square", port=port), Reports(n, dice)) for n in range(COUNTERS)
    ]
    with selectors.DefaultSelector() as selector:
        for counter, _ in counters:
            counter.listen(selector)
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds + PATIENCE_S:
            if now >= seconds and all(len(counter.committed) == counter.sent for counter, _ in counters):
                break
            for counter, reports in counters:
                while now < seconds and counter.room:
                    counter.report(reports.next())
                counter.turn()
            for key, _ in selector.select(0.05):
                key.data.hear()
    print(json.dumps({counter.name: [counter.sent, len(counter.committed)] for counter, _ in counters}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
