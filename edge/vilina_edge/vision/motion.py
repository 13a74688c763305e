"""People as what moves: for a camera that looks straight down, for rendered scenes, and where there is no model.

Background subtraction (MOG2; Zivkovic 2004) finds moving blobs. A person's size is not known beforehand, so it is
learned: the median of the blobs seen so far. Blobs of several people side by side are divided by it.
"""

from collections import deque
from typing import Final

import cv2
import numpy as np

from vilina_edge.types import Detections, Floats, Frame, Image

HISTORY_FRAMES: Final = 300
WARM_UP_FRAMES: Final = 5
"""Until then everything is new, and nothing is a person."""
WORKING_WIDTH: Final = 320
"""Frames are halved until they are at most about this wide: motion needs no detail."""
MIN_AREA: Final = 0.0025
MAX_AREA: Final = 0.35
"""Of the frame: less is noise, more is the light going on."""
SIZES_KEPT: Final = 200
SCORE: Final = 0.9
"""Motion says yes or no; there is no shade between."""


class MotionDetector:
    """The detector. It learns the scene, so give it one camera only."""

    def __init__(self) -> None:
        self._background = cv2.createBackgroundSubtractorMOG2(
            history=HISTORY_FRAMES, varThreshold=25, detectShadows=True
        )
        self._frames = 0
        self._widths: deque[float] = deque(maxlen=SIZES_KEPT)

    def __call__(self, frame: Frame) -> Detections:
        scale = max(1, round(frame.image.shape[1] / WORKING_WIDTH))
        boxes = self._blobs(frame.image, scale)
        self._frames += 1
        if self._frames <= WARM_UP_FRAMES:
            boxes = boxes[:0]
        people = self._divide(boxes) * scale
        return Detections(people, np.full(len(people), SCORE))

    def _blobs(self, image: Image, scale: int) -> Floats:
        """Boxes (N, 4) of moving blobs, in pixels of the reduced frame."""
        small = (
            image
            if scale == 1
            else cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
        )
        moving = self._background.apply(cv2.GaussianBlur(small, (5, 5), 0))
        solid = cv2.threshold(moving, 200, 255, cv2.THRESH_BINARY)[1]
        solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
        whole = solid.shape[0] * solid.shape[1]
        x, y, w, h, area = (stats[1:, i] for i in range(5))
        fits = (area >= MIN_AREA * whole) & (area <= MAX_AREA * whole) & (area >= 0.3 * w * h)
        boxes: Floats = np.stack([x, y, x + w, y + h], axis=-1)[fits].astype(np.float64)
        return boxes

    def _divide(self, boxes: Floats) -> Floats:
        """Boxes with those of several people side by side cut into equal parts."""
        sizes = boxes[:, 2:] - boxes[:, :2]
        self._widths.extend(np.sqrt(sizes.prod(axis=-1)).tolist())
        if not len(boxes):
            return boxes
        usual = float(np.median(self._widths))
        parts: list[Floats] = []
        for box, size in zip(boxes, sizes, strict=True):
            across, down = (max(1, round(float(side) / usual - 0.25)) for side in size)
            parts += _grid(box, across, down)
        return np.array(parts)


def _grid(box: Floats, across: int, down: int) -> list[Floats]:
    xs = np.linspace(box[0], box[2], across + 1)
    ys = np.linspace(box[1], box[3], down + 1)
    return [np.array([xs[i], ys[j], xs[i + 1], ys[j + 1]]) for i in range(across) for j in range(down)]
