"""The empty scene: stone tiles of differing tone, worn in places, the wall with its door, curtains at the ends.

The floor is drawn once in plan. Each pixel's ray then meets the floor (which is the inverse of the floor's homography)
or one of the upright planes around it.
"""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np

from vilina_edge.simulation.scene import Colour, Scene
from vilina_edge.types import Floats, Image

PLAN_SCALE: Final = 80
"""Pixels a metre in the plan."""
TILE: Final = 0.6
FLOOR: Final = (150.0, 168.0, 178.0)
WALL: Final[Colour] = (92, 98, 102)
WALL_TOP: Final[Colour] = (212, 220, 224)
WALL_THICKNESS: Final = 0.2
PLASTER: Final = (196.0, 206.0, 210.0)
CURTAIN: Final = (66.0, 60.0, 58.0)
FOLD: Final = 0.3
"""Metres from fold to fold."""
SKIRTING: Final = 0.12
"""Height of the dark strip where a wall meets the floor."""


class Backdrop(NamedTuple):
    """The picture without people, and where it is not floor, so that no shadow falls there: 255, else 0; (H, W, 3)."""

    image: Image
    upright: Image


class _Hits(NamedTuple):
    """What each pixel sees: where in the room (H, W, 3), and whether that is floor, curtain or a wall (H, W)."""

    points: Floats
    on_floor: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    on_curtain: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def backdrop(scene: Scene, rng: np.random.Generator) -> Backdrop:
    hits = _hits(scene)
    where = (hits.points[..., :2] * PLAN_SCALE).astype(np.float32)
    floor = cv2.remap(
        _plan(scene, rng), where[..., 0], where[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
    )
    upright = np.where(hits.on_curtain[..., None], _curtain(hits.points), _plaster(hits.points))
    image = np.where(hits.on_floor[..., None], floor, np.clip(upright, 0, 255)).astype(np.uint8)
    return Backdrop(image, np.repeat(np.where(hits.on_floor, 0, 255).astype(np.uint8)[..., None], 3, axis=2))


def _hits(scene: Scene) -> _Hits:
    """The nearest of the planes around the floor along each pixel's ray."""
    rays, centre = scene.view.rays(), scene.view.centre
    bounds = ((0, 0.0), (0, scene.width), (1, 0.0), (1, scene.depth), (2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        depths = np.stack([(bound - centre[axis]) / rays[..., axis] for axis, bound in bounds])
    depths[~(depths > 0)] = np.inf
    # Where planes meet, within rounding, it is floor.
    depths[:4] *= 1 + 1e-9
    nearest = depths.argmin(axis=0)
    return _Hits(centre + rays * depths.min(axis=0)[..., None], nearest == 4, nearest < 2)


def _plan(scene: Scene, rng: np.random.Generator) -> Image:
    """The floor from straight above, PLAN_SCALE pixels a metre."""
    width, height = round(scene.width * PLAN_SCALE), round(scene.depth * PLAN_SCALE)
    rows, columns = math.ceil(scene.depth / TILE), math.ceil(scene.width / TILE)
    joint = round(TILE * PLAN_SCALE)
    tones = np.kron(rng.normal(0, 4, (rows, columns)), np.ones((joint,) * 2))
    worn = cv2.resize(rng.normal(0, 5, (9, 12)), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.normal(0, 9, (height, width)), (0, 0), 1.2)
    tone: Floats = np.asarray(tones[:height, :width] + worn + grain, dtype=np.float64)
    tone[::joint] -= 26
    tone[:, ::joint] -= 26
    image: Image = np.clip(np.asarray(FLOOR) + tone[..., None], 0, 255).astype(np.uint8)
    for first, last in ((0.0, scene.opening[0]), (scene.opening[1], scene.depth)):
        _draw_wall(image, scene, first, last)
    return image


def _draw_wall(image: Image, scene: Scene, first: float, last: float) -> None:
    """A piece of the wall, its top a little lighter than its sides."""
    left, right = ((scene.wall + side * WALL_THICKNESS / 2) * PLAN_SCALE for side in (-1, 1))
    top, bottom = round(first * PLAN_SCALE), round(last * PLAN_SCALE)
    cv2.rectangle(image, (round(left), top), (round(right), bottom), WALL, -1)
    cv2.rectangle(image, (round(left) + 3, top), (round(right) - 3, bottom), WALL_TOP, -1)


def _curtain(points: Floats) -> Floats:
    folds = 1 + 0.22 * np.sin(2 * math.pi * points[..., 1] / FOLD)
    return np.asarray(CURTAIN) * folds[..., None]


def _plaster(points: Floats) -> Floats:
    """Light walls, a little darker towards the floor."""
    light = np.where(points[..., 2] < SKIRTING, 0.45, 0.8 + 0.07 * np.minimum(points[..., 2], 3.0))
    return np.asarray(PLASTER) * light[..., None]
