"""Reports that come in any order, again and again, to either of two workers, whose disk is sometimes full."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.sites import square
from vilina_edge.delivery.durable import open_durable
from vilina_edge.delivery.merging import merge
from vilina_edge.wire import LineCount, Report, Topic, encode
from vilina_ingest.directory import Directory
from vilina_ingest.errors import StoreError
from vilina_ingest.intake import commit_acks, take_in
from vilina_ingest.store import Bins
from vilina_ingest.store_sqlite import SqliteStore

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
QUARTERS: Final = 32
BINS: Final = Bins.regular(NOON, NOON + QUARTERS * timedelta(minutes=15), timedelta(minutes=15))
DIRECTORY: Final = Directory.of(square())
TOPIC: Final = str(Topic("square", "counter-a", "report"))
ENOUGH_PAGES: Final = 1 << 30


class AnyOrder(RuleBasedStateMachine):
    """A counter counts and starts anew; what it has sent comes when and as often as it likes, to one of two workers.

    Whatever happens, what was acknowledged is stored, once, and nothing else is. The store's pages are small, so that a
    disk without another page is really full.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        path = Path(self.directory.name) / "vilina.db"
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA page_size=512")
            db.execute("VACUUM")
        SqliteStore.open(path).close()
        self.disks = [open_durable(path) for _ in range(2)]
        self.workers = [SqliteStore(disk) for disk in self.disks]
        self.sent: list[Report] = []
        self.acknowledged: set[tuple[str, int]] = set()
        self.boots = self.seq = self.minute = 0
        self.start_anew()

    @rule()
    def start_anew(self) -> None:
        self.boots += 1
        self.seq = 0

    @precondition(lambda self: self.minute + 20 < 15 * QUARTERS)
    @rule(minutes=st.integers(1, 20), people=st.integers(0, 3))
    def count(self, *, minutes: int, people: int) -> None:
        """Some minutes: one report where a quarter of an hour allows it, merged as an outbox merges."""
        fresh = [self._minute(people + more) for more in range(minutes)]
        within = fresh[0].start.minute // 15 == fresh[-1].start.minute // 15
        self.sent += [merge(fresh)] if within else fresh

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), worker=st.sampled_from([0, 1]), full=st.booleans())
    def arrive(self, *, data: st.DataObject, worker: int, full: bool) -> None:
        """Some of what was sent, in any order, some of it twice, with something in it that is no report."""
        shuffled = data.draw(st.permutations(self.sent))
        come = shuffled[: data.draw(st.integers(1, len(shuffled)))] + shuffled[: data.draw(st.integers(0, 5))]
        messages = [(TOPIC, encode(report)) for report in come]
        messages.insert(data.draw(st.integers(0, len(messages))), (TOPIC, b"poison"))
        intake = take_in(messages, DIRECTORY, NOON)
        assert len(intake.refused) == 1
        pages = self.disks[worker].execute("PRAGMA page_count").fetchone()[0] if full else ENOUGH_PAGES
        self.disks[worker].execute(f"PRAGMA max_page_count={pages}")
        try:
            self.workers[worker].write(intake.batch())
        except StoreError:
            assert full
            event("the disk was full")
            return
        for _, ack in commit_acks(intake.kept):
            for part in ack.committed:
                self.acknowledged |= {(part.boot, n) for n in range(part.first, part.last + 1)}

    @invariant()
    def what_was_acknowledged_is_stored_once_and_nothing_else(self) -> None:
        stored = [
            (one.boot, n)
            for one in self.workers[0].reports("square", "counter-a")
            for n in range(one.first_seq, one.seq + 1)
        ]
        assert len(stored) == len(set(stored))
        assert set(stored) == self.acknowledged
        people: Counter[datetime] = Counter()
        for report in self.sent:
            if (report.boot, report.seq) in self.acknowledged:
                people[report.start.replace(minute=report.start.minute // 15 * 15)] += report.lines[0].entered
        flows = self.workers[1].flows("square", BINS, ["middle"])["middle"]
        assert [n or 0 for n in flows.entered] == [people[start] for start in BINS.edges[:-1]]
        raw = self.workers[1].crossings("square", BINS.edges[0], BINS.edges[-1])
        assert sum(point.entered for point in raw) == people.total()

    def teardown(self) -> None:
        for worker in self.workers:
            worker.close()
        self.directory.cleanup()

    def _minute(self, people: int) -> Report:
        self.seq += 1
        start = NOON + self.minute * MINUTE
        self.minute += 1
        return Report(
            counter="counter-a", boot=f"{self.boots:016x}", seq=self.seq, start=start, end=start + MINUTE,
            lines=(LineCount(line="middle", entered=people, left=0),),
        )  # fmt: skip


AnyOrder.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestWhateverComesInAnyOrder = AnyOrder.TestCase
