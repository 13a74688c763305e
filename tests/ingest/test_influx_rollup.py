"""The roll-up in a real InfluxDB, made by several workers at once: late data re-opens it, and no race makes it lie."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import TestClock
from tests.influx import influx_server
from tests.ingest.stores import BOOT, MINUTE, NOON, QUARTER, crossings, presence, quarter_hours
from vilina_ingest.errors import StoreError
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.counted import Counted, from_text, joined, to_text
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.slots import spans
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.site import Retention
from vilina_ingest.store import Batch, Store

HOUR = timedelta(hours=1)
KEEP = Retention(raw_days=30, rollup_days=100)


@pytest.fixture
def settings(tmp_path: Path) -> InfluxSettings:
    return influx_server().bucket(tmp_path)


@pytest.fixture
def clock() -> TestClock:
    return TestClock(NOON + QUARTER)


@pytest.fixture
def store(settings: InfluxSettings, clock: TestClock) -> Iterator[InfluxStore]:
    with closing(InfluxStore(settings, clock=clock)) as opened:
        yield opened


def entered(store: Store, quarters: int = 1) -> tuple[int | None, ...]:
    return store.flows("square", quarter_hours(quarters), ["door-a"])["door-a"].entered


def rolled_up(settings: InfluxSettings) -> int | None:
    """What the roll-up itself says of the first quarter hour."""
    connection = Connection(settings)
    (found,) = connection.query("SELECT entered FROM flow_15m WHERE line = 'door-a'")
    connection.close()
    return found[0].values[0][1] if found else None


def fault_once(monkeypatch: pytest.MonkeyPatch, fails: Callable[[str], bool]) -> None:
    """The next write that looks so is cut off before it reaches the server."""
    write, to_come = Connection.write, [True]

    def cut(self: Connection, body: str) -> object:
        if to_come and fails(body):
            to_come.clear()
            raise StoreError("cut off")
        return write(self, body)

    monkeypatch.setattr(Connection, "write", cut)


def test_a_quarter_hour_is_rolled_up_when_it_is_over_and_quiet(
    store: InfluxStore, settings: InfluxSettings, clock: TestClock
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3)]))
    clock.advance(minutes=1)
    store.roll("square")
    assert rolled_up(settings) is None
    assert entered(store) == (3,)
    clock.advance(minutes=2)
    store.roll("square")
    assert rolled_up(settings) == 3
    assert entered(store) == (3,)


def test_writing_rolls_up_what_is_due_by_itself(
    store: InfluxStore, settings: InfluxSettings, clock: TestClock
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3)]))
    clock.advance(minutes=5)
    store.write(Batch([crossings(2, end=clock.now())]))
    assert rolled_up(settings) == 3


def test_late_data_opens_the_quarter_hour_again_at_once(
    store: InfluxStore, settings: InfluxSettings, clock: TestClock
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3), presence(1, end=NOON + MINUTE, most=3)]))
    clock.advance(hours=3)
    store.roll("square")
    store.write(
        Batch([crossings(2, end=NOON + 2 * MINUTE, entered=4), presence(2, end=NOON + 2 * MINUTE, most=8)])
    )
    assert (rolled_up(settings), entered(store)) == (3, (7,))
    assert store.presence("square", quarter_hours(1), ["queue"])["queue"].most == (8,)
    clock.advance(minutes=3)
    store.roll("square")
    assert (rolled_up(settings), entered(store)) == (7, (7,))
    assert store.presence("square", quarter_hours(1), ["queue"])["queue"].most == (8,)


def test_a_worker_that_read_before_another_wrote_cannot_hide_what_was_written(
    store: InfluxStore, settings: InfluxSettings, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3)]))
    clock.advance(hours=1)
    with closing(InfluxStore(settings, clock=clock)) as other:
        query = Connection.query

        def slow(self: Connection, *statements: str) -> list[list[Series]]:
            answers = query(self, *statements)
            if "sum(" in statements[0]:
                # Now that one worker has read, and before it writes, the other one writes late data.
                monkeypatch.setattr(Connection, "query", query)
                clock.advance(seconds=1)
                other.write(Batch([crossings(2, end=NOON + 2 * MINUTE, entered=4)]))
            return answers

        monkeypatch.setattr(Connection, "query", slow)
        store.roll("square")
        assert rolled_up(settings) == 3
        assert entered(store) == entered(other) == (7,)
        clock.advance(minutes=5)
        other.roll("square")
        assert rolled_up(settings) == 7


def test_a_worker_that_dies_before_the_rollup_leaves_the_quarter_hour_open(
    store: InfluxStore, settings: InfluxSettings, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3)]))
    clock.advance(hours=1)
    fault_once(monkeypatch, lambda body: "rolled=" in body)
    with pytest.raises(StoreError):
        store.roll("square")
    store.write(Batch([crossings(2, end=NOON + 2 * MINUTE, entered=4)]))
    assert entered(store) == (7,)


def test_a_rollup_that_fails_does_not_fail_the_write(
    store: InfluxStore, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE, entered=3)]))
    clock.advance(hours=1)
    fault_once(monkeypatch, lambda body: body.startswith("flow_15m"))
    store.write(Batch([crossings(2, end=NOON + 16 * MINUTE, entered=4)]))
    assert entered(store, 2) == (3, 4)


@pytest.mark.parametrize("dies_at", ["counted=", "sealed="])
def test_dying_while_a_quarter_hour_is_sealed_neither_loses_nor_doubles_anything(
    store: InfluxStore, dies_at: str, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [crossings(seq, end=NOON + seq * MINUTE) for seq in range(1, 6)]
    for known in (3, 4, 5):
        store.write(Batch(reports[:known]))
        clock.advance(days=31)
        fault_once(monkeypatch, lambda body: dies_at in body)
        with pytest.raises(StoreError):
            store.retain("square", KEEP, clock.now())
        assert entered(store) == (known,)
        store.write(Batch(reports[:known]))
        assert entered(store) == (known,)
        clock.advance(seconds=1)
        store.retain("square", KEEP, clock.now())
        assert entered(store) == (known,)
        clock.advance(seconds=1)


def test_raw_points_that_come_while_others_are_removed_stay(
    store: InfluxStore, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(Batch([crossings(1, end=NOON + MINUTE)]))
    clock.advance(days=31)
    query = Connection.query

    def just_then(self: Connection, *statements: str) -> list[list[Series]]:
        if "count(" in statements[0]:
            monkeypatch.setattr(Connection, "query", query)
            store.write(Batch([crossings(2, end=NOON + 2 * MINUTE)]))
        return query(self, *statements)

    monkeypatch.setattr(Connection, "query", just_then)
    assert store.retain("square", KEEP, clock.now()).raw == 0
    assert entered(store) == (2,)
    clock.advance(days=1)
    assert store.retain("square", KEEP, clock.now()).raw == 2
    assert entered(store) == (2,)


def test_more_rows_than_one_answer_usually_holds_are_all_read(store: InfluxStore) -> None:
    store.write(Batch([crossings(seq, end=NOON + timedelta(seconds=seq)) for seq in range(1, 12_001)]))
    bins = quarter_hours(16)
    assert sum(n or 0 for n in store.flows("square", bins, ["door-a"])["door-a"].entered) == 12_000
    assert len(store.reports("square", "counter-a")) == 12_000


ranges = st.builds(
    lambda boot, first, length: Counted(boot, first, first + length),
    st.sampled_from([BOOT, "00000000000000bb"]), st.integers(1, 60), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(ranges))
def test_what_is_counted_survives_as_text_and_holds_the_same_reports(some: list[Counted]) -> None:
    def reports(those: list[Counted]) -> set[tuple[str, int]]:
        return {(one.boot, n) for one in those for n in range(one.first, one.last + 1)}

    read = from_text(to_text(some))
    assert read == joined(some)
    assert reports(read) == reports(some)


@given(st.sets(st.integers(0, 40)), st.integers(1, 5))
def test_spans_cover_their_slots_and_nothing_else(numbers: set[int], most: int) -> None:
    slot = QUARTER // timedelta(microseconds=1) * 1000
    found = spans((n * slot for n in numbers), most=most)
    covered = [start for first, last in found for start in range(first, last, slot)]
    assert covered == [n * slot for n in sorted(numbers)]
    assert all(last - first <= most * slot for first, last in found)
