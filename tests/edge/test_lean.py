"""Where somebody stands whose box is seen: against the rendered camera, which projects bodies on its own."""

import math

import numpy as np
import pytest

from vilina_edge.counting.lean import Lean
from vilina_edge.counting.plane import Plane
from vilina_edge.simulation.rendering import some_look
from vilina_edge.simulation.scene import OVERHEAD, Scene, Walker
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.simulation.view import View

CORNERS = np.array([(5.0, 2.5), (5.0, 5.5), (7.5, 5.5), (7.5, 2.5)])
"""Of a piece of the floor, metres."""
VIEWS = {
    "along": Scene.at_an_angle(door=3.0, tilt=50.0),
    "oblique": Scene.at_an_angle(door=3.0, tilt=55.0, heading=40.0),
    "against": Scene.at_an_angle(door=1.2, tilt=45.0, heading=180.0),
}
every_view = pytest.mark.parametrize("scene", VIEWS.values(), ids=VIEWS.keys())


def measured(view: View, *, error_m: float = 0.0, mirrored: bool = False) -> Plane:
    """The floor as a technician measures it, who may count metres the other way round."""
    pixels = view.seen(np.column_stack([CORNERS, np.zeros(4)]))
    metres = CORNERS + np.random.default_rng(1).normal(0, error_m, CORNERS.shape)
    if mirrored:
        metres = metres * [1, -1]
    return Plane.fit(
        [(x, y) for x, y in pixels.tolist()], [(x, y) for x, y in metres.tolist()], size=view.size
    )


def standing(scene: Scene, *, count: int = 40) -> list[Walker]:
    """People who stand about the door and face anywhere."""
    rng = np.random.default_rng(2)
    return [
        Walker(
            some_look(rng), scene.wall + rng.uniform(-1, 1), scene.depth / 2 + rng.uniform(-1.4, 1.4),
            (math.cos(angle), math.sin(angle)), 0.0, 0.0,
        )
        for angle in rng.uniform(0, 2 * math.pi, count)
    ]  # fmt: skip


def off(scene: Scene, plane: Plane | Lean) -> float:
    """Metres, root mean square, between where people stand and where their boxes say they do."""
    people = standing(scene)
    boxes = true_boxes(scene, people)
    places = [plane.at((x1 + x2) / 2, y2) for x1, _, x2, y2 in boxes.tolist()]
    assert None not in places
    apart = [math.dist(place or (0, 0), (who.x, who.y)) for place, who in zip(places, people, strict=True)]
    return math.sqrt(np.mean(np.square(apart)))


@every_view
def test_people_stand_where_their_boxes_say_they_do_within_a_hands_breadth(scene: Scene) -> None:
    plane = measured(scene.view)
    assert plane.lean is not None
    assert off(scene, plane.lean) < 0.1
    assert off(scene, plane) > 1.5 * off(scene, plane.lean)


@every_view
def test_a_floor_measured_within_five_centimetres_is_enough(scene: Scene) -> None:
    plane = measured(scene.view, error_m=0.05)
    assert plane.lean is not None
    assert off(scene, plane.lean) < 0.15


@every_view
def test_the_camera_is_where_it_hangs(scene: Scene) -> None:
    plane = measured(scene.view)
    assert plane.lean is not None
    assert plane.lean.below == pytest.approx((scene.view.x, scene.view.y))
    expected = scene.view.projection / scene.view.projection[2, 3]
    assert np.allclose(plane.lean.projection / plane.lean.projection[2, 3], expected)


def test_metres_may_be_counted_the_other_way_round() -> None:
    scene = VIEWS["oblique"]
    plane, mirrored = measured(scene.view), measured(scene.view, mirrored=True)
    assert plane.lean is not None
    assert mirrored.lean is not None
    x, y = plane.lean.at(100, 200) or (0, 0)
    assert mirrored.lean.at(100, 200) == pytest.approx((x, -y))


def test_a_camera_that_looks_straight_down_and_one_that_cannot_be_tell_nothing() -> None:
    assert measured(OVERHEAD).lean is None
    impossible = Plane.fit(
        [(100, 400), (540, 400), (400, 200), (240, 200)], [(0, 0), (4, 0), (4, 2), (0, 2)], size=(640, 480)
    )
    assert impossible.lean is None


def test_above_the_horizon_nobody_stands() -> None:
    lean = measured(View(x=1.0, y=4.0, height=3.0, focal=420.0, tilt=75.0, heading=0.0)).lean
    assert lean is not None
    assert lean.at(320, 10) is None


def test_without_the_pictures_size_a_floor_knows_no_lean() -> None:
    scene = VIEWS["along"]
    pixels = scene.view.seen(np.column_stack([CORNERS, np.zeros(4)])).tolist()
    assert Plane.fit(pixels, CORNERS.tolist()).lean is None


def test_somebody_near_the_jamb_stands_before_it_and_not_behind_it() -> None:
    """Who stands 0.3 m from the jamb is seen, by the middle of the box alone, outside of the door."""
    scene = VIEWS["along"]
    edge = scene.opening[1]
    walker = Walker(some_look(np.random.default_rng(1)), scene.wall, edge - 0.2, (1.0, 0.0), 0.0, 0.0)
    ((x1, _, x2, y2),) = true_boxes(scene, [walker]).tolist()
    plane = measured(scene.view)
    assert plane.lean is not None
    plain, known = plane.at((x1 + x2) / 2, y2), plane.lean.at((x1 + x2) / 2, y2)
    assert plain is not None
    assert known is not None
    assert plain[1] > edge - 0.05
    assert known[1] == pytest.approx(edge - 0.2, abs=0.1)
