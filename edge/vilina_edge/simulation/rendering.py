"""Pictures of a scene as its camera would take them: the floor, people and their shadows, noise, light.

People are ellipsoids, whose outlines in the picture are exact ellipses. They are painted from far to near, each part
darker at its rim, where it turns away from the lamps.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vilina_edge.simulation.backdrop import backdrop
from vilina_edge.simulation.body import tinted
from vilina_edge.simulation.scene import Colour, Look, Scene, Walker
from vilina_edge.simulation.silhouettes import seen_of
from vilina_edge.types import Floats, Image, Size

NOISE: Final = 2.5
"""Standard deviation of the sensor's noise, grey levels."""
NOISE_MARGIN: Final = 128
DRIFT: Final = 0.025
DRIFT_S: Final = 97.0
"""How much the light varies, and how slowly."""
SUBPIXEL_BITS: Final = 4
RIM: Final = 0.78
LIT: Final = 1.02
"""Light on a part of the body at its rim and in the ellipse within, of its colour; ..."""
LIT_SHARE: Final = 0.66
LIT_AWAY: Final = (-0.09, -0.15)
"""... the size of that ellipse, and how far it lies towards the light: short half axes, right and down."""
PLAIN: Final = 5.0
"""Parts whose short half axis is less, pixels, have one tone only."""
SHADOW_REACH: Final = 0.7
"""Metres around a person."""
SHADOW_CELLS: Final = 40
"""From the middle of the shadow's pattern to its border."""
SHADOW_AWAY: Final = (0.12, 0.1)
"""The light comes a little from one side: metres from the feet to the middle of the shadow."""

JACKETS: Final[tuple[Colour, ...]] = (
    (46, 36, 30), (92, 44, 26), (38, 34, 150), (44, 88, 40), (150, 84, 24), (30, 52, 96),
    (118, 42, 96), (24, 130, 190), (238, 236, 232), (40, 40, 44), (126, 118, 20), (70, 40, 120),
)  # fmt: skip
TROUSERS: Final[tuple[Colour, ...]] = ((38, 34, 32), (88, 58, 38), (34, 44, 60), (60, 46, 40))
HAIR: Final[tuple[Colour, ...]] = ((28, 32, 40), (36, 58, 92), (84, 138, 178), (22, 24, 26), (190, 192, 194))
BAGS: Final[tuple[Colour, ...]] = ((24, 24, 28), (30, 40, 140), (110, 70, 30), (40, 96, 60))
BAG_SHARE: Final = 0.35


def some_look(rng: np.random.Generator) -> Look:
    """A person's clothes, drawn by lot."""

    def one_of(colours: Sequence[Colour]) -> Colour:
        return colours[int(rng.integers(len(colours)))]

    return Look(
        jacket=one_of(JACKETS),
        trousers=one_of(TROUSERS),
        hair=one_of(HAIR),
        bag=one_of(BAGS) if rng.random() < BAG_SHARE else None,
        size=float(np.clip(rng.normal(1.0, 0.06), 0.85, 1.15)),
    )


