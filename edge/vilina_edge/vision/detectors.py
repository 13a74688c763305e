"""The detectors by name."""

from typing import get_args

from vilina_edge.types import Detector, DetectorName
from vilina_edge.vision.gate import MotionGate
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.nanodet import NanoDet

DETECTORS: tuple[str, ...] = get_args(DetectorName)


def make_resting_detector(name: DetectorName, *, threads: int = 1) -> Detector:
    """The same for one live camera: a model that rests while nothing happens. Motion is cheap, and must see all.

    Raises:
        ModelError: its model cannot be loaded.
    """
    detector = make_detector(name, threads=threads)
    return MotionGate(detector) if name == "nanodet" else detector


def make_detector(name: DetectorName, *, threads: int = 1) -> Detector:
    """A fresh detector. Threads only help a model.

    Raises:
        ModelError: its model cannot be loaded.
    """
    return NanoDet(threads=threads) if name == "nanodet" else MotionDetector()
