"""Pictures of a scene as a camera overhead would take them: a tiled floor, people from above, shadows, noise, light.

A point at height z is seen further from the middle than its foot by the factor H / (H - z), H being the camera's
height (central projection): that is why people lean outwards near the border of the picture.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vilina_edge.simulation.scene import Look, Scene, Walker
from vilina_edge.types import Floats, Image

Colour = tuple[int, int, int]
"""BGR."""

TILE: Final = 0.6
FLOOR: Final = (150.0, 168.0, 178.0)
WALL: Final = (92, 98, 102)
WALL_TOP: Final = (212, 220, 224)
WALL_THICKNESS: Final = 0.2
NOISE: Final = 2.5
"""Standard deviation of the sensor's noise, grey levels."""
NOISE_MARGIN: Final = 128
DRIFT: Final = 0.025
DRIFT_S: Final = 97.0
"""How much the light varies, and how slowly."""
STRIDE: Final = 1.4
"""Metres walked by a left and a right step."""
SUBPIXEL_BITS: Final = 4

JACKETS: Final[tuple[Colour, ...]] = (
    (46, 36, 30), (92, 44, 26), (38, 34, 150), (44, 88, 40), (150, 84, 24), (30, 52, 96),
    (118, 42, 96), (24, 130, 190), (238, 236, 232), (40, 40, 44), (126, 118, 20), (70, 40, 120),
)  # fmt: skip
TROUSERS: Final[tuple[Colour, ...]] = ((38, 34, 32), (88, 58, 38), (34, 44, 60), (60, 46, 40))
HAIR: Final[tuple[Colour, ...]] = ((28, 32, 40), (36, 58, 92), (84, 138, 178), (22, 24, 26), (190, 192, 194))
BAGS: Final[tuple[Colour, ...]] = ((24, 24, 28), (30, 40, 140), (110, 70, 30), (40, 96, 60))
SHOE: Final[Colour] = (26, 26, 30)
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
        self._floor = _floor(scene, self._rng)
        self._noise = _noise(scene, self._rng)
        self._shadow = _shadow(scene.pixels_per_metre)

    def paint(self, walkers: Sequence[Walker], seconds: float) -> Image:
        """What the camera sees some seconds after the beginning."""
        image = self._floor.copy()
        for walker in walkers:
            self._cast_shadow(image, walker)
        for walker in walkers:
            self._draw(image, walker)
        return self._developed(image, seconds)

    def _cast_shadow(self, image: Image, walker: Walker) -> None:
        """Darken the floor softly around a person, a little to one side of the light."""
        half = self._shadow.shape[0] // 2
        scale = self._scene.pixels_per_metre
        left, top = round((walker.x + 0.12) * scale) - half, round((walker.y + 0.1) * scale) - half
        height, width = image.shape[:2]
        x1, y1 = max(left, 0), max(top, 0)
        x2, y2 = min(left + 2 * half, width), min(top + 2 * half, height)
        if x1 < x2 and y1 < y2:
            part = image[y1:y2, x1:x2]
            shadow = self._shadow[y1 - top : y2 - top, x1 - left : x2 - left]
            image[y1:y2, x1:x2] = cv2.multiply(part, shadow, scale=1 / 255)

    def _draw(self, image: Image, walker: Walker) -> None:
        """From the shoes up, so that what is higher hides what is lower. Forward, aside, height; half axes: metres."""
        look = walker.look
        swing = math.sin(2 * math.pi * walker.walked / STRIDE)
        sleeve = _darker(look.jacket)
        for side in (-1, 1):
            self._part(image, walker, (side * 0.25 * swing, side * 0.09, 0.05), (0.14, 0.05), SHOE)
            self._part(image, walker, (side * 0.18 * swing, side * 0.09, 0.35), (0.11, 0.08), look.trousers)
            self._part(image, walker, (side * 0.1 * swing, side * 0.08, 0.65), (0.12, 0.09), look.trousers)
        for side in (-1, 1):
            self._part(image, walker, (-side * 0.16 * swing, side * 0.22, 1.0), (0.12, 0.06), sleeve)
        self._part(image, walker, (0.0, 0.0, 0.9), (0.14, 0.18), sleeve)
        self._part(image, walker, (0.0, 0.0, 1.15), (0.14, 0.2), sleeve)
        if look.bag is not None:
            self._part(image, walker, (-0.2, 0.0, 1.2), (0.11, 0.17), look.bag)
        self._part(image, walker, (0.0, 0.0, 1.38), (0.13, 0.22), look.jacket)
        self._part(image, walker, (0.05, 0.0, 1.6), (0.105, 0.08), (140, 170, 214))
        self._part(image, walker, (0.0, 0.0, 1.66), (0.11, 0.095), look.hair)

    def _part(
        self,
        image: Image,
        walker: Walker,
        where: tuple[float, float, float],
        axes: tuple[float, float],
        colour: Colour,
    ) -> None:
        """An ellipse of the body: where it is from the foot point (forward, aside, up), and its half axes."""
        scene, size = self._scene, walker.look.size
        forward, aside, up = (size * value for value in where)
        (hx, hy), nearer = walker.heading, scene.camera_height / (scene.camera_height - up)
        scale = scene.pixels_per_metre * nearer * 2**SUBPIXEL_BITS
        middle = (scene.width / 2 / nearer, scene.depth / 2 / nearer)
        x = walker.x + forward * hx - aside * hy - scene.width / 2 + middle[0]
        y = walker.y + forward * hy + aside * hx - scene.depth / 2 + middle[1]
        cv2.ellipse(
            image,
            (round(x * scale), round(y * scale)),
            (round(size * axes[0] * scale), round(size * axes[1] * scale)),
            math.degrees(math.atan2(hy, hx)), 0, 360, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS,
        )  # fmt: skip

    def _developed(self, image: Image, seconds: float) -> Image:
        """With the light of the moment and the sensor's noise."""
        height, width = image.shape[:2]
        x, y = self._rng.integers(NOISE_MARGIN, size=2)
        noise = self._noise[y : y + height, x : x + width]
        light = 1 + DRIFT * math.sin(2 * math.pi * seconds / DRIFT_S)
        developed: Image = cv2.addWeighted(image, light, noise, 1.0, -128.0).astype(np.uint8, copy=False)
        return developed


