"""People as what moves: for a camera that looks straight down, for rendered scenes, and where there is no model.

Background subtraction (MOG2; Zivkovic 2004) finds moving blobs. How large a person is, is not known beforehand and
differs from place to place, because who is off the middle is seen leaning: so it is learned for each part of the
picture. Blobs of several people are divided among them by k-means (Lloyd 1982).
"""

from collections import deque
from datetime import datetime
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.types import Detections, Floats, Frame, Image

ABSORB_S: Final = 120.0
"""Who stands still for about a tenth of this time begins to be taken for background."""
CAUTION: Final = 10.0
"""... but never so slowly as in so many times the time that the scene has been watched."""
WARM_UP_FRAMES: Final = 5
"""Until then everything is new, and nothing is a person."""
WORKING_WIDTH: Final = 320
"""Frames are halved until they are at most about this wide: motion needs no detail."""
MIN_AREA: Final = 0.0008
MAX_AREA: Final = 0.35
"""Of the frame: less is noise, more is the light going on."""
FRAGMENT: Final = 0.3
"""Of a usual person: what is smaller is a part of somebody, or a bag."""
PARTS: Final = (4, 5)
"""Rows and columns of the parts of the picture for each of which a usual size is learned."""
SIZES_KEPT: Final = 100
ENOUGH_SIZES: Final = 15
POINTS: Final = 600
"""Of a blob that is divided, at most."""
ROUNDS: Final = 8
SCORE: Final = 0.9
"""Motion says yes or no; there is no shade between."""


class _Blob(NamedTuple):
    """Something that moves, in pixels of the reduced frame."""

    box: Floats
    area: float
    whole: bool
    """Not cut by the frame's border."""
    label: int


class MotionDetector:
    """The detector. It learns the scene, so give it one camera only."""

    def __init__(self) -> None:
        self._background = cv2.createBackgroundSubtractorMOG2(varThreshold=25, detectShadows=True)
        self._frames = 0
        self._last: datetime | None = None
        self._watched_s = 0.0
        self._sizes = _Sizes()

    def __call__(self, frame: Frame) -> Detections:
        scale = max(1, round(frame.image.shape[1] / WORKING_WIDTH))
        labels, blobs = self._blobs(_reduced(frame.image, scale), self._pace(frame.at))
        people: list[Floats] = []
        if self._frames > WARM_UP_FRAMES:
            for blob in blobs:
                people += self._people(blob, labels)
        boxes = np.array(people).reshape(-1, 4) * scale
        return Detections(boxes, np.full(len(boxes), SCORE))

    def _pace(self, at: datetime) -> float:
        """How much of this frame the background takes in: the first frames alike, then by time, ever more slowly."""
        seconds = 0.0 if self._last is None else max(0.0, (at - self._last).total_seconds())
        self._last = at
        self._frames += 1
        self._watched_s += seconds
        if self._frames <= WARM_UP_FRAMES:
            return 1 / self._frames
        return min(seconds / min(ABSORB_S, CAUTION * self._watched_s), 0.5) if seconds else 0.0

    def _blobs(self, small: Image, pace: float) -> tuple[npt.NDArray[np.int32], list[_Blob]]:
        moving = self._background.apply(cv2.GaussianBlur(small, (5, 5), 0), learningRate=pace)
        solid = cv2.threshold(moving, 200, 255, cv2.THRESH_BINARY)[1]
        solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        height, width = solid.shape
        found = []
        for label, (x, y, w, h, area) in enumerate(stats[1:].tolist(), start=1):
            if MIN_AREA * height * width <= area <= MAX_AREA * height * width:
                whole = x > 0 and y > 0 and x + w < width and y + h < height
                found.append(_Blob(np.array([x, y, x + w, y + h], dtype=np.float64), area, whole, label))
        return np.asarray(labels), found

    def _people(self, blob: _Blob, labels: npt.NDArray[np.int32]) -> list[Floats]:
        """The boxes of the people in a blob, which is learned from on the way."""
        usual = self._sizes.usual(blob, labels.shape)
        self._sizes.add(blob, labels.shape)
        if usual is None:
            return [blob.box]
        if blob.area < FRAGMENT * usual.area:
            return []
        count = int(blob.area / usual.area)
        if count <= 1:
            return [blob.box]
        half = np.array([usual.width, usual.height]) / 2
        middles = _divided(_points(blob, labels), count)
        return [np.concatenate([middle - half, middle + half]) for middle in middles]


class _Size(NamedTuple):
    """Of a usual person: pixels that move, and sides of the box."""

    area: float
    width: float
    height: float


class _Sizes:
    """How large people are, in each part of the picture and in all of it."""

    def __init__(self) -> None:
        self._everywhere: deque[_Size] = deque(maxlen=3 * SIZES_KEPT)
        self._parts: dict[tuple[int, int], deque[_Size]] = {}

    def add(self, blob: _Blob, shape: tuple[int, ...]) -> None:
        if blob.whole:
            x1, y1, x2, y2 = blob.box.tolist()
            size = _Size(blob.area, x2 - x1, y2 - y1)
            self._everywhere.append(size)
            self._parts.setdefault(_part(blob, shape), deque(maxlen=SIZES_KEPT)).append(size)

    def usual(self, blob: _Blob, shape: tuple[int, ...]) -> _Size | None:
        """The median of those near, without fragments; of all, where there are few; None at the very beginning."""
        near = self._parts.get(_part(blob, shape), ())
        known = near if len(near) >= ENOUGH_SIZES else self._everywhere
        if len(known) < WARM_UP_FRAMES:
            return None
        sizes = np.array(known)
        sizes = sizes[sizes[:, 0] > FRAGMENT * np.median(sizes[:, 0])]
        return _Size(*np.median(sizes, axis=0).tolist())


def _part(blob: _Blob, shape: tuple[int, ...]) -> tuple[int, int]:
    x, y = (blob.box[:2] + blob.box[2:]) / 2
    return min(PARTS[0] - 1, int(y * PARTS[0] / shape[0])), min(PARTS[1] - 1, int(x * PARTS[1] / shape[1]))


def _points(blob: _Blob, labels: npt.NDArray[np.int32]) -> Floats:
    """Pixels (N, 2) of a blob, x and y; some of them if there are many."""
    x1, y1, x2, y2 = blob.box.astype(int).tolist()
    rows, columns = np.nonzero(labels[y1:y2, x1:x2] == blob.label)
    points = np.stack([columns + x1, rows + y1], axis=-1).astype(np.float64)
    return points[:: max(1, len(points) // POINTS)]


def _divided(points: Floats, count: int) -> Floats:
    """The middles (count, 2) of as many groups of points, by k-means that begins with points far from each other."""
    middles = [points[np.argmax(((points - points.mean(axis=0)) ** 2).sum(axis=1))]]
    while len(middles) < count:
        apart = np.min([((points - middle) ** 2).sum(axis=1) for middle in middles], axis=0)
        middles.append(points[np.argmax(apart)])
    centres = np.array(middles)
    for _ in range(ROUNDS):
        nearest = np.argmin(((points[:, None] - centres[None]) ** 2).sum(axis=-1), axis=1)
        centres = np.array([
            points[nearest == i].mean(axis=0) if (nearest == i).any() else centres[i] for i in range(count)
        ])  # fmt: skip
    return centres


def _reduced(image: Image, scale: int) -> Image:
    if scale == 1:
        return image
    return np.asarray(
        cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
