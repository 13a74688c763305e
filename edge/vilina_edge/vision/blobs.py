"""Blobs of what moves, how large a person's usually is in each part of the picture, and how people share one.

How large people are is not known beforehand and differs from place to place, because who is off the middle is seen
leaning: so it is learned.
"""

from collections import deque
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.types import Floats

MIN_AREA: Final = 0.0008
MAX_AREA: Final = 0.35
"""Of the frame: less is noise, more is the light going on."""
FRAGMENT: Final = 0.3
"""Of a usual person: what is smaller is a part of somebody, or a bag."""
PARTS: Final = (4, 5)
"""Rows and columns of the parts of the picture for each of which a usual size is learned."""
SIZES_KEPT: Final = 60
ENOUGH_SIZES: Final = 12
FIRST_SIZES: Final = 3
"""So many say what is usual in a part, and so many in the whole picture."""
POINTS: Final = 600
"""Of a blob that is divided, at most."""
ROUNDS: Final = 5
SETTLED: Final = 0.3
"""Pixels: the middles of groups that move by less have been found."""
REACH: Final = 1.1
"""A person's pixels are in the ellipse of the usual box, and a little around it."""

Mask = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]


class Blob(NamedTuple):
    """Something that moves, in pixels of the reduced frame."""

    box: Floats
    area: float
    whole: bool
    """Not cut by the frame's border."""
    label: int

    @property
    def middle(self) -> Floats:
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def sides(self) -> Floats:
        return self.box[2:] - self.box[:2]


class Size(NamedTuple):
    """Of a usual person: pixels that move, and sides of the box."""

    area: float
    width: float
    height: float


class Shares(NamedTuple):
    """A blob divided among people: their middles (N, 2), and how much of a usual person each has there (N,)."""

    middles: Floats
    fill: Floats


def blobs_in(mask: Mask) -> tuple[Labels, list[Blob]]:
    """Which blob each pixel belongs to, and the blobs that are neither noise nor a change of light."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    height, width = mask.shape
    found = []
    for label, (x, y, w, h, area) in enumerate(stats[1:].tolist(), start=1):
        if MIN_AREA * height * width <= area <= MAX_AREA * height * width:
            whole = x > 0 and y > 0 and x + w < width and y + h < height
            found.append(Blob(np.array([x, y, x + w, y + h], dtype=np.float64), area, whole, label))
    return np.asarray(labels), found


def points_of(blob: Blob, labels: Labels) -> tuple[Floats, float]:
    """Pixels (N, 2) of a blob, x and y, some of them if there are many; and how many each of them stands for."""
    x1, y1, x2, y2 = blob.box.astype(int).tolist()
    rows, columns = np.nonzero(labels[y1:y2, x1:x2] == blob.label)
    points = np.stack([columns + (x1 + 0.5), rows + (y1 + 0.5)], axis=-1)
    points = points[:: max(1, len(points) // POINTS)]
    return points, blob.area / len(points)


def divided(points: Floats, seeds: Floats, usual: Size, *, weight: float) -> Shares:
    """Points that stand for `weight` pixels each, shared by k-means (Lloyd 1982) that begins at the seeds (N, 2).

    Distances are in sides of a usual person's box.
    """
    half = np.array([usual.width, usual.height]) / 2
    middles, numbers = seeds / half, np.arange(len(seeds))[:, None]
    places = points / half
    for _ in range(ROUNDS):
        mine = numbers == _squares(places, middles).argmin(axis=0)
        count = mine.sum(axis=1, keepdims=True)
        means = np.where(count, mine @ places / np.maximum(count, 1), middles)
        settled = bool((np.abs(means - middles) * half < SETTLED).all())
        middles = means
        if settled:
            break
    squares = _squares(places, middles)
    inside = squares.min(axis=0) <= REACH**2
    fill = ((numbers == squares.argmin(axis=0)) & inside).sum(axis=1) * weight / usual.area
    return Shares(middles * half, fill)


def farthest(points: Floats, middles: Floats, usual: Size) -> Floats:
    """The point (2,) that is farthest from its nearest middle, in sides of a usual person's box."""
    sides = np.array([usual.width, usual.height])
    far: Floats = points[_squares(points / sides, middles / sides).min(axis=0).argmax()]
    return far


class Sizes:
    """How large people are, in each part of the picture and in all of it."""

    def __init__(self) -> None:
        self._everywhere: deque[Size] = deque(maxlen=3 * SIZES_KEPT)
        self._parts: dict[tuple[int, int], deque[Size]] = {}

    def add(self, blob: Blob, shape: tuple[int, ...]) -> None:
        """Learn from a blob in a frame of a shape."""
        width, height = blob.sides.tolist()
        size = Size(blob.area, width, height)
        self._everywhere.append(size)
        self._parts.setdefault(_part(blob, shape), deque(maxlen=SIZES_KEPT)).append(size)

    def usual(self, blob: Blob, shape: tuple[int, ...]) -> Size | None:
        """The median of those near, without fragments; of all, where there are few; None at the very beginning."""
        near = self._parts.get(_part(blob, shape), ())
        known = near if len(near) >= ENOUGH_SIZES else self._everywhere
        if len(known) < FIRST_SIZES:
            return None
        sizes = np.array(known)
        sizes = sizes[sizes[:, 0] > FRAGMENT * np.median(sizes[:, 0])]
        return Size(*np.median(sizes, axis=0).tolist())


def _part(blob: Blob, shape: tuple[int, ...]) -> tuple[int, int]:
    x, y = blob.middle
    return min(PARTS[0] - 1, int(y * PARTS[0] / shape[0])), min(PARTS[1] - 1, int(x * PARTS[1] / shape[1]))


def _squares(points: Floats, middles: Floats) -> Floats:
    """Squared distances (N, M) of N middles and M points."""
    x, y = points.T
    squares: Floats = (x - middles[:, :1]) ** 2 + (y - middles[:, 1:]) ** 2
    return squares
