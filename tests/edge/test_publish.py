"""The courier, a disk that will not take anything, and a broker that has nobody to give it to."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.brokers import Broker, free_port
from tests.clocks import TestClock
from tests.waiting import until
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import Arrived, BrokerAddress, Client, Event
from vilina_edge.delivery.outbox import Entry, Outbox
from vilina_edge.delivery.publish import ACK_TIMEOUT_S, Courier
from vilina_edge.errors import OutboxError
from vilina_edge.wire import LineCount, Report, Topic

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT = "00000000000000aa"


class FullDisk(Outbox):
    """An outbox whose disk can be full."""

    full = True
    refused = 0

    def add(self, reports: Iterable[Report], *, sent: bool = False, hold: bool = False) -> list[Entry]:
        self.write()
        return super().add(reports, sent=sent, hold=hold)

    def redate(self, boot: str, by: timedelta, *, certain: bool) -> None:
        self.write()
        super().redate(boot, by, certain=certain)

    def write(self) -> None:
        if self.full:
            self.refused += 1
            raise OutboxError("nothing can be written: the disk is full")


def report(seq: int, *, late_s: float = 0.0, uncertain: bool = False) -> Report:
    start = NOON + timedelta(seconds=seq - 1 - late_s)
    return Report(
        counter="counter-a",
        boot=BOOT,
        seq=seq,
        start=start,
        end=start + timedelta(seconds=1),
        time_uncertain=uncertain,
        lines=(LineCount(line="door", entered=1, left=0),),
    )


def test_what_the_disk_refused_is_kept_as_soon_as_it_has_room_without_anything_new(tmp_path: Path) -> None:
    outbox = FullDisk.open(tmp_path / "outbox.db")
    nobody = BrokerAddress("127.0.0.1", free_port())
    courier = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=nobody, outbox=outbox, clock=SystemClock()
    )
    courier.start()
    courier.deliver([report(1), report(2)])
    until(lambda: outbox.refused > 0)
    assert courier.depth == 2
    outbox.full = False
    until(lambda: len(outbox) == 2)
    until(lambda: courier.depth == 2)
    courier.stop()


def test_a_clock_that_is_set_while_the_disk_is_full_dates_what_was_before_it_and_nothing_else(
    tmp_path: Path,
) -> None:
    outbox = FullDisk.open(tmp_path / "outbox.db")
    outbox.full = False
    nobody = BrokerAddress("127.0.0.1", free_port())
    courier = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=nobody, outbox=outbox, clock=SystemClock()
    )
    courier.start()
    courier.deliver([report(1, late_s=3600, uncertain=True)])
    until(lambda: len(outbox) == 1)
    outbox.full = True
    courier.redate(timedelta(hours=1), certain=True)
    courier.deliver([report(2)])
    until(lambda: outbox.refused > 1)
    outbox.full = False
    until(lambda: len(outbox) == 2)
    assert [entry.report for entry in outbox.oldest(10)] == [report(1), report(2)]
    courier.stop()


def test_what_waits_for_a_full_disk_takes_no_more_memory_than_a_quarter_of_an_hour_needs(
    tmp_path: Path,
) -> None:
    outbox = FullDisk.open(tmp_path / "outbox.db")
    nobody = BrokerAddress("127.0.0.1", free_port())
    courier = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=nobody, outbox=outbox, clock=SystemClock()
    )
    courier.start()
    courier.deliver([report(seq) for seq in range(1, 801)])
    until(lambda: outbox.refused > 1)
    outbox.full = False
    until(lambda: len(outbox) > 0)
    entries = outbox.oldest(10)
    assert [(entry.report.first, entry.report.seq) for entry in entries] == [(1, 800)]
    assert entries[0].report.lines[0].entered == 800
    courier.stop()


def test_what_went_nowhere_because_nobody_listened_is_sent_again_before_an_answer_is_overdue(
    broker: Broker, tmp_path: Path
) -> None:
    clock = TestClock(NOON)
    outbox = Outbox.open(tmp_path / "outbox.db")
    courier = Courier(
        site="square", counter="counter-a", boot=BOOT, broker=broker.address, outbox=outbox, clock=clock
    )
    courier.start()
    courier.deliver([report(1)])
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db:
        until(lambda: db.execute("SELECT 1 FROM report WHERE sent").fetchone())
    heard: list[Event] = []
    ingest = Client(client_id="late", broker=broker.address, on_event=heard.append)
    ingest.open()
    until(lambda: heard)
    ingest.subscribe(str(Topic("square", "counter-a", "report")))

    def listened_long_enough() -> bool:
        clock.advance(seconds=0.02)
        return any(isinstance(event, Arrived) for event in heard) or clock.monotonic() > ACK_TIMEOUT_S[0] - 1

    until(listened_long_enough)
    assert any(isinstance(event, Arrived) for event in heard)
    ingest.close()
    courier.stop()
