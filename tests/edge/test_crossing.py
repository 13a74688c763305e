"""What is a crossing and what is not."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.edge.truth import annotated_feet, error, overhead_detections, true_crossings, walked_paths
from tests.edge.walks import (
    START,
    counted,
    crossings,
    directions,
    hidden,
    seen,
    straight,
    tallies,
    through,
    timed,
)
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.counting.plane import Plane
from vilina_edge.recordings.mot import read_detections

DOWN = Line("door", 400, 0, 400, 400)
"""Its right-hand side is the left of the picture."""
ENTERING = straight((600, 200), (200, 200), seconds=5)
LEAVING = straight((200, 200), (600, 200), seconds=5)


def test_from_the_left_hand_side_of_the_arrow_to_the_right_is_entering() -> None:
    assert directions(crossings([ENTERING], DOWN)) == ["entered"]


def test_the_other_way_is_leaving() -> None:
    assert directions(crossings([LEAVING], DOWN)) == ["left"]


def test_turning_the_line_round_turns_the_direction_round() -> None:
    assert directions(crossings([ENTERING], Line("door", 400, 400, 400, 0))) == ["left"]


def test_a_u_turn_is_not_a_crossing() -> None:
    assert not crossings([through((600, 200), (405, 200), (600, 200), seconds=6)], DOWN)


def test_a_u_turn_just_behind_the_line_is_not_a_crossing() -> None:
    assert not crossings([through((600, 200), (396, 200), (600, 200), seconds=6)], DOWN)


def test_standing_on_the_line_is_not_a_crossing() -> None:
    sway = [(400 + 5 * (-1) ** i, 200.0) for i in range(20)]
    assert not crossings([through((600, 200), *sway, (600, 200), seconds=11)], DOWN)


def test_one_person_may_cross_many_times() -> None:
    there_and_back = through((600, 200), (200, 200), (600, 200), (200, 200), seconds=18)
    assert directions(crossings([there_and_back], DOWN, seconds=20)) == ["entered", "left", "entered"]


def test_passing_beside_the_ends_of_a_line_is_not_a_crossing() -> None:
    assert not crossings([ENTERING], Line("door", 400, 0, 400, 180))


def test_a_centre_that_leans_over_the_end_of_a_line_passes_it_and_a_foot_does_not() -> None:
    """Boxes of 40 by 100 px seen from above: a body height is three times the side of such a square, 190 px."""
    line = Line("door", 400, 0, 400, 130)
    frames = seen([straight((600, 200), (200, 200), seconds=5)], per_second=10, seconds=6)
    assert directions(counted(frames, [line], reference="centre")) == ["entered"]
    assert not counted(frames, [line])


def test_feet_may_lean_a_little_over_the_end_of_a_line_unless_the_floor_was_measured() -> None:
    line = Line("door", 400, 0, 400, 190.5)
    floor = Plane.fit([(0, 0), (800, 0), (800, 400), (0, 400)], [(0, 0), (8, 0), (8, 4), (0, 4)])
    frames = seen([ENTERING], per_second=10, seconds=6)
    assert directions(counted(frames, [line])) == ["entered"]
    assert not counted(frames, [line], plane=floor)


def test_walking_around_the_end_of_a_line_is_not_a_crossing() -> None:
    around = through((600, 100), (420, 100), (420, 300), (300, 300), (300, 100), seconds=12)
    assert not crossings([around], Line("door", 400, 0, 400, 200), seconds=14)


def test_coming_back_around_the_end_counts_only_the_way_through() -> None:
    way = through((600, 100), (300, 100), (300, 300), (600, 300), seconds=12)
    assert directions(crossings([way], Line("door", 400, 0, 400, 200), seconds=14)) == ["entered"]


def test_two_people_who_meet_on_the_line_both_count() -> None:
    other = straight((200, 230), (600, 230), seconds=5)
    assert sorted(directions(crossings([ENTERING, other], DOWN))) == ["entered", "left"]


def test_each_line_counts_for_itself() -> None:
    found = crossings([ENTERING], DOWN, Line("stairs", 300, 0, 300, 400), Line("far", 100, 0, 100, 400))
    assert [crossing.line for crossing in found] == ["door", "stairs"]


@pytest.mark.parametrize("per_second", [4, 7, 15, 30])
def test_the_frame_rate_does_not_matter(per_second: float) -> None:
    assert directions(crossings([ENTERING], DOWN, per_second=per_second)) == ["entered"]


def test_a_crossing_has_the_time_at_which_the_line_was_passed() -> None:
    (crossing,) = crossings([ENTERING], DOWN)
    assert abs(crossing.at - (START + timedelta(seconds=2.5))) < timedelta(seconds=0.1)


def test_a_crossing_is_decided_within_a_second() -> None:
    counter = Counter([DOWN])
    for detections, at in seen([ENTERING], per_second=10, seconds=6):
        for crossing in counter.step(detections, at):
            assert at - crossing.at < timedelta(seconds=1)
            return
    pytest.fail("the crossing was not decided while the person was in sight")


@pytest.mark.parametrize("per_second", [6, 10, 25])
def test_a_fast_walker_is_counted(per_second: float) -> None:
    # Four metres a second, where a body height is 1.7 m.
    running = straight((700, 200), (100, 200), seconds=2.5)
    assert directions(crossings([running], DOWN, per_second=per_second)) == ["entered"]


def test_a_group_side_by_side_counts_one_by_one() -> None:
    group = [straight((600, y), (200, y + 10), seconds=5) for y in (120, 165, 210, 255)]
    assert directions(crossings(group, DOWN)) == ["entered"] * 4


def test_a_group_in_a_row_counts_one_by_one() -> None:
    row = [straight((600, 200), (200, 200), seconds=5, begin=0.8 * i) for i in range(4)]
    assert directions(crossings(row, DOWN)) == ["entered"] * 4


def test_two_groups_through_each_other_count_each_way() -> None:
    coming = [straight((600, y), (200, y), seconds=5) for y in (120, 200, 280)]
    going = [straight((200, y), (600, y), seconds=5) for y in (160, 240)]
    found = directions(crossings([*coming, *going], DOWN))
    assert sorted(found) == ["entered"] * 3 + ["left"] * 2


def test_who_starts_inside_the_band_and_walks_on_has_not_crossed() -> None:
    assert not crossings([straight((397, 200), (200, 200), seconds=4)], DOWN)


def test_who_starts_inside_the_band_and_walks_over_the_line_has_crossed() -> None:
    assert directions(crossings([straight((406, 200), (200, 200), seconds=4)], DOWN)) == ["entered"]


def test_who_lingers_on_the_line_and_goes_on_counts_once() -> None:
    sway = [(400 + 5 * (-1) ** i, 200.0) for i in range(16)]
    assert directions(crossings([through((600, 200), *sway, (200, 200), seconds=11)], DOWN)) == ["entered"]


@pytest.mark.parametrize("per_second", [5, 10, 25])
def test_who_is_hidden_for_two_seconds_at_the_line_is_counted_whatever_the_frame_rate(
    per_second: float,
) -> None:
    behind_a_pillar = hidden(ENTERING, since=1.6, until=3.6)
    assert directions(crossings([behind_a_pillar], DOWN, per_second=per_second)) == ["entered"]


@pytest.mark.parametrize("per_second", [2, 3])
def test_rare_frames_are_enough_for_who_walks_calmly(per_second: float) -> None:
    calm = straight((600, 200), (200, 200), seconds=8)
    assert directions(crossings([calm], DOWN, per_second=per_second)) == ["entered"]


def test_frames_may_come_irregularly() -> None:
    random = np.random.default_rng(4)
    frames = [
        frame for frame in seen([ENTERING, LEAVING], per_second=30, seconds=7) if random.random() < 0.25
    ]
    assert sorted(directions(counted(frames, [DOWN]))) == ["entered", "left"]


def test_who_walks_out_is_not_mixed_up_with_who_walks_in() -> None:
    out = straight((200, 200), (20, 200), seconds=2)
    into = straight((620, 200), (250, 200), seconds=3, begin=3.2)
    frames = seen([out, into], per_second=10, seconds=8)
    line = Line("door", 500, 0, 500, 400)
    assert directions(counted(frames, [line], frame=(640, 400))) == ["entered"]


def test_on_a_measured_floor_bands_are_metres() -> None:
    # 100 px are 1 m: the band is 20 % of 1.7 m, so turning back 25 px behind the line is none, 45 px are two.
    floor = Plane.fit([(0, 0), (800, 0), (800, 400), (0, 400)], [(0, 0), (8, 0), (8, 4), (0, 4)])
    for beyond, found in ((25, []), (45, ["entered", "left"])):
        back = through((600, 200), (400 - beyond, 200), (400 - beyond, 210), (600, 210), seconds=11)
        frames = seen([back], per_second=10, seconds=12)
        assert directions(counted(frames, [DOWN], plane=floor)) == found


def test_who_vanishes_right_behind_the_line_has_crossed() -> None:
    assert directions(crossings([straight((600, 200), (394, 200), seconds=3)], DOWN)) == ["entered"]


def test_who_crosses_in_the_last_frames_counts_when_the_frames_end() -> None:
    counter = Counter([DOWN])
    frames = seen([ENTERING], per_second=10, seconds=2.9)
    before = [crossing for detections, at in frames for crossing in counter.step(detections, at)]
    assert (before, directions(counter.finish())) == ([], ["entered"])


def test_nobody_is_no_crossing() -> None:
    assert not crossings([], DOWN)


def test_a_clock_that_is_set_back_stops_no_counting() -> None:
    counter = Counter([DOWN])
    found = []
    for index, (detections, at) in enumerate(seen([ENTERING], per_second=10, seconds=8)):
        found += counter.step(detections, at - timedelta(hours=1) if index > 10 else at)
    assert directions(found) == ["entered"]
    assert abs(found[0].at - (START + timedelta(seconds=2.4, hours=-1))) < timedelta(seconds=0.3)


def test_a_clock_that_is_set_forward_only_forgets_who_was_there() -> None:
    counter = Counter([DOWN])
    found = []
    for index, (detections, at) in enumerate(seen([ENTERING], per_second=10, seconds=8)):
        found += counter.step(detections, at + timedelta(hours=1) if index > 10 else at)
    assert directions(found) == ["entered"]


def test_frames_that_all_say_the_same_instant_stop_no_counting() -> None:
    counter = Counter([DOWN])
    found = []
    walk = straight((480, 200), (200, 200), seconds=4)
    for index, (detections, at) in enumerate(seen([walk], per_second=10, seconds=8)):
        shown = at if index < 5 else START + timedelta(seconds=1) if index < 10 else at + timedelta(seconds=2)
        found += counter.step(detections, shown)
    assert directions(found) == ["entered"]


STREET = (Line("down", 384, 0, 384, 576), Line("across", 0, 300, 768, 300))


def test_a_street_is_counted_within_two_of_66_from_its_public_detections(test_data: Path) -> None:
    folder = test_data / "mot" / "PETS09-S2L1"
    true = true_crossings(annotated_feet(folder / "gt.txt").values(), STREET, band=4)
    found = counted(timed(read_detections(folder / "det.txt"), per_second=7), STREET)
    assert true.total() == 66
    assert error(tallies(found), true) <= 2


def test_people_who_are_close_to_the_camera_are_counted_within_three_of_ten(test_data: Path) -> None:
    folder = test_data / "mot" / "TUD-Campus"
    lines = (Line("x=320", 320, 0, 320, 480), Line("x=200", 200, 0, 200, 480))
    true = true_crossings(annotated_feet(folder / "gt.txt").values(), lines, band=4)
    found = counted(timed(read_detections(folder / "det.txt"), per_second=25), lines)
    assert error(tallies(found), true) <= 3


def test_480_people_in_a_corridor_seen_from_above_are_counted_exactly(test_data: Path) -> None:
    file = test_data / "trajectories" / "bi_corr_400_b_03.txt"
    middle = (Line("middle", 0, -1000, 0, 1000),)
    true = true_crossings(walked_paths(file).values(), middle, band=20)
    frames = timed(overhead_detections(file, noise_cm=0, drops=0), per_second=25)
    found = tallies(counted(frames, middle, reference="centre"))
    assert found == true == {("middle", "entered"): 249, ("middle", "left"): 231}
