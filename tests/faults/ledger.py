"""The ledger of true crossings: the test's own, apart from everything that is tested."""

import random
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tests.lately import LATELY
from vilina_edge.wire import EPOCH, MILLISECOND, SLOT, LineCount, Report
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

SECOND: Final = timedelta(seconds=1)


@dataclass
class Ledger:
    """Who crossed the line of one counter: one report a second, by boot.

    A counter that is killed takes with it what it had not yet kept; `kept` is how many of a boot it had said to be on
    its disk. So of each boot the first n reports must be stored, once, with kept <= n <= told; and if no counter was
    killed, all.
    """

    dice: random.Random
    counter: str = "counter-a"
    line: str = "middle"
    told: dict[str, list[Report]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    reports: int = 0

    def new_boot(self) -> str:
        """A counter starts."""
        boot = f"{len(self.told) + 1:016x}"
        self.told[boot], self.kept[boot] = [], 0
        return boot

    def cross(self, seconds: int) -> list[Report]:
        """People cross for so long, and the counter that started last is to say so."""
        boot = next(reversed(self.told))
        return [self._second(boot) for _ in range(seconds)]

    def some(self, most: int) -> list[Report]:
        """Reports of any time, in any order."""
        known = [report for reports in self.told.values() for report in reports]
        return self.dice.sample(known, min(most, len(known)))

    def compare(self, path: Path) -> int:
        """Fails unless the store at `path` has what was counted, once; how many reports died with a killed counter."""
        with closing(SqliteStore.open(path, read_only=True)) as store:
            stored: dict[str, list[int]] = defaultdict(list)
            for one in store.reports("square", self.counter):
                stored[one.boot] += range(one.first_seq, one.seq + 1)
            bins = Bins.regular(LATELY, LATELY + self.reports * SECOND, SLOT)
            flows = store.flows("square", bins, [self.line])[self.line]
        assert stored.keys() <= self.told.keys()
        for boot, told in self.told.items():
            numbers = sorted(stored[boot])
            assert numbers == list(range(1, len(numbers) + 1)), f"boot {boot} has a hole or a duplicate"
            assert self.kept[boot] <= len(numbers) <= len(told), (
                f"of boot {boot} {self.kept[boot]} were kept, and {len(numbers)} are stored"
            )
        true = [report for boot, told in self.told.items() for report in told[: len(stored[boot])]]
        for direction, column in (("entered", flows.entered), ("left", flows.left)):
            people: Counter[datetime] = Counter()
            for report in true:
                people[_slot(report)] += getattr(report.lines[0], direction)
            told_by_slot = [people[start] for start in bins.edges[:-1]]
            assert [n or 0 for n in column] == told_by_slot, (
                f"the quarters of an hour differ in who {direction}"
            )
        return self.reports - len(true)

    def _second(self, boot: str) -> Report:
        start = LATELY + self.reports * SECOND
        count = LineCount(line=self.line, entered=self.dice.randrange(4), left=self.dice.randrange(3))
        report = Report(
            counter=self.counter, boot=boot, seq=len(self.told[boot]) + 1,
            start=start, end=start + SECOND, lines=(count,),
        )  # fmt: skip
        self.told[boot].append(report)
        self.reports += 1
        return report


def _slot(report: Report) -> datetime:
    into = (report.end - MILLISECOND - EPOCH) % SLOT
    return report.end - MILLISECOND - into
