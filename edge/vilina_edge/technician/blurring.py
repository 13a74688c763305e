"""Pictures in which a room can be recognised, and nobody in it.

People recognise a face from 8 to 16 cycles of detail across it, and hardly from fewer (Costen, Parker and Craw,
"Effects of high-pass and low-pass spatial filtering on face identification", Perception & Psychophysics 58, 1996).
A Gaussian blur of sigma s passes a tenth of the contrast at one cycle in 2.9 s pixels: 27 cycles across the whole
picture. Who tries to undo the blur finds nothing beyond 48, because it is drowned by rounding. A face would have to
fill a sixth of the picture's width to be known even so, while a counter sees people from head to foot. And there is no
colour, so that nobody is known by a coat.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.types import Image

LARGEST: Final = 480
"""Pixels of the longer side, at most."""
SIGMA: Final = 6.0
"""Of the blur, in pixels of a picture whose longer side is `LARGEST`; in proportion in smaller ones."""
QUALITY: Final = 60

Grey = npt.NDArray[np.uint8]
"""(H, W)."""


def blurred(image: Image) -> Grey:
    """A small picture in which nobody can be recognised; the given one is left as it is."""
    height, width = image.shape[:2]
    scale = min(1.0, LARGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), SIGMA * max(size) / LARGEST), dtype=np.uint8)


def blurred_jpeg(image: Image) -> bytes:
    """The same as a JPEG file."""
    _, coded = cv2.imencode(".jpg", blurred(image), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return coded.tobytes()
