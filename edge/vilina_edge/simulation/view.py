"""A pinhole camera over a floor: where points and ellipsoids of the room are seen in its picture.

The room: metres, x to the right and y down in the plan of the floor, z up. The picture: pixels, x right and y down,
the principal point in its middle. The sources are Hartley & Zisserman, Multiple View Geometry, 2nd ed., 2004: the
camera P = K [R | -R c] (6.1), the floor's homography (8.1.1), the outline of a quadric C* = P Q* P^T (8.3).
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from vilina_edge.types import Floats, Size

NEAREST: Final = 0.05
"""What is not wholly so far in front of the camera, metres, is not seen: its outline need not be an ellipse."""
MAX_TILT: Final = 85.0
"""Degrees. Nearer to level, the floor is hardly seen."""


class Ellipsoids(NamedTuple):
    """Solids of the room: `centres` (N, 3) and `axes` (N, 3, 3), whose columns are the half axes; metres."""

    centres: Floats
    axes: Floats


class Ellipses(NamedTuple):
    """Outlines in the picture, pixels: `centres` (N, 2), `spread` (N, 2, 2), and which are in front of the camera (N,).

    A point x is inside if (x - centre)^T spread^-1 (x - centre) <= 1. Those that are not in front are NaN.
    """

    centres: Floats
    spread: Floats
    seen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def boxes(self) -> Floats:
        """The exact bounds x1, y1, x2, y2: (N, 4)."""
        reach = np.sqrt(np.diagonal(self.spread, axis1=1, axis2=2))
        return np.hstack([self.centres - reach, self.centres + reach])

    def half_axes(self) -> tuple[Floats, Floats]:
        """Long and short half axis (N, 2), and the direction of the long one, degrees from x to y (N,)."""
        a, b, c = self.spread[:, 0, 0], self.spread[:, 0, 1], self.spread[:, 1, 1]
        mean, apart = (a + c) / 2, np.hypot((a - c) / 2, b)
        halves = np.sqrt(np.maximum(np.stack([mean + apart, mean - apart], axis=-1), 0))
        return halves, np.degrees(np.arctan2(2 * b, a - c)) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A camera `height` metres above the floor's point (`x`, `y`).

    `tilt` is how far it looks from straight down, degrees; `heading` which way: degrees in the plan, from x (0, to the
    right) to y (90, down the plan), and that way is up in the picture. `focal` is the focal length and `size` the
    picture's width and height, pixels.

    Raises:
        ValueError: a number is not one, or such a camera cannot be.
    """

    x: float
    y: float
    height: float
    focal: float
    tilt: float = 0.0
    heading: float = -90.0
    size: Size = (640, 480)

    def __post_init__(self) -> None:
        if not all(
            math.isfinite(v) for v in (self.x, self.y, self.height, self.focal, self.tilt, self.heading)
        ):
            raise ValueError(f"{self}: a value is not a number")
        if self.height <= 0 or self.focal <= 0 or min(self.size) <= 0:
            raise ValueError(f"{self}: height, focal length and size are more than 0")
        if not 0 <= self.tilt <= MAX_TILT:
            raise ValueError(f"the tilt is from 0 (straight down) to {MAX_TILT:g} degrees, not {self.tilt:g}")

    @property
    def centre(self) -> Floats:
        """Where the camera is: (3,)."""
        return np.array([self.x, self.y, self.height])

    @property
    def rotation(self) -> Floats:
        """Rows: the picture's right, its down and the optical axis, in the room (3, 3).

        The room is left-handed (y is down in the plan and z up), so the determinant is -1.
        """
        tilt, heading = math.radians(self.tilt), math.radians(self.heading)
        ahead = np.array([math.cos(heading), math.sin(heading), 0.0])
        right = np.array([-math.sin(heading), math.cos(heading), 0.0])
        up = np.array([0.0, 0.0, 1.0])
        return np.stack([
            right,
            -math.cos(tilt) * ahead - math.sin(tilt) * up,
            math.sin(tilt) * ahead - math.cos(tilt) * up,
        ])  # fmt: skip

    @property
    def calibration(self) -> Floats:
        """K: (3, 3)."""
        width, height = self.size
        return np.array([[self.focal, 0, width / 2], [0, self.focal, height / 2], [0, 0, 1]])

    @property
    def projection(self) -> Floats:
        """P = K [R | -R c], so that the third homogeneous coordinate is the depth in metres: (3, 4)."""
        rotation = self.rotation
        projection: Floats = self.calibration @ np.column_stack([rotation, -rotation @ self.centre])
        return projection

    @property
    def homography(self) -> Floats:
        """Of the floor, z = 0, from metres to pixels: P without its third column (3, 3)."""
        return self.projection[:, [0, 1, 3]]

    def seen(self, points: Floats) -> Floats:
        """Points of the room (N, 3) in the picture (N, 2); NaN for those that are not in front of the camera."""
        x, y, depth = self.projection @ np.column_stack([points, np.ones(len(points))]).T
        depth = np.where(depth >= NEAREST, depth, np.nan)
        return np.stack([x / depth, y / depth], axis=-1)

    def rays(self) -> Floats:
        """For each pixel the direction in the room, 1 m deep, in which it looks: (H, W, 3)."""
        width, height = self.size
        x, y = np.meshgrid(
            (np.arange(width) - width / 2) / self.focal, (np.arange(height) - height / 2) / self.focal
        )
        rays: Floats = np.stack([x, y, np.ones_like(x)], axis=-1) @ self.rotation
        return rays

    def outlines(self, solids: Ellipsoids) -> Ellipses:
        """The exact outlines of ellipsoids.

        C* = P Q* P^T, where Q* = T diag(1, 1, 1, -1) T^T and T = [axes centre; 0 1]. A dual ellipse of centre m and
        spread S is, up to scale, [[S - m m^T, -m], [-m^T, -1]].
        """
        projection = self.projection
        axes = projection[:, :3] @ solids.axes
        centres = solids.centres @ projection[:, :3].T + projection[:, 3]
        depth, reach = centres[:, 2], np.linalg.norm(axes[:, 2], axis=-1)
        seen = depth - reach >= NEAREST
        dual = axes @ axes.transpose(0, 2, 1) - centres[:, :, None] * centres[:, None, :]
        dual /= np.where(seen, -dual[:, 2, 2], np.nan)[:, None, None]
        middle = -dual[:, :2, 2]
        return Ellipses(middle, dual[:, :2, :2] + middle[:, :, None] * middle[:, None, :], seen)
