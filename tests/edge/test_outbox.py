"""The outbox keeps what the site has not stored, whatever happens."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vilina_edge.delivery.merging import compacted, merge
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.errors import OutboxError
from vilina_edge.wire import AreaPresence, Committed, LineCount, Report

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT, OTHER = "00000000000000aa", "00000000000000bb"


def report(seq: int, *, boot: str = BOOT, entered: int = 1, seconds: int = 60) -> Report:
    return Report(
        counter="counter-a", boot=boot, seq=seq,
        start=NOON + timedelta(seconds=seconds * (seq - 1)), end=NOON + timedelta(seconds=seconds * seq),
        lines=(LineCount(line="door", entered=entered, left=0),),
    )  # fmt: skip


def sequences(reports: Sequence[Report]) -> list[int]:
    return [n for r in reports for n in range(r.first, r.seq + 1)]


def kept(outbox: Outbox) -> list[Report]:
    return [entry.report for entry in outbox.oldest(10_000)]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox.open(tmp_path / "outbox.db")
    yield opened
    opened.close()


def test_reports_stay_until_they_are_acknowledged(outbox: Outbox) -> None:
    outbox.add(report(n) for n in range(1, 6))
    outbox.acknowledge([Committed(boot=BOOT, first=2, last=4), Committed(boot=OTHER, first=1, last=9)])
    assert [r.seq for r in kept(outbox)] == [1, 5]
    assert len(outbox) == 2


def test_reports_are_there_after_opening_again(tmp_path: Path) -> None:
    first = Outbox.open(tmp_path / "outbox.db")
    first.mark_sent(first.add([report(1), report(2)])[:1])
    first.close()
    again = Outbox.open(tmp_path / "outbox.db")
    assert [(entry.report, entry.sent) for entry in again.oldest(9)] == [
        (report(1), True),
        (report(2), False),
    ]
    assert len(again) == 2
    again.close()


def test_over_the_cap_the_oldest_become_one_per_quarter_of_an_hour(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.db", max_reports=200)
    outbox.add(report(n, entered=n % 3) for n in range(1, 202))
    reports = kept(outbox)
    assert len(outbox) == len(reports) < 120
    assert sequences(reports) == list(range(1, 202))
    assert sum(r.lines[0].entered for r in reports) == sum(n % 3 for n in range(1, 202))
    assert all(r.seconds <= 900 for r in reports)


def test_what_may_have_been_stored_is_never_merged(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.db", max_reports=200)
    outbox.mark_sent(outbox.add(report(n) for n in range(1, 31))[4:8])
    outbox.add(report(n) for n in range(31, 202))
    alone = {r.seq for r in kept(outbox) if r.first == r.seq}
    assert {5, 6, 7, 8} <= alone
    assert sequences(kept(outbox)) == list(range(1, 202))


def test_when_even_merged_reports_are_too_many_the_loss_is_reported_as_a_gap(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.db", max_reports=150)
    for n in range(1, 400):
        outbox.add([report(n, seconds=900)])
    reports = kept(outbox)
    assert len(outbox) <= 151
    assert sequences(reports) == list(range(1, 400))
    assert reports[0].gap == "outbox_full"
    assert reports[-1].gap is None


def test_reports_of_two_boots_are_never_merged() -> None:
    assert compacted([report(1), report(1, boot=OTHER)]) == [report(1), report(1, boot=OTHER)]


def test_a_file_that_is_not_an_outbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, however long it gets" * 200)
    with pytest.raises(OutboxError, match=r"notes\.txt"):
        Outbox.open(tmp_path / "notes.txt")


def test_a_report_is_never_kept_twice_or_in_part(outbox: Outbox) -> None:
    outbox.add([report(1)])
    with pytest.raises(OutboxError):
        outbox.add([report(2), report(1)])
    assert [r.seq for r in kept(outbox)] == [1]
    assert len(outbox) == 1


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 50)), min_size=1, max_size=12))
@settings(deadline=None)
def test_merging_keeps_every_count_and_all_of_the_time(parts: list[tuple[int, int]]) -> None:
    reports, at = [], NOON
    for seq, (seconds, people) in enumerate(parts, start=1):
        end = at + timedelta(seconds=seconds)
        area = AreaPresence(area="queue", mean=float(people), most=people, dwell=(people, 1))
        line = LineCount(line="door", entered=people, left=seconds)
        reports.append(
            Report(counter="c", boot=BOOT, seq=seq, start=at, end=end, lines=(line,), areas=(area,))
        )
        at = end
    one = merge(reports)
    assert (one.start, one.end, one.first, one.seq) == (NOON, at, 1, len(parts))
    assert one.lines[0].entered == sum(people for _, people in parts)
    assert one.areas[0].mean == pytest.approx(sum(s * p for s, p in parts) / sum(s for s, _ in parts))
    assert one.areas[0].dwell == (sum(people for _, people in parts), len(parts))


def test_only_reports_that_follow_each_other_can_be_merged() -> None:
    with pytest.raises(ValueError, match="follow each other"):
        merge([report(1), report(3)])
