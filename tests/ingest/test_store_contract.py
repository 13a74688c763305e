"""What every store promises. It runs for each adapter in `stores.STORES`."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.stores import BOOT, MINUTE, NOON, QUARTER, STORES, crossings, presence, quarter_hours, told
from vilina_edge.wire import Health, Status
from vilina_ingest.errors import StoreError
from vilina_ingest.store import Batch, Bins, Store, StoredReport
from vilina_ingest.store_sqlite import SqliteStore


def test_what_was_written_is_read_back_in_its_quarter_hour(store: Store) -> None:
    store.write(
        Batch([crossings(1, end=NOON + MINUTE, entered=3, left=2), crossings(2, end=NOON + 16 * MINUTE)])
    )
    series = store.flows("square", quarter_hours(2), ["door-a"])["door-a"]
    assert series.entered == (3, 1)
    assert series.left == (2, 0)
    assert series.coverage == pytest.approx((60 / 900, 60 / 900))


def test_raw_points_are_read_back_as_they_were_written_in_order_of_time(store: Store) -> None:
    merged = msgspec.structs.replace(
        crossings(9, end=NOON + 3 * MINUTE, boot="ffffffffffffffff", seconds=59.123), first_seq=7
    )
    points = [
        crossings(1, end=NOON + MINUTE, entered=3, left=2),
        crossings(2, end=NOON + 2 * MINUTE, entered=0, quality="time_uncertain"),
        merged,
        crossings(4, end=NOON + 4 * MINUTE, entered=0, seconds=0.0, quality="dark"),
    ]
    store.write(Batch(points[::-1]))
    assert store.crossings("square", NOON, NOON + QUARTER) == points
    assert store.crossings("square", NOON + MINUTE, NOON + 3 * MINUTE) == points[1:3]
    assert store.crossings("elsewhere", NOON, NOON + QUARTER) == []


def test_a_report_that_ends_on_the_quarter_belongs_to_the_quarter_it_was_counted_in(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + QUARTER)]))
    for bins in (quarter_hours(2), Bins.regular(NOON, NOON + 2 * QUARTER, MINUTE)):
        entered = store.flows("square", bins, ["door-a"])["door-a"].entered
        assert sum(n or 0 for n in entered[: len(bins) // 2]) == 1


def test_time_without_data_is_a_gap_and_not_zero(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + 15 * MINUTE, entered=0, seconds=900.0)]))
    store.write(Batch([crossings(3, end=NOON + 45 * MINUTE, entered=0, seconds=0.0, quality="no_frames")]))
    series = store.flows("square", quarter_hours(3), ["door-a", "never-heard-of"])
    assert series["door-a"].entered == (0, None, None)
    assert series["door-a"].coverage == (1.0, 0.0, 0.0)
    assert series["door-a"].reasons == (None, None, "no_frames")
    assert series["never-heard-of"].entered == (None, None, None)


def test_a_point_that_comes_again_changes_nothing(store: Store) -> None:
    batch = [crossings(seq, end=NOON + seq * MINUTE) for seq in range(1, 6)]
    store.write(Batch(batch))
    before = store.flows("square", quarter_hours(1), ["door-a"])
    store.write(Batch(batch[::-1]))
    store.write(Batch([*batch[2:], *batch]))
    assert store.flows("square", quarter_hours(1), ["door-a"]) == before
    assert store.reports("square", "counter-a") == [
        StoredReport("counter-a", BOOT, n, n) for n in range(1, 6)
    ]


@given(order=st.permutations(range(1, 9)), cut=st.integers(0, 8))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("kind", STORES)
def test_the_order_and_the_batches_in_which_points_come_do_not_matter(
    kind: str, order: list[int], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    batch = [crossings(seq, end=NOON + seq * 4 * MINUTE, entered=seq) for seq in order]
    store = STORES[kind](tmp_path_factory.mktemp("order"))
    store.write(Batch(batch[:cut]))
    store.write(Batch(batch[cut:]))
    assert store.flows("square", quarter_hours(3), ["door-a"])["door-a"].entered == (6, 22, 8)
    store.close()


def test_raw_points_and_the_rollup_agree(store: Store) -> None:
    store.write(
        Batch(
            [crossings(seq, end=NOON + seq * MINUTE, entered=seq % 4, left=seq % 3) for seq in range(1, 61)]
        )
    )
    rolled = store.flows("square", quarter_hours(4), ["door-a"])["door-a"]
    raw = store.flows("square", Bins.regular(NOON, NOON + 60 * MINUTE, MINUTE), ["door-a"])["door-a"]
    for slot in range(4):
        minutes = slice(slot * 15, slot * 15 + 15)
        assert rolled.entered[slot] == sum(n or 0 for n in raw.entered[minutes])
        assert rolled.left[slot] == sum(n or 0 for n in raw.left[minutes])


def test_bins_may_differ_in_length_as_local_days_do(store: Store) -> None:
    store.write(Batch([crossings(seq, end=NOON + seq * timedelta(hours=1)) for seq in range(1, 49)]))
    edges = (NOON, NOON + timedelta(hours=23), NOON + timedelta(hours=48))
    assert store.flows("square", Bins(edges), ["door-a"])["door-a"].entered == (23, 25)


def test_a_write_is_all_or_nothing(store: Store) -> None:
    broken = crossings(2, end=NOON + MINUTE, entered=None)  # type: ignore[arg-type]  # what a defect would do
    with pytest.raises(StoreError):
        store.write(Batch([crossings(1, end=NOON + MINUTE), broken]))
    assert store.reports("square", "counter-a") == []
    assert store.flows("square", quarter_hours(1), ["door-a"])["door-a"].entered == (None,)
    store.write(Batch([crossings(1, end=NOON + MINUTE)]))
    assert store.flows("square", quarter_hours(1), ["door-a"])["door-a"].entered == (1,)


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    for opener in STORES.values():
        first = opener(tmp_path)
        first.write(Batch([crossings(1, end=NOON + MINUTE)]))
        first.close()
        second = opener(tmp_path)
        second.write(Batch([crossings(1, end=NOON + MINUTE), crossings(2, end=NOON + 2 * MINUTE)]))
        assert second.flows("square", quarter_hours(1), ["door-a"])["door-a"].entered == (2,)
        second.close()


def test_the_version_is_another_one_after_every_write(store: Store) -> None:
    seen = {store.version()}
    store.write(Batch([crossings(1, end=NOON)]))
    seen.add(store.version())
    store.write(Batch(statuses=[told(Status(state="online", boot=BOOT, at=NOON))]))
    seen.add(store.version())
    store.write(Batch(healths=[told(Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=0))]))
    seen.add(store.version())
    assert len(seen) == 4
    assert store.version() == store.version()


def test_the_last_word_of_a_counter_is_kept(store: Store) -> None:
    assert store.counters("square") == {}
    health = Health(boot=BOOT, at=NOON, uptime_s=5.0, outbox_depth=2, frames_per_second=9.5)
    store.write(Batch([crossings(2, end=NOON + 2 * MINUTE)]))
    store.write(Batch([crossings(1, end=NOON + MINUTE, quality="time_uncertain")]))
    store.write(Batch(statuses=[told(Status(state="offline", boot=BOOT, at=NOON))], healths=[told(health)]))
    state = store.counters("square")["counter-a"]
    assert state.last_report_end == NOON + 2 * MINUTE
    assert state.last_quality == "good"
    assert state.status == Status(state="offline", boot=BOOT, at=NOON)
    assert state.health == health


def test_sites_do_not_mix(store: Store) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE)]))
    assert store.flows("elsewhere", quarter_hours(1), ["door-a"])["door-a"].entered == (None,)
    assert store.reports("elsewhere", "counter-a") == []


def test_a_report_of_areas_alone_is_stored_too(store: Store) -> None:
    point = presence(1, end=NOON)
    store.write(Batch([point]))
    store.write(Batch([point, crossings(1, end=NOON)]))
    assert store.reports("square", "counter-a") == [StoredReport("counter-a", BOOT, 1, 1)]


def test_a_missing_store_says_who_makes_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="vilina ingest run"):
        SqliteStore.open(tmp_path / "nothing.db", read_only=True)


def test_a_file_that_is_not_a_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8 not a database at all" * 100)
    with pytest.raises(StoreError, match=r"holiday\.jpg"):
        SqliteStore.open(tmp_path / "holiday.jpg")


def test_a_reader_sees_what_another_connection_writes(tmp_path: Path) -> None:
    writer = SqliteStore.open(tmp_path / "vilina.db")
    reader = SqliteStore.open(tmp_path / "vilina.db", read_only=True)
    before = reader.version()
    writer.write(Batch([crossings(1, end=NOON + MINUTE)]))
    assert reader.version() != before
    assert reader.flows("square", quarter_hours(1), ["door-a"])["door-a"].entered == (1,)
    with pytest.raises(StoreError):
        reader.write(Batch([crossings(2, end=NOON + MINUTE)]))
    reader.close()
    writer.close()