class Painter:
    """Paints one scene again and again."""

    def __init__(self, scene: Scene, *, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._scene = scene
        self._empty, self._upright = backdrop(scene, self._rng)
        self._noise = _noise(scene.size, self._rng)
        self._homography = scene.view.homography
        self._shadow = _shadow()

    def paint(self, walkers: Sequence[Walker], seconds: float) -> Image:
        """What the camera sees some seconds after the beginning."""
        image = self._empty.copy()
        for walker in walkers:
            self._cast_shadow(image, walker)
        self._draw(image, walkers)
        return self._developed(image, seconds)

    def _cast_shadow(self, image: Image, walker: Walker) -> None:
        """Darken the floor softly around a person, a little to one side of the light."""
        placed = _pattern_to_picture(self._homography, walker.x + SHADOW_AWAY[0], walker.y + SHADOW_AWAY[1])
        if placed is None:
            return
        width, height = self._scene.size
        reach = SHADOW_CELLS * np.abs(placed[:, :2]).sum(axis=1)
        x1, y1 = np.maximum(np.floor(placed[:, 2] - reach), 0).astype(int).tolist()
        x2, y2 = np.minimum(np.ceil(placed[:, 2] + reach), (width, height)).astype(int).tolist()
        if x1 >= x2 or y1 >= y2:
            return
        from_corner = np.column_stack([
            placed[:, :2], placed[:, 2] - placed[:, :2].sum(axis=1) * SHADOW_CELLS - (x1, y1)
        ])  # fmt: skip
        light = cv2.warpAffine(
            self._shadow, from_corner, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255),
        )  # fmt: skip
        light = cv2.max(light, self._upright[y1:y2, x1:x2])
        image[y1:y2, x1:x2] = cv2.multiply(image[y1:y2, x1:x2], light, scale=1 / 255)

    def _draw(self, image: Image, walkers: Sequence[Walker]) -> None:
        """Everybody, from the farthest part to the nearest."""
        seen = seen_of(self._scene, walkers)
        halves, angles = seen.outlines.half_axes()
        lit = seen.outlines.centres + halves[:, 1:] * LIT_AWAY
        whole = _fixed(seen.outlines.centres), _fixed(halves)
        within = _fixed(lit), _fixed(halves * LIT_SHARE)
        plain = (halves[:, 1] < PLAIN).tolist()
        for part, (angle, colour) in enumerate(zip(angles.tolist(), seen.colours, strict=True)):
            _fill(
                image, whole[0][part], whole[1][part], angle, colour if plain[part] else tinted(colour, RIM)
            )
            if not plain[part]:
                _fill(image, within[0][part], within[1][part], angle, tinted(colour, LIT))

    def _developed(self, image: Image, seconds: float) -> Image:
        """With the light of the moment and the sensor's noise."""
        height, width = image.shape[:2]
        x, y = self._rng.integers(NOISE_MARGIN, size=2)
        noise = self._noise[y : y + height, x : x + width]
        light = 1 + DRIFT * math.sin(2 * math.pi * seconds / DRIFT_S)
        developed: Image = cv2.addWeighted(image, light, noise, 1.0, -128.0).astype(np.uint8, copy=False)
        return developed


def _fixed(pixels: Floats) -> list[list[int]]:
    """Pixels as OpenCV draws between them."""
    fixed: list[list[int]] = np.round(pixels * 2**SUBPIXEL_BITS).astype(int).tolist()
    return fixed


def _fill(image: Image, middle: list[int], halves: list[int], angle: float, colour: Colour) -> None:
    cv2.ellipse(image, middle, halves, angle, 0, 360, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _pattern_to_picture(homography: Floats, x: float, y: float) -> Floats | None:
    """Where the shadow's pattern lies around a floor point: the homography's first order there (2, 3), if in front."""
    u, v, depth = homography @ (x, y, 1.0)
    if depth < 2 * SHADOW_REACH:
        return None
    where = np.array([u, v]) / depth
    slope = (homography[:2, :2] - where[:, None] * homography[2, :2]) / depth
    return np.column_stack([slope * SHADOW_REACH / SHADOW_CELLS, where])


def _noise(size: Size, rng: np.random.Generator) -> Image:
    """More noise around grey than a picture needs, so that each picture takes another part of it."""
    width, height = size
    shape = (height + NOISE_MARGIN, width + NOISE_MARGIN, 3)
    grey: Image = np.clip(np.round(rng.normal(128, NOISE, shape)), 0, 255).astype(np.uint8)
    return grey


def _shadow() -> Image:
    """How much light is left around a person, of 255: (N, N, 3)."""
    across = np.arange(-SHADOW_CELLS, SHADOW_CELLS + 1) * SHADOW_REACH / SHADOW_CELLS
    far = np.hypot(across[:, None], across[None, :])
    light = 255 * (1 - 0.4 * np.exp(-((far / 0.28) ** 2)))
    return np.repeat(np.round(light).astype(np.uint8)[..., None], 3, axis=2)
