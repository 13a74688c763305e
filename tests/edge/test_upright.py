"""Where people are of whom the camera sees a part only: against the rendered camera, which projects on its own."""

import math

import numpy as np
import pytest

from tests.edge.test_lean import VIEWS, measured
from vilina_edge.counting.plane import Plane
from vilina_edge.counting.upright import upright
from vilina_edge.simulation.rendering import some_look
from vilina_edge.simulation.scene import Look, Scene, Walker
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.simulation.view import View
from vilina_edge.types import Detections, Floats

SCENE = VIEWS["along"]
ADULT = some_look(np.random.default_rng(3))
CHILD = Look(ADULT.jacket, ADULT.trousers, ADULT.hair, bag=None, size=0.65)
FAR = (6.6, 4.0)
NEAR = (5.8, 4.0)
"""In a file that walks away from the camera, 0.8 m apart; metres."""


def boxes_of(*people: tuple[Look, tuple[float, float]], scene: Scene = SCENE) -> Floats:
    return true_boxes(scene, [Walker(look, x, y, (1.0, 0.0), 0.0, 0.0) for look, (x, y) in people])


def amended(boxes: Floats, plane: Plane) -> Floats:
    assert plane.lean is not None
    return upright(Detections(boxes, np.ones(len(boxes))), plane.lean).xyxy


def off(box: Floats, place: tuple[float, float], plane: Plane) -> float:
    """Metres from where somebody stands to where the box says they do."""
    assert plane.lean is not None
    found = plane.lean.at(float(box[0] + box[2]) / 2, float(box[3]))
    return math.dist(found or (math.inf, math.inf), place)


def test_who_is_hidden_from_the_chest_down_stands_where_the_head_says() -> None:
    plane = measured(SCENE.view)
    boxes = boxes_of((ADULT, FAR), (ADULT, NEAR))
    boxes[0, 3] = boxes[1, 1] + 0.1 * (boxes[1, 3] - boxes[1, 1])
    assert off(boxes[0], FAR, plane) > 0.8
    assert off(amended(boxes, plane)[0], FAR, plane) < 0.2


def test_two_in_a_file_who_are_seen_as_one_stand_where_the_farther_head_is() -> None:
    plane = measured(SCENE.view)
    far, near = boxes_of((ADULT, FAR), (ADULT, NEAR))
    both = np.array([[*np.minimum(far[:2], near[:2]), *np.maximum(far[2:], near[2:])]])
    assert off(both[0], FAR, plane) > 0.6
    assert off(amended(both, plane)[0], FAR, plane) < 0.2


def test_who_walks_out_of_the_picture_feet_first_is_where_the_head_says() -> None:
    plane, place = measured(SCENE.view), (3.9, 4.0)
    boxes = boxes_of((ADULT, place))
    boxes[0, 3] = min(boxes[0, 3], SCENE.size[1])
    assert off(boxes[0], place, plane) > 0.2
    assert off(amended(boxes, plane)[0], place, plane) < 0.15


@pytest.mark.parametrize("view", VIEWS)
def test_who_is_seen_whole_stays_where_seen(view: str) -> None:
    scene = VIEWS[view]
    plane = measured(scene.view)
    boxes = boxes_of((ADULT, (6.2, 3.4)), (ADULT, (6.2, 4.6)), scene=scene)
    np.testing.assert_array_equal(amended(boxes, plane), boxes)


def test_a_child_whom_nobody_hides_stays_where_seen() -> None:
    plane = measured(SCENE.view)
    boxes = boxes_of((CHILD, FAR))
    np.testing.assert_array_equal(amended(boxes, plane), boxes)


def test_a_head_that_the_picture_cuts_off_says_nothing() -> None:
    plane = measured(SCENE.view)
    boxes = boxes_of((ADULT, FAR), (ADULT, NEAR))
    boxes[0, [1, 3]] = 0.0, boxes[1, 1] + 5
    np.testing.assert_array_equal(amended(boxes, plane), boxes)


def test_a_camera_at_the_height_of_heads_cannot_tell() -> None:
    low = measured(View(x=1.0, y=4.0, height=2.0, focal=420.0, tilt=70.0, heading=0.0))
    boxes = np.array([[300.0, 100.0, 340.0, 130.0], [290.0, 90.0, 350.0, 400.0]])
    np.testing.assert_array_equal(amended(boxes, low), boxes)


def test_metres_may_be_counted_the_other_way_round() -> None:
    boxes = boxes_of((ADULT, FAR), (ADULT, NEAR))
    boxes[0, 3] = boxes[1, 1] + 20
    mirrored = measured(SCENE.view, mirrored=True)
    np.testing.assert_allclose(amended(boxes, mirrored), amended(boxes, measured(SCENE.view)))


def test_nobody_is_nobody() -> None:
    plane = measured(SCENE.view)
    assert amended(np.empty((0, 4)), plane).shape == (0, 4)
