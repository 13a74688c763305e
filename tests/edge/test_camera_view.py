"""The camera of the rendered scene: its geometry agrees with independent computations, its pictures with its boxes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from vilina_edge.simulation.rendering import NOISE, Painter, some_look
from vilina_edge.simulation.scene import OVERHEAD, Look, Scene, Walker
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.simulation.view import Ellipsoids, View
from vilina_edge.types import Floats, Image

MAGENTA = (255, 0, 255)
TILTED = View(x=1.0, y=2.0, height=3.5, focal=420.0, tilt=47.0, heading=25.0)
SCENES = {
    "overhead": Scene.overhead(door=3.0),
    "along": Scene.at_an_angle(door=1.2, tilt=35.0),
    "oblique": Scene.at_an_angle(door=3.0, tilt=55.0, heading=40.0),
    "against": Scene.at_an_angle(door=3.0, tilt=45.0, heading=180.0),
}
every_scene = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())


def by_hand(view: View, point: Floats) -> tuple[float, float]:
    """A pinhole camera in school geometry: how far a point is ahead, below and beside, turned by the tilt."""
    heading, tilt = math.radians(view.heading), math.radians(view.tilt)
    dx, dy, below = point[0] - view.x, point[1] - view.y, view.height - point[2]
    ahead = dx * math.cos(heading) + dy * math.sin(heading)
    beside = dy * math.cos(heading) - dx * math.sin(heading)
    deep = below * math.cos(tilt) + ahead * math.sin(tilt)
    down = below * math.sin(tilt) - ahead * math.cos(tilt)
    return view.size[0] / 2 + view.focal * beside / deep, view.size[1] / 2 + view.focal * down / deep


def some_people(scene: Scene, *, seed: int, count: int = 4) -> list[Walker]:
    rng = np.random.default_rng(seed)
    return [
        Walker(
            some_look(rng), scene.wall + rng.uniform(-1.5, 1.5), scene.depth / 2 + rng.uniform(-1.2, 1.2),
            (math.cos(angle), math.sin(angle)), rng.uniform(0, 3), rng.uniform(0, 2),
        )
        for angle in rng.uniform(0, 2 * math.pi, count)
    ]  # fmt: skip


def green_less_others(image: Image) -> Floats:
    blue, green, red = np.moveaxis(image.astype(np.float64), -1, 0)
    tint: Floats = green - (blue + red) / 2
    return tint


def test_a_point_is_seen_where_school_geometry_puts_it() -> None:
    points = np.random.default_rng(1).uniform((1.5, 0, 0), (6, 5, 2), (50, 3))
    assert np.allclose(TILTED.seen(points), [by_hand(TILTED, point) for point in points])


def test_the_usual_camera_sees_a_metre_of_floor_as_80_pixels_the_plan_upright() -> None:
    assert np.allclose(
        OVERHEAD.seen(np.array([[0, 0, 0], [8, 0, 0], [1, 5, 0]])), [[0, 0], [640, 0], [80, 400]]
    )


def test_a_point_behind_the_camera_is_not_seen() -> None:
    assert np.isnan(TILTED.seen(np.array([[-5.0, 0.0, 1.0]]))).all()


def test_the_floor_s_homography_and_the_pixels_rays_lead_to_the_same_points() -> None:
    floor = np.random.default_rng(2).uniform((2, 1), (5, 4), (20, 2))
    mapped = np.column_stack([floor, np.ones(20)]) @ TILTED.homography.T
    assert np.allclose(mapped[:, :2] / mapped[:, 2:], TILTED.seen(np.column_stack([floor, np.zeros(20)])))
    ray = TILTED.rays()[300, 100]
    met = TILTED.centre - ray * TILTED.height / ray[2]
    assert np.allclose(TILTED.seen(met[None]), [[100, 300]])


@pytest.mark.parametrize("seed", range(5))
def test_an_outline_holds_every_point_of_its_ellipsoid_and_touches_it_all_around(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    centre, axes = np.array([3.0, 2.5, 1.2]) + rng.normal(0, 0.3, 3), turned * rng.uniform(0.05, 0.4, 3)
    outline = TILTED.outlines(Ellipsoids(centre[None], axes[None]))
    directions = rng.normal(size=(400_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    away = TILTED.seen(centre + directions @ axes.T) - outline.centres[0]
    inside = np.einsum("ni,ij,nj->n", away, np.linalg.inv(outline.spread[0]), away)
    assert inside.max() <= 1 + 1e-9
    around = np.degrees(np.arctan2(away[:, 1], away[:, 0])) // 10
    assert all(inside[around == part].max() > 0.99 for part in range(-18, 18))
    low, high = away.min(axis=0) + outline.centres[0], away.max(axis=0) + outline.centres[0]
    assert np.allclose(outline.boxes()[0], [*low, *high], atol=0.1)


def test_the_axes_of_an_outline_are_those_of_its_ellipse() -> None:
    axes = np.diag([0.4, 0.2, 0.1])[None]
    halves, angle = TILTED.outlines(Ellipsoids(np.array([[3.0, 3.0, 1.0]]), axes)).half_axes()
    spread = TILTED.outlines(Ellipsoids(np.array([[3.0, 3.0, 1.0]]), axes)).spread[0]
    along = np.array([math.cos(math.radians(angle[0])), math.sin(math.radians(angle[0]))])
    assert np.allclose(spread @ along, halves[0, 0] ** 2 * along)
    assert np.isclose(np.linalg.det(spread), (halves[0] ** 2).prod())


def test_what_is_beside_or_behind_the_camera_has_no_outline() -> None:
    solids = Ellipsoids(np.array([[1.0, 2.0, 3.5], [-4.0, 0.0, 1.0]]), np.stack([np.eye(3) * 0.3] * 2))
    outlines = TILTED.outlines(solids)
    assert not outlines.seen.any()
    assert np.isnan(outlines.boxes()).all()


@every_scene
def test_who_walks_to_the_right_in_the_plan_crosses_to_the_right_of_the_line(scene: Scene) -> None:
    middle = scene.depth / 2
    before, after = scene.view.seen(np.array([[scene.wall - 0.5, middle, 0], [scene.wall + 0.5, middle, 0]]))
    assert scene.line.beside(*before) < 0 < scene.line.beside(*after)
    assert 0 < scene.line.along(*((before + after) / 2)) < 1
    scene.line.check_inside(*scene.size)


@every_scene
def test_a_person_changes_the_picture_within_the_true_box_and_fills_it(scene: Scene) -> None:
    for walker in some_people(scene, seed=3):
        magenta = replace(walker, look=Look(MAGENTA, MAGENTA, MAGENTA, MAGENTA, walker.look.size))
        tint, empty = (green_less_others(Painter(scene).paint(people, 0.0)) for people in ([magenta], []))
        # A shadow darkens the floor and leaves its tint.
        ys, xs = np.nonzero(np.abs(tint - empty) > 4)
        box = true_boxes(scene, [magenta])[0]
        assert np.allclose([xs.min(), ys.min(), xs.max(), ys.max()], box, atol=2.5)


@every_scene
def test_the_empty_scene_is_lit_and_not_of_one_colour(scene: Scene) -> None:
    empty = Painter(scene).paint([], 0.0)
    assert empty.shape == (480, 640, 3)
    assert 60 < empty.mean() < 220
    assert empty.std() > 3 * NOISE


def test_who_is_behind_a_curtain_or_the_camera_has_no_box() -> None:
    scene = SCENES["along"]
    person = some_people(scene, seed=1, count=1)[0]
    places = [(scene.width + 0.6, 4.0), (0.3, 4.0), (-1.2, 4.0), (scene.wall, 4.0)]
    hidden = np.isnan(true_boxes(scene, [Walker(person.look, x, y, (1.0, 0.0), 0.0) for x, y in places])).all(
        axis=1
    )
    assert hidden.tolist() == [True, True, True, False]


def test_somebody_nearer_to_the_camera_hides_who_is_behind() -> None:
    scene = SCENES["along"]
    far, near = (
        Walker(look, scene.wall + x, 4.0, (1.0, 0.0), 0.0)
        for look, x in zip((some_look(np.random.default_rng(s)) for s in (1, 2)), (0.5, 0.0), strict=True)
    )
    one_way, other_way = (Painter(scene).paint(people, 0.0) for people in ([far, near], [near, far]))
    # Only the order in which their shadows are rounded differs.
    assert np.abs(one_way.astype(int) - other_way).max() <= 2
    head = scene.view.seen(np.array([[scene.wall - 0.01, 4.0, 1.66 * near.look.size]]))[0].round().astype(int)
    assert np.abs(one_way[head[1], head[0]].astype(int) - near.look.hair).max() < 6 * NOISE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"height": 0.0}, "more than 0"),
        ({"focal": -1.0}, "more than 0"),
        ({"tilt": 90.0}, "tilt"),
        ({"x": math.nan}, "not a number"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(change: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(OVERHEAD, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Scene(opening=(5.0, 7.0)), "not in a wall"),
        (lambda: Scene(opening=(2.0, 2.7)), "narrower"),
        (lambda: Scene(width=-1.0), "floor"),
        (lambda: Scene(view=View(x=4.0, y=3.0, height=2.0, focal=300.0)), "in people's way"),
        (lambda: Scene(view=View(x=9.0, y=3.0, height=7.0, focal=300.0)), "not over the floor"),
        (lambda: Scene(view=View(x=1.0, y=3.0, height=3.0, focal=560.0)), "does not see the whole line"),
        (lambda: Scene.at_an_angle(door=3.0, tilt=70.0, heading=90.0), "not over the floor"),
    ],
)  # fmt: skip
def test_a_scene_whose_door_cannot_be_seen_is_refused(build: object, words: str) -> None:
    assert callable(build)
    with pytest.raises(ValueError, match=words):
        build()
