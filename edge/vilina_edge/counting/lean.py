"""How people stand in the picture of a measured floor: where their feet are, if a box is all that is known.

Seen from a camera under the ceiling people lean away from the picture's middle, so the middle of a box's lower edge is
not where they stand: up to 0.3 m beside it near the picture's border, and the tips of their shoes are nearer than they.
A head says where they stand as well, since people are of one height, near enough.
"""

import math
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import numpy as np

from vilina_edge.types import Floats, Size

MIDDLE_M: Final = 0.9
"""The middle of a box, from left to right, is where the body is seen at this height."""
TOE_M: Final = 0.15
"""A box's lower edge is so much nearer to the camera than the middle of the body."""
STATURE_M: Final = 1.7
"""The upper edge of a box is the head of somebody so tall."""
OVER_HEADS_M: Final = 0.4
"""A camera that hangs less above heads sees them all at nearly the same height in the picture, wherever they stand."""
LENSES: Final = (0.3, 6.0)
"""Focal lengths that cameras have, in pictures' widths: outside, the floor was measured too badly to know."""
Point = tuple[float, float]
Number = TypeVar("Number", float, Floats)


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """A camera `projection` (3, 4) from metres, z up from the floor, to homogeneous pixels of a picture of `size`; the
    floor `below` it, and how `high` it hangs, metres."""

    projection: Floats
    size: Size
    below: Point
    high: float

    @classmethod
    def of(cls, homography: Floats, size: Size) -> Self | None:
        """From the floor's homography, metres to pixels, and the picture's size; None if it does not tell.

        The camera is taken to have square pixels and its principal point in the middle of the picture, so the images
        of the floor's circular points give its focal length (Hartley, Zisserman, "Multiple View Geometry", 2nd ed.,
        section 8.8). They do not if it looks straight down; but then nobody leans in one direction.
        """
        width, height = size
        to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
        circular = (to_middle @ homography)[:, :2] @ [1, 1j]
        across, deep = circular[0] ** 2 + circular[1] ** 2, circular[2] ** 2
        if abs(across) == 0:
            return None
        inverse_square = -float((np.conj(across) * deep).real) / abs(across) ** 2
        if not (LENSES[0] * width) ** 2 <= 1 / max(inverse_square, 1e-12) <= (LENSES[1] * width) ** 2:
            return None
        calibration = np.linalg.inv(to_middle) @ np.diag([inverse_square**-0.5, inverse_square**-0.5, 1.0])
        x, y, away = np.linalg.solve(calibration, homography).T
        scale = math.sqrt(float(np.linalg.norm(x) * np.linalg.norm(y)))
        up = np.cross(x, y) / scale
        place = -np.linalg.solve(np.column_stack([x, y, up]), away)
        if place[2] < 0:
            up = -up
        projection = calibration @ np.column_stack([x, y, up, away])
        return cls(projection, size, (float(place[0]), float(place[1])), abs(float(place[2])))

    def at(self, x: float, y: float) -> Point | None:
        """Metres on the floor of somebody whose box has the middle of its lower edge there; None above the horizon."""
        try:
            u, v, depth = self._standing(x, y, 0.0)
        except ZeroDivisionError:
            return None
        if depth <= 0:
            return None
        far = math.hypot(u - self.below[0], v - self.below[1])
        share = TOE_M / far if far > TOE_M else 0.0
        return u + (u - self.below[0]) * share, v + (v - self.below[1]) * share

    def feet_under(self, x: Floats, top: Floats) -> Floats:
        """The lower edges (N,), pixels, of boxes whose upper edges are the heads of people, and their middles at `x`.

        NaN above the horizon of heads, and everywhere if the camera does not hang clearly above them.
        """
        if self.high < STATURE_M + OVER_HEADS_M:
            return np.full_like(top, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            u, v, depth = self._standing(x, top, STATURE_M)
            far = np.hypot(u - self.below[0], v - self.below[1])
            share = np.minimum(TOE_M / far, 1.0)
            toes = np.stack(
                [u - (u - self.below[0]) * share, v - (v - self.below[1]) * share, np.zeros_like(u)]
            )
            _, y, away = self.projection[:, :3] @ toes + self.projection[:, 3:]
            return np.where((depth > 0) & (away > 0), y / away, np.nan)

    def _standing(self, x: Number, y: Number, height: float) -> tuple[Number, Number, Number]:
        """Where on the floor, metres, and how deep in the picture somebody stands who is seen at y so high above it.

        Two linear equations: the middle of the body is seen at x, and that height of it at y.
        """
        (a, b, c, d), (e, f, g, h), (p, q, r, s) = self.projection.tolist()
        middle = (a - x * p, b - x * q, (c - x * r) * MIDDLE_M + d - x * s)
        end = (e - y * p, f - y * q, (g - y * r) * height + h - y * s)
        determinant = middle[0] * end[1] - middle[1] * end[0]
        u = (middle[1] * end[2] - middle[2] * end[1]) / determinant
        v = (middle[2] * end[0] - middle[0] * end[2]) / determinant
        return u, v, p * u + q * v + r * height + s
