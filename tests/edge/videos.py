"""Small recordings that a test makes for itself."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from vilina_edge.types import Image

WIDTH, HEIGHT = 320, 240


def discs(places: Iterable[list[tuple[float, float]]], *, radius: int = 12) -> Iterable[Image]:
    """A grey floor with dark discs of 24 pixels on it, as people look from above, frame by frame."""
    random = np.random.default_rng(1)
    for centres in places:
        image = np.full((HEIGHT, WIDTH, 3), 150, dtype=np.uint8)
        image += random.integers(0, 6, image.shape, dtype=np.uint8)
        for x, y in centres:
            cv2.circle(image, (round(x), round(y)), radius, (40, 45, 60), -1)
        yield image


def walking_right(frames: int, *, empty: int = 10) -> list[list[tuple[float, float]]]:
    """Nobody for some frames, then one disc from the left to the right."""
    return [[] for _ in range(empty)] + [[(20 + 280 * i / (frames - 1), 120.0)] for i in range(frames)]


def write_video(path: Path, images: Iterable[Image], *, per_second: float = 10) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), per_second, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()
    return path
