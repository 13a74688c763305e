"""The keeper, over a real store and with a clock of the test's own: live estimates, settled days, ledger, events."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.clocks import TestClock
from tests.sites import square
from tests.waiting import until
from vilina_edge.wire import Health, LineCount, Report
from vilina_ingest.errors import StoreError
from vilina_ingest.keeper import Keeper, kept
from vilina_ingest.points import points
from vilina_ingest.records import SiteEvent
from vilina_ingest.recounting import Recount, entry_of
from vilina_ingest.store import Batch, Removed, Told
from vilina_ingest.store_sqlite import SqliteStore

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Monday noon in Helsinki."""
EVER = (NOON - timedelta(days=30), NOON + timedelta(days=30))
BOOT = "00000000000000aa"


class Kept:
    """A keeper with its store and clock, and counters that report when the test says so."""

    def __init__(self, path: Path) -> None:
        self.clock = TestClock(NOON)
        self.store = SqliteStore.open(path)
        self.reader = SqliteStore.open(path, read_only=True)
        self.keeper = Keeper(site=square(), reader=self.reader, store=self.store, clock=self.clock)
        self._seq = 0

    def report(
        self, entered: int, left: int = 0, *, ago: timedelta = timedelta(0), minutes: float = 15
    ) -> None:
        """What the counter saw until some time ago, at the first of its two lines."""
        self._seq += 1
        end = self.clock.now() - ago
        report = Report(
            counter="counter-a", boot=BOOT, seq=self._seq, start=end - timedelta(minutes=minutes), end=end,
            lines=(LineCount(line="middle", entered=entered, left=left), LineCount(line="across", entered=0, left=0)),
        )  # fmt: skip
        self.store.write(Batch(points=points(report, square())))

    def events(self) -> list[tuple[str, str, bool]]:
        """Kind, subject and whether it lasts."""
        return [(e.kind, e.subject, e.until is None) for e in self.store.events("square", *EVER)]

    def people(self) -> float:
        return self.store.live("square", *EVER, None)[-1].people


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "vilina.db")
    with closing(made.store), closing(made.reader):
        yield made


def a_whole_day(made: Kept, *, missed: int = 0) -> None:
    """From midnight to midnight, quarter by quarter: 400 come, and all but the missed ones are seen to leave."""
    made.clock.set_by(timedelta(hours=-11, minutes=-45))
    for quarter in range(96):
        made.report(40 * (36 <= quarter < 46), (40 * (40 <= quarter < 50)) - missed * (quarter == 49))
        made.clock.advance(minutes=15)


def test_who_is_inside_is_kept_each_minute_for_the_site_and_its_zones(made: Kept) -> None:
    made.report(30)
    for _ in range(3):
        made.keeper.tick()
        made.clock.advance(minutes=1)
    for zone in (None, "hall"):
        points = made.store.live("square", *EVER, zone)
        assert [point.at for point in points] == [NOON + timedelta(minutes=n) for n in range(3)]
        assert points[-1].low <= points[-1].people <= points[-1].high
        assert points[-1].people == pytest.approx(30, abs=1)


def test_capacity_events_begin_at_80_and_100_percent_and_do_not_flutter(made: Kept) -> None:
    made.report(85)
    made.keeper.tick()
    assert sorted(made.events()) == [("capacity_80", "hall", True), ("capacity_80", "site", True)]
    made.clock.advance(minutes=1)
    made.report(0, 8, minutes=1)
    made.keeper.tick()
    assert made.people() == pytest.approx(77, abs=2)
    assert {lasts for _, _, lasts in made.events()} == {True}
    made.clock.advance(minutes=1)
    made.report(0, 20, minutes=1)
    made.keeper.tick()
    assert {lasts for _, _, lasts in made.events()} == {False}


def test_a_full_site_is_one_event_that_grows(made: Kept) -> None:
    made.report(102)
    made.keeper.tick()
    made.clock.advance(minutes=1)
    made.report(10, minutes=1)
    made.keeper.tick()
    (full,) = [
        e for e in made.store.events("square", *EVER) if (e.kind, e.subject) == ("capacity_100", "site")
    ]
    assert full.value == pytest.approx(1.12, abs=0.02)
    assert full.since == NOON


def test_a_silent_counter_is_an_event_until_it_is_heard_again(made: Kept) -> None:
    made.report(1)
    made.clock.advance(minutes=4)
    made.keeper.tick()
    assert made.events() == [("silent_counter", "counter-a", True)]
    made.report(1, minutes=4)
    made.keeper.tick()
    assert made.events() == [("silent_counter", "counter-a", False)]


def test_a_clock_that_is_wrong_is_an_event(made: Kept) -> None:
    made.report(1)
    health = Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=0, clock_offset_s=-30.0)
    made.store.write(Batch(healths=[Told("square", "counter-a", health)]))
    made.keeper.tick()
    (event,) = made.store.events("square", *EVER)
    assert (event.kind, event.subject, event.value) == ("clock", "counter-a", 30.0)


