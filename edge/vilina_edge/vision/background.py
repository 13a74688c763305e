"""What moves: the difference from a background that is learned, and follows the light (MOG2; Zivkovic 2004)."""

from typing import Final

import cv2
import numpy as np

from vilina_edge.types import Image
from vilina_edge.vision.blobs import Mask

ABSORB_S: Final = 120.0
"""Who stands still for about a tenth of this time begins to be taken for background."""
CAUTION: Final = 10.0
"""... but never so slowly as in so many times the time that the scene has been watched."""
WARM_UP_FRAMES: Final = 5
"""Until then everything is new, and nothing is a person."""


class Background:
    """The scene without people, as far as it is known. Of one camera only."""

    def __init__(self) -> None:
        self._model = cv2.createBackgroundSubtractorMOG2(varThreshold=25, detectShadows=True)
        self._frames = 0
        self._watched_s = 0.0

    @property
    def is_known(self) -> bool:
        return self._frames > WARM_UP_FRAMES

    def moving(self, image: Image, seconds: float) -> Mask:
        """Where the picture is not background: 255, else 0; `seconds` is the time since the picture before."""
        self._frames += 1
        self._watched_s += seconds
        smooth = cv2.GaussianBlur(image, (5, 5), 0)
        moving = self._model.apply(smooth, learningRate=self._pace(seconds))
        solid = cv2.threshold(moving, 200, 255, cv2.THRESH_BINARY)[1]
        solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        return np.asarray(cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), dtype=np.uint8)

    def _pace(self, seconds: float) -> float:
        """How much of a picture the background takes in: the first alike, then by time, ever more slowly."""
        if not self.is_known:
            return 1 / self._frames
        return min(seconds / min(ABSORB_S, CAUTION * self._watched_s), 0.5) if seconds else 0.0
