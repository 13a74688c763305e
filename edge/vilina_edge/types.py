"""The values that pass along the vision path; what each means, its unit and its clock.

Image coordinates are pixels, x to the right and y down. Times are UTC, from the source, never read here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""(H, W, 3), BGR."""
Floats = npt.NDArray[np.float64]
Size = tuple[int, int]
"""Width and height of a frame, pixels."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and the instant it shows. `index` counts from 0 in the order of the source."""

    image: Image
    at: datetime
    index: int


@dataclass(frozen=True, slots=True)
class Detections:
    """People seen in one frame: `xyxy` (N, 4) in pixels of that frame, `score` (N,) from 0 to 1."""

    xyxy: Floats
    score: Floats

    def __post_init__(self) -> None:
        if self.xyxy.shape != (len(self.score), 4):
            raise ValueError(f"xyxy {self.xyxy.shape} does not fit {len(self.score)} scores")

    def __len__(self) -> int:
        return len(self.score)


class Detector(Protocol):
    """Anything that finds people in a frame. It may keep state from frame to frame."""

    def __call__(self, frame: Frame) -> Detections: ...


DetectorName = Literal["nanodet", "motion"]
Detail = Literal[320, 480, 640]
"""Pixels of the longer side of what a model is shown."""
Reference = Literal["foot", "centre"]
"""The point of a person that counts: the foot, or the centre for a camera overhead."""
Direction = Literal["entered", "left"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """One person passed a line one way. It carries no track id: this is where identity ends.

    `at` is when the line was passed. That is decided about half a second later, when the way around it is known; later
    for somebody who was hidden meanwhile.
    """

    line: str
    direction: Direction
    at: datetime


@dataclass(frozen=True, slots=True)
class AreaLook:
    """One area at one instant: people in it, of them waiting (in a queue), and the stays, in seconds, that just ended.

    Like a crossing it carries no track id.
    """

    area: str
    people: int
    waiting: int | None = None
    stays: tuple[float, ...] = ()
