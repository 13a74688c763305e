"""When reports close and what they say."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vilina_edge.delivery.tally import Tally
from vilina_edge.types import Crossing
from vilina_edge.wire import SLOT, Report

START = datetime(2026, 3, 2, 12, 3, 7, 123000, tzinfo=UTC)
EPOCH = datetime.fromtimestamp(0, UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def tally(start: datetime = START) -> Tally:
    return Tally(counter="counter-a", boot="00000000000000aa", lines=["door", "stairs"], start=start)


def entering(at: datetime, line: str = "door") -> list[Crossing]:
    return [Crossing(line, "entered", at)]


def entered(reports: Iterable[Report]) -> int:
    return sum(count.entered for report in reports for count in report.lines)


def test_a_quiet_door_says_so_once_a_minute() -> None:
    quiet = tally()
    assert quiet.close_due(after(59.9)) == []
    (report,) = quiet.close_due(after(60))
    assert (report.start, report.end, report.seq) == (START, after(60), 1)
    assert [(c.line, c.entered, c.left) for c in report.lines] == [("door", 0, 0), ("stairs", 0, 0)]


def test_a_crossing_is_reported_one_second_later() -> None:
    busy = tally()
    busy.add(entering(after(10)), after(10.2))
    busy.add(entering(after(10.8)), after(11.0))
    assert busy.close_due(after(11.1)) == []
    (report,) = busy.close_due(after(11.2))
    assert report.end == after(11.2)
    assert entered([report]) == 2


def test_no_report_reaches_across_a_quarter_of_an_hour() -> None:
    late = tally(datetime(2026, 3, 2, 12, 14, 30, tzinfo=UTC))
    (report,) = late.close_due(datetime(2026, 3, 2, 12, 15, tzinfo=UTC))
    assert report.end == datetime(2026, 3, 2, 12, 15, tzinfo=UTC)


def test_time_without_frames_is_a_gap() -> None:
    blind = tally()
    (seen,) = blind.close(after(5))
    reports = blind.close(after(130), gap="no_frames")
    assert seen.gap is None
    assert [report.gap for report in reports] == ["no_frames"] * 3
    assert reports[-1].end == after(130)


def test_a_crossing_of_the_last_instant_is_kept() -> None:
    ending = tally()
    ending.close(after(5))
    ending.add(entering(after(5)), after(5))
    assert entered(ending.close(after(5))) == 1


def test_a_clock_that_was_never_set_makes_reports_uncertain() -> None:
    past = tally(datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    (report,) = past.close(datetime(1970, 1, 1, 0, 5, 10, tzinfo=UTC))
    assert report.time_uncertain


def test_a_clock_that_goes_backwards_loses_nothing() -> None:
    jumping = tally()
    jumping.add(entering(after(3)), after(3))
    assert jumping.close_due(after(-86_400)) == []
    assert entered(jumping.close_due(after(60))) == 1


@given(st.lists(st.tuples(st.floats(0.01, 40), st.integers(0, 3)), max_size=60))
def test_reports_follow_each_other_without_a_hole_and_count_every_crossing_once(
    steps: list[tuple[float, int]],
) -> None:
    counting, at, reports, true = tally(), START, [], 0
    for seconds, people in steps:
        at += timedelta(seconds=seconds)
        counting.add(entering(at) * people, at)
        reports += counting.close_due(at)
        true += people
    reports += counting.close(at)
    assert entered(reports) == true
    assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
    assert all(earlier.end == later.start for earlier, later in pairwise(reports))
    assert all(
        (r.start - EPOCH) // SLOT == (r.end - timedelta(milliseconds=1) - EPOCH) // SLOT for r in reports
    )
    assert all(r.end - r.start <= timedelta(seconds=60) for r in reports)
