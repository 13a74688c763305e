"""Detections from a file in the form of the MOT challenge: `frame,id,x,y,w,h,score,...`, frames from 1."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from vilina_edge.errors import DetectionsError
from vilina_edge.types import Detections, Floats

MAX_FRAMES: Final = 10_000_000
MAX_PIXELS: Final = 1_000_000
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2."""


class Row(NamedTuple):
    """One detection; `frame` from 1."""

    frame: int
    box: Box
    score: float


def read_detections(path: Path) -> list[Detections]:
    """The detections of each frame, the first frame's first; a frame that is not named has none.

    Raises:
        DetectionsError: the file cannot be read, is empty, or a row is wrong; the text names the row.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DetectionsError(f"{path} cannot be read: {error}") from error
    rows = list(_rows(text, path))
    if not rows:
        raise DetectionsError(f"{path} has no detections")
    frames: dict[int, list[tuple[Box, float]]] = defaultdict(list)
    scores = certainty(np.array([row.score for row in rows]))
    for row, score in zip(rows, scores.tolist(), strict=True):
        frames[row.frame].append((row.box, score))
    nothing = _detections([])
    return [_detections(frames[frame]) if frame in frames else nothing for frame in range(1, max(frames) + 1)]


def certainty(scores: Floats) -> Floats:
    """The scores (N,) of one file on the scale from 0 to 1, which detectors of the challenge do not share.

    What is on it already stays. One and the same score for all (truth files have 1, some detectors -1) says
    nothing: all are certain. Up to 100 they are percent; else margins of a classifier, through the logistic function.
    """
    low, high = float(scores.min()), float(scores.max())
    if low == high:
        return np.ones(len(scores))
    if low >= 0 and high <= 1:
        return scores
    if low >= 0 and high <= 100:
        return scores / 100
    margins: Floats = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
    return margins


def _rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            frame, _, x, y, width, height, score, *_ = (float(part) for part in line.split(","))
        except ValueError as error:
            raise DetectionsError(
                f"{path}, row {number}: expected frame,id,x,y,w,h,score in numbers, found {line[:60]!r}"
            ) from error
        if not (1 <= frame <= MAX_FRAMES and frame.is_integer()):
            raise DetectionsError(f"{path}, row {number}: frames are numbered from 1, found {frame:g}")
        if not all(abs(v) <= MAX_PIXELS for v in (x, y, width, height)) or width <= 0 or height <= 0:
            raise DetectionsError(f"{path}, row {number}: a box has a place and a positive size, in pixels")
        if not math.isfinite(score):
            raise DetectionsError(f"{path}, row {number}: the score is not a number")
        yield Row(int(frame), (x, y, x + width, y + height), score)


def _detections(found: Sequence[tuple[Box, float]]) -> Detections:
    boxes = np.array([box for box, _ in found], dtype=np.float64).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in found], dtype=np.float64))
