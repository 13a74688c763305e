"""A gate before a costly detector: where nothing has changed since it looked, it would see the same again."""

from datetime import UTC, datetime, timedelta
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.types import Detections, Detector, Frame, Image

WIDTH: Final = 160
"""Frames are reduced to about this width: the smallest person who can be detected is still some pixels wide."""
CHANGED_PIXELS: Final = 4
"""So many neighbouring pixels of the reduced frame are not noise."""
LEAST_CHANGE: Final = 8.0
NOISE_FACTOR: Final = 6.0
"""A pixel has changed if it differs by so many grey levels, and by so many times the noise of this camera."""
OPEN: Final = timedelta(seconds=2)
"""The gate stays open so long after the last change."""
MOST_NOISE: Final = 4.0
"""Grey levels of a reduced frame; where more than half of it differs by more, it is another scene."""
CHECK: Final = timedelta(seconds=2)
CHECK_PEOPLE: Final = timedelta(seconds=1)
"""Even if nothing changes the detector looks so often, more often where somebody is."""
SURE: Final = 0.45
"""Score of a person; what is seen with less is often a thing that never moves."""
FOLLOWS_S: Final = 8.0
"""Time in which the empty scene follows the light to 1/e."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)
Grey = npt.NDArray[np.float32]


class MotionGate:
    """A detector that rests while nothing happens. It learns the scene, so give it one camera only."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._empty: Grey | None = None
        self._last: datetime | None = None
        self._busy_until = self._check_at = NEVER
        self._seen = Detections(np.empty((0, 4)), np.empty(0))
        self.runs = 0
        """How often the detector has run."""

    def __call__(self, frame: Frame) -> Detections:
        at = frame.at
        if self._changed(_reduced(frame.image), at):
            self._busy_until = at + OPEN
        if at >= self._busy_until and at < self._check_at:
            return self._seen
        self.runs += 1
        self._seen = self._detector(frame)
        self._check_at = at + (CHECK_PEOPLE if (self._seen.score >= SURE).any() else CHECK)
        return self._seen

    def _changed(self, grey: Grey, at: datetime) -> bool:
        """Whether somebody may have come into the scene, which is learned on the way."""
        empty, last = self._empty, self._last
        self._last = at
        if empty is None or last is None or empty.shape != grey.shape or at < last:
            self._empty = grey
            self._busy_until = self._check_at = NEVER
            return True
        difference = np.abs(grey - empty)
        share = 1 - np.exp(-(at - last).total_seconds() / FOLLOWS_S)
        cv2.accumulateWeighted(grey, empty, float(share))
        noise = min(float(np.median(difference)), MOST_NOISE)
        changed = (difference > max(LEAST_CHANGE, NOISE_FACTOR * noise)).astype(np.uint8)
        if cv2.countNonZero(changed) < CHANGED_PIXELS:
            return False
        _, _, stats, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
        return bool((stats[1:, cv2.CC_STAT_AREA] >= CHANGED_PIXELS).any())


class Ungated:
    """A detector that never rests, because it costs no more than a gate or must see every frame."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.runs = 0

    def __call__(self, frame: Frame) -> Detections:
        self.runs += 1
        return self._detector(frame)


def _reduced(image: Image) -> Grey:
    """Grey, by a whole number of pixels smaller: that is several times faster than any other scale."""
    factor = max(1, round(image.shape[1] / WIDTH))
    height, width = (side // factor for side in image.shape[:2])
    whole = cv2.cvtColor(image[: height * factor, : width * factor], cv2.COLOR_BGR2GRAY)
    grey: Grey = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    return grey