def _floor(scene: Scene, rng: np.random.Generator) -> Image:
    """The empty scene: stone tiles of differing tone, worn in places, and the wall."""
    width, height = scene.size
    scale = scene.pixels_per_metre
    rows, columns = math.ceil(scene.depth / TILE), math.ceil(scene.width / TILE)
    tones = np.kron(rng.normal(0, 4, (rows, columns)), np.ones((round(TILE * scale),) * 2))
    worn = cv2.resize(rng.normal(0, 5, (9, 12)), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.normal(0, 9, (height, width)), (0, 0), 1.2)
    tone: Floats = np.asarray(tones[:height, :width] + worn + grain, dtype=np.float64)
    joint = round(TILE * scale)
    tone[::joint] -= 26
    tone[:, ::joint] -= 26
    image: Image = np.clip(np.asarray(FLOOR) + tone[..., None], 0, 255).astype(np.uint8)
    for first, last in ((0.0, scene.opening[0]), (scene.opening[1], scene.depth)):
        _draw_wall(image, scene, first, last)
    return image


def _draw_wall(image: Image, scene: Scene, first: float, last: float) -> None:
    """A piece of the wall, its top a little lighter than its sides."""
    scale = scene.pixels_per_metre
    left, right = ((scene.wall + side * WALL_THICKNESS / 2) * scale for side in (-1, 1))
    top, bottom = round(first * scale), round(last * scale)
    cv2.rectangle(image, (round(left), top), (round(right), bottom), WALL, -1)
    cv2.rectangle(image, (round(left) + 3, top), (round(right) - 3, bottom), WALL_TOP, -1)


def _noise(scene: Scene, rng: np.random.Generator) -> Image:
    """More noise around grey than a picture needs, so that each picture takes another part of it."""
    width, height = scene.size
    shape = (height + NOISE_MARGIN, width + NOISE_MARGIN, 3)
    grey: Image = np.clip(np.round(rng.normal(128, NOISE, shape)), 0, 255).astype(np.uint8)
    return grey


def _shadow(pixels_per_metre: int) -> Image:
    """How much light is left around a person, of 255: (N, N, 3)."""
    half = round(0.7 * pixels_per_metre)
    across = np.arange(-half, half) / pixels_per_metre
    far = np.hypot(across[:, None], across[None, :])
    light = 255 * (1 - 0.4 * np.exp(-((far / 0.28) ** 2)))
    return np.repeat(np.round(light).astype(np.uint8)[..., None], 3, axis=2)


def _darker(colour: Colour) -> Colour:
    blue, green, red = (round(0.8 * part) for part in colour)
    return blue, green, red
