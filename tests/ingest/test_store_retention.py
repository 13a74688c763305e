"""What every store removes, what it keeps, and that late data is counted once whatever was removed."""

from datetime import timedelta

from tests.ingest.stores import BOOT, MINUTE, NOON, QUARTER, crossings, presence, quarter_hours
from vilina_ingest.records import OccupancyPoint
from vilina_ingest.site import Retention
from vilina_ingest.store import Batch, Bins, Store, StoredReport

KEEP = Retention(raw_days=30, rollup_days=100)
DAYS = timedelta(days=1)
OLD = quarter_hours(1)
MINUTES = Bins.regular(NOON, NOON + QUARTER, MINUTE)


def entered(store: Store, bins: Bins) -> tuple[int | None, ...]:
    return store.flows("square", bins, ["door-a"])["door-a"].entered


def test_raw_points_go_first_and_the_rollup_later(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=4), presence(1, end=NOON + MINUTE)]))
    store.write(Batch([crossings(2, end=NOON + 50 * DAYS, entered=1)]))
    store.retain("square", KEEP, NOON + 29 * DAYS)
    assert entered(store, MINUTES)[0] == 4
    store.retain("square", KEEP, NOON + 31 * DAYS)
    assert set(entered(store, MINUTES)) == {None}
    assert entered(store, OLD) == (4,)
    assert store.presence("square", MINUTES, ["queue"])["queue"].most[0] is None
    assert store.presence("square", OLD, ["queue"])["queue"].most == (3,)
    store.retain("square", KEEP, NOON + 101 * DAYS)
    assert entered(store, OLD) == (None,)
    assert store.presence("square", OLD, ["queue"])["queue"].most == (None,)
    assert entered(store, quarter_hours(1, NOON + 50 * DAYS - QUARTER)) == (1,)


def test_a_report_that_comes_again_after_its_raw_points_are_gone_is_not_counted_twice(store: Store) -> None:
    batch = Batch([crossings(seq, end=NOON + seq * MINUTE) for seq in (1, 2, 3, 5)])
    store.write(batch)
    store.write(Batch([presence(1, end=NOON + MINUTE)]))
    before = store.presence("square", OLD, ["queue"])
    store.retain("square", KEEP, NOON + 31 * DAYS)
    store.write(batch)
    store.write(Batch([presence(1, end=NOON + MINUTE)]))
    assert entered(store, OLD) == (4,)
    assert store.presence("square", OLD, ["queue"]) == before


def test_a_report_that_is_later_than_raw_points_are_kept_still_reaches_the_rollup_once(store: Store) -> None:
    store.write(Batch([crossings(seq, end=NOON + seq * MINUTE) for seq in (1, 2, 5)]))
    store.retain("square", KEEP, NOON + 31 * DAYS)
    late = Batch([crossings(3, end=NOON + 3 * MINUTE, entered=7), presence(3, end=NOON + 3 * MINUTE)])
    for days in (31, 32, 33):
        store.write(late)
        assert entered(store, OLD) == (10,)
        assert store.presence("square", OLD, ["queue"])["queue"].most == (3,)
        store.retain("square", KEEP, NOON + days * DAYS)


def test_another_start_of_the_counter_is_another_report(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE)]))
    store.retain("square", KEEP, NOON + 31 * DAYS)
    store.write(Batch([crossings(1, end=NOON + MINUTE, boot="00000000000000bb")]))
    assert entered(store, OLD) == (2,)


def test_which_reports_were_stored_is_still_known_when_their_points_are_gone(store: Store) -> None:
    store.write(Batch([crossings(seq, end=NOON + seq * MINUTE) for seq in (1, 2, 3, 5)]))
    store.retain("square", KEEP, NOON + 31 * DAYS)
    known = store.reports("square", "counter-a")
    assert {n for one in known for n in range(one.first_seq, one.seq + 1)} == {1, 2, 3, 5}
    assert StoredReport("counter-a", BOOT, 5, 5) in known


def test_live_estimates_go_with_the_raw_points(store: Store) -> None:
    points = [OccupancyPoint("hall", NOON + n * DAYS, 1.0, 0.0, 2.0) for n in range(3)]
    store.write_live("square", points)
    store.retain("square", KEEP, NOON + 31 * DAYS)
    assert store.live("square", NOON - DAYS, NOON + 9 * DAYS, "hall") == points[1:]


def test_retention_removes_nothing_of_another_site(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE)]))
    store.retain("elsewhere", KEEP, NOON + 300 * DAYS)
    assert entered(store, MINUTES)[0] == 1
    assert entered(store, OLD) == (1,)
