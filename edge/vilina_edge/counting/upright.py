"""Whole boxes of people of whom a part is hidden, on a measured floor: the head tells where the feet are.

From a camera under the ceiling heads are seen over the people in front, while legs are not: a box that ends at the back
of somebody else has its lower edge too far away, and one around two people in a file has the feet of the nearer one
and the head of the other. Adults are of one height, near enough, so a head alone says where somebody stands. Who is
short and hidden by nobody is a child, or sits.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vilina_edge.counting.lean import Lean
from vilina_edge.types import Detections, Floats

Booleans = npt.NDArray[np.bool_]
PLAUSIBLE: Final = 0.15
"""A box whose height differs by no more from a person's there, as a share, shows head and feet: statures vary by 6 %,
and boxes by as much."""
COVERED: Final = 0.3
"""Who stands before so much of the width of somebody hides that one's feet."""
CUT: Final = 2.0
"""What is so near the picture's border, pixels, is cut off by it."""


def upright(detections: Detections, lean: Lean) -> Detections:
    """The same people, their boxes down to where their feet must be."""
    boxes = detections.xyxy
    x1, top, x2, bottom = boxes.T
    feet = lean.feet_under((x1 + x2) / 2, top)
    known = (top > CUT) & (feet > top)
    share = np.divide(bottom - top, feet - top, out=np.ones_like(top), where=known)
    shorter, taller = share < 1 - PLAUSIBLE, share > 1 + PLAUSIBLE
    cut_off = _hidden(boxes) | (bottom > lean.size[1] - CUT)
    amiss = known & (taller | (shorter & cut_off))
    return replace(detections, xyxy=np.column_stack([x1, top, x2, np.where(amiss, feet, bottom)]))


def _hidden(boxes: Floats) -> Booleans:
    """Whose lower edge is behind somebody nearer: (N,)."""
    x1, top, x2, bottom = boxes.T
    beside = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    nearer = (bottom > bottom[:, None]) & (top < bottom[:, None])
    hidden: Booleans = (nearer & (beside > COVERED * (x2 - x1)[:, None])).any(axis=1)
    return hidden
