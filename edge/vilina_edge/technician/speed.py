"""How fast this computer looks, with which settings."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, get_args

import cv2
import numpy as np

from vilina_edge.clock import BEGINNING
from vilina_edge.eye.look import Look
from vilina_edge.eye.messages import to_line
from vilina_edge.types import Detail, DetectorName, Frame, Image
from vilina_edge.vision.detectors import make_detector
from vilina_edge.vision.nanodet import SIZE
from vilina_edge.wire import Config, LineConfig

PICTURE: Final = (640, 480)
ENOUGH_PER_S: Final = 5.0
"""Frames a second at which a calm crowd is counted as well as at any more; see docs/accuracy.md."""
COMFORTABLE_PER_S: Final = 10.0
WARM_UP: Final = 5


@dataclass(frozen=True, slots=True)
class Speed:
    """One setting: frames a second that can be looked at, and the share of all processors that it takes."""

    detector: DetectorName
    threads: int
    detail: Detail
    per_second: float
    cpu_share: float


def speeds(frames: Sequence[Image], *, seconds: float, on_begin: Callable[[str], None]) -> Iterator[Speed]:
    """Each setting that makes sense here, for so many seconds, with everything that is done to a frame."""
    cores = os.cpu_count() or 1
    threads = [n for n in (1, 2, 4) if n <= cores]
    settings: list[tuple[DetectorName, int, Detail]] = [
        ("nanodet", n, detail) for detail in get_args(Detail) for n in threads
    ]
    for setting in [*settings, ("motion", 1, SIZE)]:
        detector, many, detail = setting
        on_begin(f"{detector}, {many} thread{'s' if many > 1 else ''}, {detail} pixels")
        yield _speed(detector, many, detail, frames, seconds=seconds)


def best(found: Sequence[Speed]) -> Speed:
    """The setting to use: NanoDet with as much detail as is comfortable, and as few threads; or what is enough.

    If nothing is, the fastest.
    """
    nanodet = sorted((s for s in found if s.detector == "nanodet"), key=lambda s: (-s.detail, s.threads))
    for wanted, details in ((COMFORTABLE_PER_S, get_args(Detail)), (ENOUGH_PER_S, (SIZE,))):
        for speed in nanodet:
            if speed.per_second >= wanted and speed.detail in details:
                return speed
    return max(found, key=lambda speed: speed.per_second)


def street(count: int = 20) -> list[Image]:
    """Pictures with something in them that moves: what they show hardly matters for the time they take."""
    random = np.random.default_rng(0)
    tiles = random.integers(90, 170, (24, 32, 3), dtype=np.uint8)
    ground = np.asarray(cv2.resize(tiles, PICTURE), dtype=np.uint8)
    pictures: list[Image] = []
    for index in range(count):
        picture = ground.copy()
        for person in range(5):
            x, y = 60 + 110 * person + 4 * index, 120 + 50 * person
            cv2.ellipse(picture, (x, y), (18, 50), 0, 0, 360, (40 * person, 60, 90), -1)
        pictures.append(picture)
    return pictures


def _speed(
    detector: DetectorName, threads: int, detail: Detail, pictures: Sequence[Image], *, seconds: float
) -> Speed:
    height, width = pictures[0].shape[:2]
    line = LineConfig(line="middle", start=(width / 2, 0), end=(width / 2, height))
    finder = make_detector(detector, threads=threads, detail=detail)
    look = Look(Config(version=0, lines=(line,)), finder, pose=None, start=BEGINNING)
    began, cpu, count = 0.0, 0.0, 0
    while count <= WARM_UP or time.perf_counter() - began < seconds:
        if count == WARM_UP:
            began, cpu = time.perf_counter(), time.process_time()
        frame = Frame(pictures[count % len(pictures)], BEGINNING + timedelta(seconds=count / 10), count)
        for message in look.step(frame):
            to_line(message)
        count += 1
    spent = time.perf_counter() - began
    share = (time.process_time() - cpu) / spent / (os.cpu_count() or 1)
    return Speed(detector, threads, detail, (count - WARM_UP) / spent, share)
