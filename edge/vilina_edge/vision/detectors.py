"""The detectors by name."""

from typing import Literal, get_args

from vilina_edge.types import Detector
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.nanodet import NanoDet

DetectorName = Literal["nanodet", "motion"]
DETECTORS: tuple[str, ...] = get_args(DetectorName)


def make_detector(name: DetectorName) -> Detector:
    """A fresh detector.

    Raises:
        ModelError: its model cannot be loaded.
    """
    return NanoDet() if name == "nanodet" else MotionDetector()
