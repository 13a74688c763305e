"""How people stand in the picture of a measured floor: where their feet are, if a box is all that is known.

Seen from a camera under the ceiling people lean away from the picture's middle, so the middle of a box's lower edge is
not where they stand: up to 0.3 m beside it near the picture's border, and the tips of their shoes are nearer than they.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from vilina_edge.types import Floats, Size

MIDDLE_M: Final = 0.9
"""The middle of a box, from left to right, is where the body is seen at this height."""
TOE_M: Final = 0.15
"""A box's lower edge is so much nearer to the camera than the middle of the body."""
LENSES: Final = (0.3, 6.0)
"""Focal lengths that cameras have, in pictures' widths: outside, the floor was measured too badly to know."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """A camera `projection` (3, 4) from metres, z up from the floor, to homogeneous pixels, and the floor under it."""

    projection: Floats
    below: Point

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
        return cls(projection, (float(place[0]), float(place[1])))

    def at(self, x: float, y: float) -> Point | None:
        """Metres on the floor of somebody whose box has the middle of its lower edge there; None above the horizon.

        Two linear equations: the middle of the body is seen above x, and its tips of shoes at the height y.
        """
        (a, b, c, d), (e, f, _, g), (p, q, r, s) = self.projection.tolist()
        middle = (a - x * p, b - x * q, (c - x * r) * MIDDLE_M + d - x * s)
        foot = (e - y * p, f - y * q, g - y * s)
        determinant = middle[0] * foot[1] - middle[1] * foot[0]
        if determinant == 0:
            return None
        u = (middle[1] * foot[2] - middle[2] * foot[1]) / determinant
        v = (middle[2] * foot[0] - middle[0] * foot[2]) / determinant
        if p * u + q * v + s <= 0:
            return None
        far = math.hypot(u - self.below[0], v - self.below[1])
        share = TOE_M / far if far > TOE_M else 0.0
        return u + (u - self.below[0]) * share, v + (v - self.below[1]) * share
