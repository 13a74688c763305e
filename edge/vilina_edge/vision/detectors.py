"""The detectors by name."""

from typing import get_args

from vilina_edge.types import Detail, Detector, DetectorName
from vilina_edge.vision.gate import MotionGate
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.nanodet import SIZE, NanoDet

DETECTORS: tuple[str, ...] = get_args(DetectorName)
DETAILS: tuple[str, ...] = tuple(map(str, get_args(Detail)))


def make_resting_detector(name: DetectorName, *, threads: int = 1, detail: Detail = SIZE) -> Detector:
    """The same for one live camera: a model that rests while nothing happens. Motion is cheap, and must see all.

    Raises:
        ModelError: its model cannot be loaded.
    """
    detector = make_detector(name, threads=threads, detail=detail)
    return MotionGate(detector) if name == "nanodet" else detector


def make_detector(name: DetectorName, *, threads: int = 1, detail: Detail = SIZE) -> Detector:
    """A fresh detector. Threads and detail only help a model.

    Raises:
        ModelError: its model cannot be loaded.
    """
    return NanoDet(threads=threads, size=detail) if name == "nanodet" else MotionDetector()
