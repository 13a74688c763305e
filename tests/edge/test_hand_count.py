"""A session of counting by hand, against a counter whose reports the test writes, or makes with the real tally."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.clocks import TestClock
from vilina_edge.delivery.tally import Tally
from vilina_edge.technician.hand_count import (
    PATIENCE_S,
    Hole,
    HoleReason,
    Session,
    Span,
    Stage,
    instants,
    sorted_out,
)
from vilina_edge.types import Crossing, Direction
from vilina_edge.wire import GapReason, LineCount, Report

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT = "00000000000000aa"


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def report(
    start: float,
    end: float,
    *,
    entered: int = 0,
    left: int = 0,
    other: int = 0,
    seq: int | None = None,
    first_seq: int | None = None,
    gap: GapReason | None = None,
    time_uncertain: bool = False,
) -> Report:
    """A report of two lines; seconds after noon, which also give the number."""
    return Report(
        counter="counter-a", boot=BOOT, seq=seq or int(end * 10) + 10_000, start=at(start), end=at(end),
        lines=(
            LineCount(line="middle", entered=entered, left=left),
            LineCount(line="across", entered=other, left=0),
        ),
        first_seq=first_seq, gap=gap, time_uncertain=time_uncertain,
    )  # fmt: skip


def began() -> tuple[Session, TestClock]:
    """Counting at the line in the middle since noon."""
    clock = TestClock(NOON)
    session = Session(clock)
    session.begin("begin", "middle", NOON)
    return session, clock


def tap(session: Session, *seconds: float, direction: Direction = "entered") -> None:
    for one in seconds:
        session.tap(f"{direction}{one}", direction, at(one))


def finish(session: Session, clock: TestClock, seconds: float) -> None:
    clock.advance(seconds=seconds - (clock.now() - NOON).total_seconds())
    session.finish(f"finish{seconds}", at(seconds))


def numbers(session: Session) -> list[tuple[int, int, int, int]]:
    """By hand, counted, missed and false, of each direction."""
    return [(c.by_hand, c.counted, c.missed, c.false) for c in session.comparison().hand_counts]


def of_tally(walks: Sequence[tuple[float, Direction, float]], until: float) -> list[Report]:
    """The reports of a real tally for people who pass (seconds, direction, seconds until that is decided)."""
    tally = Tally(counter="counter-a", boot=BOOT, lines=("middle", "across"), start=at(-20))
    made: list[Report] = []
    for passed, direction, delay in sorted(walks, key=lambda walk: walk[0] + walk[2]):
        made += tally.step([Crossing("middle", direction, at(passed))], [], at(passed + delay))
    return [*made, *tally.close_due(at(until))]


def test_the_only_crossing_of_a_report_happened_a_second_and_a_half_before_its_end() -> None:
    assert instants(report(0, 30, entered=1), "middle", "entered") == [at(28.5)]
    assert instants(report(0, 30, entered=1), "middle", "left") == []


def test_several_crossings_of_a_report_are_spread_over_the_second_after_the_first() -> None:
    assert instants(report(0, 30, entered=4), "middle", "entered") == [at(28.5 + k / 4) for k in range(4)]


def test_a_crossing_beside_one_of_another_line_may_have_been_the_first_or_the_second() -> None:
    assert instants(report(0, 30, entered=1, other=1), "middle", "entered") == [at(28.75)]


def test_people_who_pass_as_a_real_tally_reports_them_are_all_found_again() -> None:
    dice = random.Random(3)
    session, clock = began()
    walks: list[tuple[float, Direction, float]] = [
        (dice.uniform(5, 595), dice.choice(["entered", "left"]), dice.uniform(0.2, 1.0)) for _ in range(200)
    ]
    for passed, direction, _ in walks:
        tap(session, passed + dice.uniform(0.0, 1.0), direction=direction)
    for one in of_tally(walks, 700):
        session.hear(one)
    finish(session, clock, 600)
    assert session.stage is Stage.RESULT
    entered = sum(direction == "entered" for _, direction, _ in walks)
    assert numbers(session) == [(entered, entered, 0, 0), (200 - entered, 200 - entered, 0, 0)]


def test_who_was_missed_and_what_was_false_is_told_apart_for_each_direction() -> None:
    session, clock = began()
    tap(session, 20, 40, 60)
    tap(session, 50, direction="left")
    for one in (report(-5, 21, entered=1), report(21, 41, entered=1), report(41, 90, entered=1, left=1)):
        session.hear(one)
    session.hear(report(90, 150))
    finish(session, clock, 120)
    assert numbers(session) == [(3, 3, 1, 1), (1, 1, 1, 1)]


def test_a_repeated_tap_a_repeated_undo_and_a_repeated_report_count_once() -> None:
    session, clock = began()
    tap(session, 20, 20, 40, 60)
    for _ in range(2):
        session.undo("undo", "entered60")
        session.hear(report(-5, 21, entered=1))
    session.hear(report(21, 100, entered=0))
    finish(session, clock, 90)
    assert [tap.at for tap in session.taps.values()] == [at(20), at(40)]
    assert numbers(session)[0] == (2, 1, 1, 0)


def test_an_undo_that_overtakes_its_tap_holds() -> None:
    session, _ = began()
    session.undo("undo", "entered20")
    tap(session, 20)
    assert session.taps == {}


def test_after_the_finish_the_reports_of_the_last_minute_are_waited_for() -> None:
    session, clock = began()
    session.hear(report(-5, 50))
    finish(session, clock, 100)
    stages = [session.stage]
    clock.advance(seconds=10)
    assert session.patience_s == PATIENCE_S - 10
    session.hear(report(50, 110))
    stages.append(session.stage)
    assert stages == [Stage.WAITING, Stage.RESULT]
    assert session.comparison().spans == (Span(NOON, at(100)),)


def test_minutes_that_the_counter_never_reported_are_not_compared() -> None:
    session, clock = began()
    tap(session, 20, 70, 80)
    session.hear(report(-5, 21.5, entered=1))
    session.hear(report(21.5, 60))
    finish(session, clock, 100)
    clock.advance(seconds=PATIENCE_S)
    assert session.stage is Stage.RESULT
    compared = session.comparison()
    assert compared.spans == (Span(NOON, at(60)),)
    assert compared.holes == (Hole(at(60), at(100), "not_reported"),)
    assert numbers(session)[0] == (1, 1, 0, 0)
    assert compared.left_out == 2


def test_a_counter_that_said_nothing_is_not_compared_at_all() -> None:
    session, clock = began()
    tap(session, 20)
    finish(session, clock, 100)
    clock.advance(seconds=PATIENCE_S)
    assert session.comparison().spans == ()
    assert not session.comparison().anybody


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (report(30, 60, gap="dark"), "dark"),
        (report(30, 60, entered=1, time_uncertain=True), "time_uncertain"),
        (report(30, 60, entered=3, seq=900, first_seq=880), "merged"),
    ],
)
def test_time_in_which_the_counter_knew_nothing_for_sure_is_not_compared(
    bad: Report, reason: HoleReason
) -> None:
    session, clock = began()
    tap(session, 20, 45, 80)
    for one in (report(-5, 21.5, entered=1), report(21.5, 30), bad, report(60, 81.5, entered=1)):
        session.hear(one)
    session.hear(report(81.5, 130))
    finish(session, clock, 120)
    assert session.comparison().holes == (Hole(at(30), at(60), reason),)
    assert numbers(session)[0] == (2, 2, 0, 0)
    assert session.comparison().left_out == 1


def test_reports_that_were_merged_but_say_that_nobody_passed_can_be_compared() -> None:
    spans, holes = sorted_out([report(0, 300, seq=9, first_seq=2)], Span(NOON, at(300)), "middle")
    assert spans == [Span(NOON, at(300))]
    assert holes == []


def test_time_that_was_there_twice_because_the_clock_was_set_back_is_not_compared() -> None:
    spans, holes = sorted_out([report(0, 60), report(40, 90)], Span(NOON, at(90)), "middle")
    assert spans == [Span(NOON, at(40)), Span(at(60), at(90))]
    assert holes == [Hole(at(40), at(60), "time_uncertain")]


def test_reports_in_any_order_are_compared_as_if_they_had_come_in_order() -> None:
    reports = [report(n, n + 1, entered=1) for n in range(60)]
    random.Random(1).shuffle(reports)
    spans, holes = sorted_out(reports, Span(at(5), at(55)), "middle")
    assert (spans, holes) == ([Span(at(5), at(55))], [])


def test_somebody_who_passes_right_at_the_finish_is_neither_missed_nor_false() -> None:
    session, clock = began()
    tap(session, 20, 99.9)
    session.hear(report(-5, 21.5, entered=1))
    session.hear(report(21.5, 100.2))
    finish(session, clock, 100)
    assert numbers(session)[0] == (1, 1, 0, 0)
    assert session.comparison().left_out == 1


def test_counting_goes_on_after_a_result_and_the_pause_is_not_compared() -> None:
    session, clock = began()
    tap(session, 20)
    session.hear(report(-5, 21.5, entered=1))
    session.hear(report(21.5, 60))
    finish(session, clock, 50)
    assert session.stage is Stage.RESULT
    session.begin("again", "middle", at(100))
    session.hear(report(60, 81.5, entered=1))
    session.hear(report(81.5, 120))
    tap(session, 130)
    session.hear(report(120, 131.5, entered=1))
    session.hear(report(131.5, 190))
    finish(session, clock, 150)
    compared = session.comparison()
    assert compared.spans == (Span(NOON, at(50)), Span(at(100), at(150)))
    assert numbers(session)[0] == (2, 2, 0, 0)
    assert session.counted_s == 100
    validation = compared.validation("00000000000000bb")
    assert (validation.start, validation.end, validation.line) == (NOON, at(150), "middle")


def test_before_the_begin_only_the_last_minutes_are_remembered() -> None:
    session = Session(TestClock(at(4000)))
    for minute in range(60):
        session.hear(report(60 * minute, 60 * minute + 60, entered=1))
    session.begin("begin", "middle", at(3400))
    session.finish("finish", at(3600))
    assert session.comparison().spans == (Span(at(3420), at(3600)),)
