"""Retention of the SQLite store: ranges of what was counted, in small steps, beside a writer, and by command."""

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.stores import NOON, crossings, quarter_hours
from tests.sites import write_square
from vilina_ingest.cli import ingest
from vilina_ingest.site import Retention
from vilina_ingest.sqlite_retain import AT_ONCE, Counted, joined
from vilina_ingest.store import Batch, Bins
from vilina_ingest.store_sqlite import SqliteStore

KEEP = Retention(raw_days=30, rollup_days=100)
MONTH = timedelta(days=31)
ROWS = 2 * AT_ONCE + 10


def second(seq: int, start: datetime = NOON) -> Batch:
    return Batch([crossings(seq, end=start + seq * timedelta(seconds=1), seconds=1.0)])


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), max_size=20))
def test_ranges_hold_exactly_what_was_counted(spans: list[tuple[int, int]]) -> None:
    ranges = [Counted("counter-a", "b", first, first + more, first) for first, more in spans]
    found = joined(ranges)
    assert {n for one in found for n in range(one.first, one.last + 1)} == {
        n for one in ranges for n in range(one.first, one.last + 1)
    }
    assert all(a.last + 1 < b.first for a, b in pairwise(found))
    assert {one.last_slot for one in found} <= {one.last_slot for one in ranges}


def test_what_was_counted_is_one_range_however_many_reports_and_in_however_many_steps(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "vilina.db")) as store:
        store.write(Batch([point for seq in range(1, ROWS + 1) for point in second(seq).points]))
        removed = store.retain("square", KEEP, NOON + MONTH)
        assert removed == (ROWS, 0)
        (report,) = store.reports("square", "counter-a")
        assert (report.first_seq, report.seq) == (1, ROWS)


def test_the_space_of_what_was_removed_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "vilina.db"
    sizes = []
    with closing(SqliteStore.open(path)) as store:
        for month in range(4):
            start = NOON + month * MONTH
            first = month * 20_000
            points = [p for seq in range(1, 20_001) for p in second(first + seq, start).points]
            store.write(Batch(points))
            store.retain("square", KEEP, start + MONTH + timedelta(days=2))
            sizes.append(path.stat().st_size)
    assert sizes[-1] < 1.2 * sizes[1]


def test_a_writer_gets_its_turn_while_old_rows_go(tmp_path: Path) -> None:
    path, done = tmp_path / "vilina.db", threading.Event()
    with closing(SqliteStore.open(path)) as store, closing(SqliteStore.open(path)) as other:
        store.write(Batch([point for seq in range(1, 8 * AT_ONCE) for point in second(seq).points]))

        def retain() -> None:
            try:
                other.retain("square", KEEP, NOON + MONTH)
            finally:
                done.set()

        thread = threading.Thread(target=retain)
        thread.start()
        written = 0
        while not done.wait(0.01):
            store.write(second(written + 1, NOON + MONTH))
            written += 1
        thread.join(10)
        assert written > 2
        day = Bins.regular(NOON + MONTH, NOON + MONTH + timedelta(days=1), timedelta(days=1))
        assert store.flows("square", day, ["door-a"])["door-a"].entered == (written,)


def test_the_command_removes_what_the_site_file_allows_no_longer(tmp_path: Path) -> None:
    site, path = write_square(tmp_path), tmp_path / "vilina.db"
    now = datetime.now(UTC)
    with closing(SqliteStore.open(path)) as store:
        store.write(second(1, now - timedelta(days=31)))
        store.write(second(2, now - timedelta(days=29)))
    result = CliRunner().invoke(ingest, ["retain", "--site", str(site), "--store", str(path)])
    assert result.exit_code == 0, result.output
    assert "removed 1 raw rows older than 30 days" in result.output
    missing = CliRunner().invoke(ingest, ["retain", "--site", str(site), "--store", str(tmp_path / "no.db")])
    assert missing.exit_code == 1
    assert "there is no store" in missing.output
    assert not (tmp_path / "no.db").exists()


def test_a_report_that_is_late_by_months_is_refused_by_nobody(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "vilina.db")) as store:
        store.write(second(9, NOON + MONTH))
        store.retain("square", KEEP, NOON + 2 * MONTH)
        for _ in range(2):
            store.write(second(1))
        series = store.flows("square", quarter_hours(1), ["door-a"])["door-a"]
    assert series.entered == (1,)
    assert series.coverage == pytest.approx((1 / 900,))
