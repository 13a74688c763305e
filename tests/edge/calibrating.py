"""A counter file, and a trial of what was drawn, for all tests of calibration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.clock import SystemClock
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.technician.blurring import LARGEST
from vilina_edge.technician.calibrate_page import CalibratePage
from vilina_edge.technician.trial import Trial
from vilina_edge.types import Image
from vilina_edge.wire import AreaConfig, Config, FloorConfig, LineConfig

SIZE: Final = (640, 480)
COUNTER_YAML: Final = """\
# The door of the library.
site: square   # as in the site file
counter: counter-a
source: simulation:40

# What is counted here.
lines:
  # the main door
  - name: door
    points: [320, 400, 320, 80]   # measured by Maija
  - {name: back, points: [10, 10, 10, 200]}

# Where people wait.
areas:
  - name: desk
    corners: [[10, 10], [200, 10], [200, 200]]
    queue: true   # they do

detector: motion        # camera straight above
reference: centre
broker_host: "127.0.0.1"
broker_port: 1
# That is all.
"""
COMMENTS: Final = [line.partition("#")[2] for line in COUNTER_YAML.splitlines() if "#" in line]
DOOR: Final = LineConfig(line="door", start=(320, 400), end=(320, 80))
FLOOR: Final = FloorConfig(
    pixels=((100, 100), (500, 100), (600, 400), (50, 400)), metres=((0, 0), (4, 0), (4, 5), (0, 5))
)
SIMPLE: Final = (
    "site: square\ncounter: counter-a\nsource: simulation:40\ndetector: motion\nreference: centre\n"
)


def drawn(*lines: LineConfig, areas: tuple[AreaConfig, ...] = (), version: int = 7) -> Config:
    return Config(version=version, size=SIZE, lines=lines, areas=areas, reference="centre")


def played(trial: Trial, *, seconds: float, rate: int = 40) -> Trial:
    """Show a trial the simulated door for so many seconds of its time."""
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for frame in simulated_frames(f"simulation:{rate}", start=start):
        if frame.at - start > timedelta(seconds=seconds):
            break
        trial.step(frame)
    return trial


def page_of(trial: Trial, file: Path) -> CalibratePage:
    return CalibratePage(trial, file=file, counter="counter-a", version=3, clock=SystemClock())


def spectrum(image: Image) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.bool_]]:
    """Of a picture that is made `LARGEST` wide, and where in it is detail of more than 48 cycles in the width."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, (LARGEST, LARGEST * 3 // 4), interpolation=cv2.INTER_AREA).astype(np.float64)
    y, x = np.meshgrid(np.fft.fftfreq(grey.shape[0]), np.fft.fftfreq(grey.shape[1]), indexing="ij")
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    return np.fft.fft2((grey - grey.mean()) * window), np.hypot(x, y) > 48 / LARGEST


def fine_detail(image: Image) -> float:
    """Energy of detail with more than 48 cycles in the picture's width."""
    values, fine = spectrum(image)
    return float((np.abs(values[fine]) ** 2).sum())
