"""The newest views of a camera, and the pose that they make when the technician is content."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vilina_edge.errors import ConfigError
from vilina_edge.types import Frame, Size
from vilina_edge.vision.pose import Features, Pose, PoseLearner, View
from vilina_edge.vision.sight import DARK_GREY, LIT_SHARE

ENOUGH: Final = 10
EVERY: Final = timedelta(seconds=1)
"""A pose is made from so many views, so far apart: people walk on meanwhile."""


class Views:
    """The last few good ones, of one size. A view is a small grey picture, and it stays here."""

    def __init__(self) -> None:
        self._views: deque[View] = deque(maxlen=ENOUGH)
        self._size: Size = (0, 0)
        self._at: datetime | None = None
        self.dark = False
        """Whether the newest is so dark that nobody would be seen."""

    def __len__(self) -> int:
        return len(self._views)

    @property
    def are_enough(self) -> bool:
        return len(self) == ENOUGH

    def add(self, frame: Frame) -> None:
        """Keep the view of a frame if it is time for one and there is light."""
        if self._at is not None and timedelta(0) <= frame.at - self._at < EVERY:
            return
        self._at = frame.at
        size = (frame.image.shape[1], frame.image.shape[0])
        if size != self._size:
            self._views.clear()
            self._size = size
        view = View.of(frame.image)
        self.dark = bool(np.mean(view.grey >= DARK_GREY) < LIT_SHARE)
        if not self.dark:
            self._views.append(view)

    def clear(self) -> None:
        self._views.clear()

    def pose(self) -> Pose:
        """Where the camera looks; what `Pose.of` would make of the pictures.

        Raises:
            ConfigError: there is no view, too little to recognise it by, or the camera has moved meanwhile.
        """
        learner = PoseLearner()
        before: View | None = None
        for view in self._views:
            learner.add(before or view, view)
            before = view
        if before is None:
            raise ConfigError("the camera gives no picture in which anything can be seen")
        pose = Pose(*learner.learned(), self._size)
        shift = pose.shift_of(Features.of(before))
        if shift is None or shift.moved:
            raise ConfigError("the camera has moved in the last ten seconds")
        return pose
