"""People as what moves."""

from datetime import timedelta

import numpy as np
import pytest

from tests.edge.videos import HEIGHT, WIDTH, discs, walking_right
from tests.edge.walks import START, counted, directions
from vilina_edge.counting.line import Line
from vilina_edge.types import Detections, Frame, Image
from vilina_edge.vision.detectors import make_detector

MIDDLE = Line("middle", 160, 240, 160, 0)


def watched(images: list[Image]) -> list[Detections]:
    detector = make_detector("motion")
    return [detector(Frame(image, START + timedelta(seconds=i / 10), i)) for i, image in enumerate(images)]


def test_who_moves_is_found_where_they_are() -> None:
    places = walking_right(40)
    seen = watched(list(discs(places)))
    for detections, (place, *_) in list(zip(seen, places, strict=True))[15:45]:
        (box,) = detections.xyxy
        assert (box[:2] + box[2:]) / 2 == pytest.approx(place, abs=6)
        assert box[2:] - box[:2] == pytest.approx([24, 24], abs=12)


def test_who_walks_over_a_line_is_counted() -> None:
    seen = watched(list(discs(walking_right(40))))
    frames = [(detections, START + timedelta(seconds=i / 10)) for i, detections in enumerate(seen)]
    assert directions(counted(frames, [MIDDLE], reference="centre")) == ["entered"]


def test_two_people_side_by_side_are_two() -> None:
    alone = walking_right(40)
    pair = [[(x, y - 13), (x, y + 13)] for ((x, y),) in walking_right(40, empty=0)]
    seen = watched(list(discs(alone + pair)))
    assert np.median([len(detections) for detections in seen[60:85]]) == 2


def test_two_who_come_together_stay_two_however_close_they_walk() -> None:
    apart = [40 - min(i, 33, 66 - i) for i in range(67)]
    meeting = [[(20 + 4 * i, 120 - by), (20 + 4 * i, 120 + by)] for i, by in enumerate(apart)]
    seen = watched(list(discs(walking_right(40) + meeting)))
    assert {len(detections) for detections in seen[60:110]} == {2}


def test_a_large_person_is_one_even_where_a_stride_makes_them_twice_as_large_as_usual() -> None:
    path = walking_right(40, empty=0)
    large = [*discs(path[:20], radius=15), *discs(path[20:28], radius=18), *discs(path[28:], radius=15)]
    seen = watched(list(discs(walking_right(40))) + large)
    assert {len(detections) for detections in seen[55:85]} == {1}


def test_somebody_small_who_stands_there_for_long_does_not_make_others_two() -> None:
    stands = [[(160.0, 120.0)]] * 60
    seen = watched(
        list(discs(walking_right(40)))
        + list(discs(walking_right(30, empty=0)[:15] + stands, radius=8))
        + list(discs([[]] * 5 + walking_right(40, empty=0)))
    )
    assert {len(detections) for detections in seen[-30:-10]} == {1}


@pytest.mark.parametrize("radius", [6, 24], ids=["half as large", "twice as large"])
def test_a_wrong_idea_of_the_usual_size_is_given_up(radius: int) -> None:
    wrong = list(discs(walking_right(30), radius=radius))
    right = [image for _ in range(6) for image in discs(walking_right(30, empty=2))]
    seen = watched(wrong + right)
    assert {len(detections) for detections in seen[-25:-5]} == {1}


def test_an_empty_room_has_nobody() -> None:
    assert not any(map(len, watched(list(discs([[]] * 30)))))


def test_the_light_going_on_is_nobody() -> None:
    dark = np.full((HEIGHT, WIDTH, 3), 40, dtype=np.uint8)
    assert not any(map(len, watched([dark] * 20 + [dark + 120] * 20)))


def test_boxes_are_in_pixels_of_a_large_frame_too() -> None:
    images = [np.kron(image, np.ones((4, 4, 1), dtype=np.uint8)) for image in discs(walking_right(20))]
    (box,) = watched(images)[20].xyxy
    assert box[2:] - box[:2] == pytest.approx([96, 96], abs=40)
