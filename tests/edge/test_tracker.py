"""Who is who from frame to frame."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.edge.walks import Walk, boxes, hidden, seen, straight
from vilina_edge.counting.boxes import distinct, overlap
from vilina_edge.counting.tracker import Tracker
from vilina_edge.types import Detections


def tracks(frames: Sequence[Detections], *, per_second: float = 10) -> list[dict[int, tuple[float, float]]]:
    """Per frame, the position at which each person, by their number in the end, was seen."""
    tracker = Tracker()
    found: list[dict[int, tuple[float, float]]] = [{} for _ in frames]
    for index, detections in enumerate(frames):
        for track, sample in tracker.step(detections, index / per_second).samples:
            found[round(sample.at * per_second)][track] = (sample.x, sample.y)
    return found


def of(walks: Sequence[Walk], *, seconds: float = 6) -> list[Detections]:
    return [detections for detections, _ in seen(walks, per_second=10, seconds=seconds)]


def people(found: Sequence[dict[int, tuple[float, float]]]) -> set[int]:
    return {person for frame in found for person in frame}


ACROSS = straight((100, 200), (500, 200), seconds=5)


def test_one_person_stays_one() -> None:
    assert len(people(tracks(of([ACROSS])))) == 1


def test_the_first_positions_of_a_person_are_not_lost() -> None:
    found = tracks(of([ACROSS]))
    assert list(found[0].values()) == [(100, 200)]
    assert all(found[:50])


def test_two_people_who_pass_each_other_keep_who_they_are() -> None:
    found = tracks(of([ACROSS, straight((500, 215), (100, 215), seconds=5)]))
    assert len(people(found)) == 2
    first, second = found[0], found[49]
    assert {person: second[person][1] for person in first} == {person: first[person][1] for person in first}


def test_who_is_hidden_for_a_moment_stays_the_same_person() -> None:
    found = tracks(of([hidden(ACROSS, since=2, until=3.2)]))
    assert len(people(found)) == 1
    assert not found[25]


def test_who_is_hidden_and_comes_back_elsewhere_on_their_way_is_stitched() -> None:
    later = straight((100, 200), (500, 260), seconds=5)
    turned = [ACROSS(t / 10) if t < 20 else None if t < 46 else later(t / 10) for t in range(60)]
    frames = [boxes([place] if place else []) for place in turned]
    assert len(people(tracks(frames))) == 1


@pytest.mark.parametrize(("frame", "number"), [(None, 1), ((640, 400), 2), ((640, 600), 1)])
def test_who_is_first_seen_at_the_pictures_border_continues_nobody(
    frame: tuple[int, int] | None, number: int
) -> None:
    """Somebody vanishes inside the picture; 2.7 seconds later somebody's feet are at its lower border."""
    first, second = (
        straight((200, 250), (200, 330), seconds=3),
        straight((200, 400), (220, 330), seconds=3, begin=5.7),
    )
    tracker, known = Tracker(frame=frame), set[int]()
    for index in range(80):
        places = [place for walk in (first, second) if (place := walk(index / 10)) is not None]
        step = tracker.step(boxes(places), index / 10)
        known |= {track for track, _ in step.samples}
    assert len(known) == number


def test_who_is_gone_for_long_is_forgotten() -> None:
    tracker = Tracker()
    for index in range(10):
        tracker.step(boxes([(100, 200)]), index / 10)
    assert tracker.step(boxes([]), 20.0).gone == [1]


def test_a_single_flicker_is_nobody() -> None:
    frames = [boxes([(300, 200)] if index in (5, 6) else []) for index in range(20)]
    assert not people(tracks(frames))


def test_weak_detections_do_not_make_a_person() -> None:
    assert not people(tracks([boxes([(300, 200)], score=0.4)] * 20))


def test_weak_detections_keep_a_person() -> None:
    frames = [boxes([(300, 200)], score=0.4 if index > 5 else 0.9) for index in range(60)]
    assert all(tracks(frames))


def test_an_empty_scene_has_nobody() -> None:
    assert not people(tracks([boxes([])] * 5))


def test_the_same_person_detected_twice_counts_once() -> None:
    twice = Detections(
        np.array([[0, 0, 40, 100], [2, 3, 41, 99], [100, 0, 140, 100]], dtype=float),
        np.array([0.6, 0.9, 0.8]),
    )
    kept = distinct(twice, min_score=0.3)
    assert kept.score.tolist() == [0.9, 0.8]


def test_a_part_of_a_person_is_the_same_person_if_it_stands_on_the_same_feet() -> None:
    legs_and_head = Detections(
        np.array([[0, 0, 40, 100], [0, 55, 40, 100], [0, 0, 40, 45]], dtype=float), np.array([0.9, 0.8, 0.7])
    )
    assert distinct(legs_and_head, min_score=0.3).score.tolist() == [0.9, 0.7]


def test_overlap_is_that_of_areas() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    assert overlap(box, (5, 0, 15, 10)) == pytest.approx((1 / 3, 0.5))
    assert overlap(box, (20, 20, 30, 30)) == (0, 0)
    assert overlap(box, (0, 0, 5, 5)) == pytest.approx((0.25, 1))


def test_memory_does_not_grow_with_the_people_who_were_there() -> None:
    tracker = Tracker()
    alive: set[int] = set()
    most = 0
    for index in range(3000):
        x = 40 + 20 * (index % 50)
        step = tracker.step(boxes([(x, 200 + 300 * (index // 50 % 3))]), index / 10)
        alive |= {track for track, _ in step.samples}
        alive -= {new for new, _ in step.stitched} | set(step.gone)
        most = max(most, len(alive))
    assert most <= 6
