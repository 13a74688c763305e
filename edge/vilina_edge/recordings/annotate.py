"""Drawing what a counter saw into a copy of a recording, for people who check it."""

from collections import Counter as Tallies
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vilina_edge.counting.line import Line
from vilina_edge.errors import SourceError
from vilina_edge.recordings.count import Look
from vilina_edge.types import Crossing, Image
from vilina_edge.vision.source import RecordingInfo

PEOPLE: Final = (243, 179, 109)
LINE: Final = (240, 176, 80)
FLASH: Final = (92, 192, 140)
PAPER: Final = (23, 20, 20)
"""BGR."""
FLASH_FRAMES: Final = 5
TRAIL_FRAMES: Final = 20


class Annotator:
    """Draws looks into a video, one after the other."""

    def __init__(self, writer: cv2.VideoWriter, lines: Sequence[Line]) -> None:
        self._writer = writer
        self._lines = lines
        self._tallies: Tallies[tuple[str, str]] = Tallies()
        self._flashing: dict[str, int] = {}
        self._feet: deque[list[list[int]]] = deque(maxlen=TRAIL_FRAMES)

    def __call__(self, look: Look, crossings: Sequence[Crossing]) -> None:
        if look.frame is None:
            return
        self._tallies.update((c.line, c.direction) for c in crossings)
        self._flashing |= {c.line: FLASH_FRAMES for c in crossings}
        image = look.frame.image.copy()
        boxes = look.detections.xyxy.astype(int)
        for x1, y1, x2, y2 in boxes.tolist():
            cv2.rectangle(image, (x1, y1), (x2, y2), PEOPLE, 1, cv2.LINE_AA)
        self._feet.append(np.stack([boxes[:, [0, 2]].mean(axis=1).astype(int), boxes[:, 3]], axis=1).tolist())
        self._draw_trails(image)
        for line in self._lines:
            self._draw_line(image, line)
        self._writer.write(image)

    def _draw_trails(self, image: Image) -> None:
        """Where feet were in the last frames, the older the smaller; points suffice, so no one needs an id."""
        for age, feet in enumerate(reversed(self._feet)):
            radius = 3 if age == 0 else 2 if age < TRAIL_FRAMES // 2 else 1
            for x, y in feet:
                cv2.circle(image, (x, y), radius, PEOPLE, -1, cv2.LINE_AA)

    def _draw_line(self, image: Image, line: Line) -> None:
        flashing = self._flashing.get(line.name, 0)
        self._flashing[line.name] = max(0, flashing - 1)
        colour = FLASH if flashing else LINE
        start, end = np.array([line.x1, line.y1]), np.array([line.x2, line.y2])
        middle, forward = (start + end) / 2, (end - start) / line.length
        entering = np.array([-forward[1], forward[0]])
        cv2.line(image, _pixel(start), _pixel(end), colour, 2, cv2.LINE_AA)
        cv2.arrowedLine(
            image, _pixel(middle), _pixel(middle + 28 * entering), colour, 2, cv2.LINE_AA, tipLength=0.4
        )
        entered, left = self._tallies[line.name, "entered"], self._tallies[line.name, "left"]
        _write(image, f"{line.name}: {entered} entered, {left} left", _pixel(start + 0.1 * (end - start)))


@contextmanager
def annotated(path: Path, info: RecordingInfo, lines: Sequence[Line]) -> Iterator[Annotator]:
    """An annotator that writes an MP4.

    Raises:
        SourceError: the file cannot be written.
    """
    if not path.absolute().parent.is_dir():
        raise SourceError(f"there is no directory {path.absolute().parent} to write {path.name} into")
    size = (info.width, info.height)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), info.frames_per_second, size)
    try:
        if not writer.isOpened():
            raise SourceError(f"{path} cannot be written as a video; give it a name that ends in .mp4")
        yield Annotator(writer, lines)
    finally:
        writer.release()


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _write(image: Image, text: str, at: tuple[int, int]) -> None:
    """Text on a dark ground, kept inside the image."""
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    x = min(max(at[0], 4), max(4, image.shape[1] - width - 4))
    y = min(max(at[1], height + 4), image.shape[0] - base - 4)
    cv2.rectangle(image, (x - 4, y - height - 4), (x + width + 4, y + base + 2), PAPER, -1)
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (233, 239, 241), 1, cv2.LINE_AA)