def test_a_keeper_that_is_started_again_goes_on_with_the_same_events(made: Kept) -> None:
    made.report(85)
    made.keeper.tick()
    made.clock.advance(minutes=1)
    again = Keeper(site=square(), reader=made.reader, store=made.store, clock=made.clock)
    again.tick()
    assert sorted(made.events()) == [("capacity_80", "hall", True), ("capacity_80", "site", True)]


def test_a_recount_is_kept_from_then_on_and_neither_the_past_nor_the_settled_day_is_changed(
    made: Kept,
) -> None:
    a_whole_day(made, missed=12)
    made.clock.set_by(timedelta(hours=-11))
    made.keeper.tick()
    said = made.people()
    recount = Recount(people=60, zone=None, at=made.clock.now(), author="manager")
    entry = entry_of(recount, made.reader, square(), made.clock.now())
    made.store.write_correction("square", entry)
    made.clock.advance(minutes=1)
    made.keeper.tick()
    first, second = made.store.live("square", *EVER, None)
    assert (first.people, round(second.people)) == (said, 60)
    made.clock.advance(hours=11)
    made.keeper.tick()
    assert {(day.entered, day.left, day.drift) for day in made.store.settled("square", MONDAY, MONDAY)} == {
        (400, 388, 12)
    }
    settled = [one.people for one in made.store.corrections("square", *EVER) if one.reason == "settled"]
    assert settled == [-12.0, -12.0]


def test_after_closing_the_day_is_settled_and_what_that_changed_is_in_the_ledger(made: Kept) -> None:
    a_whole_day(made, missed=12)
    made.keeper.tick()
    (day,) = [one for one in made.store.settled("square", MONDAY, MONDAY) if one.zone is None]
    assert (day.entered, day.left, day.drift) == (400, 388, 12)
    assert day.people[-1] == pytest.approx(0, abs=0.01)
    known = [people for people in day.people if people is not None]
    assert len(known) == 96
    assert min(known) >= 0
    ledger = made.store.corrections("square", *EVER)
    assert {(entry.zone, entry.people, entry.reason, entry.author) for entry in ledger} == {
        (None, -12.0, "settled", "vilina"),
        ("hall", -12.0, "settled", "vilina"),
    }
    assert "400 entered, 388 left" in ledger[0].note


def test_a_settled_day_is_not_settled_again_unless_a_late_report_changes_it(made: Kept) -> None:
    a_whole_day(made, missed=12)
    made.keeper.tick()
    first = made.store.settled("square", MONDAY, MONDAY)
    made.clock.advance(hours=2)
    made.keeper.tick()
    assert made.store.settled("square", MONDAY, MONDAY) == first
    made.report(0, 9, ago=timedelta(hours=3))
    made.clock.advance(hours=2)
    made.keeper.tick()
    assert {one.drift for one in made.store.settled("square", MONDAY, MONDAY)} == {3}
    entries = [entry.people for entry in made.store.corrections("square", *EVER) if entry.zone is None]
    assert sorted(entries) == [-12.0, 9.0]


def test_the_day_is_settled_an_hour_after_closing_and_again_when_it_is_over(made: Kept) -> None:
    a_whole_day(made)
    made.clock.set_by(timedelta(hours=-2, minutes=-59))  # one minute past nine in the evening
    made.keeper.tick()
    settled_at = {one.settled_at for one in made.store.settled("square", MONDAY, MONDAY)}
    assert settled_at == {made.clock.now()}
    made.clock.advance(hours=3)
    made.keeper.tick()
    assert {one.settled_at for one in made.store.settled("square", MONDAY, MONDAY)} == {made.clock.now()}


def test_a_drift_above_a_twentieth_of_who_entered_is_an_event(made: Kept) -> None:
    a_whole_day(made, missed=30)
    made.keeper.tick()
    drifts = [e for e in made.store.events("square", *EVER) if e.kind == "drift"]
    assert {(e.subject, e.value) for e in drifts} == {("site", 0.075), ("hall", 0.075)}


def test_what_is_older_than_the_site_keeps_is_removed_once_a_day(
    made: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def retain(_site: str, _retention: object, now: datetime) -> Removed:
        asked.append(now)
        return Removed(0, 0)

    monkeypatch.setattr(made.store, "retain", retain)
    made.keeper.tick()
    made.clock.advance(hours=1)
    made.keeper.tick()
    made.clock.advance(days=1)
    made.keeper.tick()
    assert len(asked) == 2


@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("a mistake of ours")])
def test_a_keeper_that_fails_says_so_and_stops_nobody(
    made: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: object) -> list[SiteEvent]:
        raise error

    monkeypatch.setattr(made.store, "write_live", fail)
    with kept(made.keeper):
        until(lambda: "keeper" in caplog.text)
    made.report(1)
    assert made.store.reports("square", "counter-a")
