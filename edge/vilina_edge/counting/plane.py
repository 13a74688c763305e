"""The floor in the picture: from pixels to metres, where somebody has measured four points of it.

If the picture's size is known, the four points also tell how people lean in it: see `lean`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from vilina_edge.counting.area import Area
from vilina_edge.counting.lean import Lean
from vilina_edge.counting.line import Line
from vilina_edge.counting.track import Sample
from vilina_edge.errors import PlaneError
from vilina_edge.types import Floats, Size

PERSON_M: Final = 1.7
"""How high a person is: on the floor, one body height is so many metres."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A homography (3, 3) from pixels to metres on the floor; its third coordinate is positive where there is floor.

    Hartley, Zisserman, "Multiple View Geometry in Computer Vision", 2nd ed., section 4.1.
    """

    matrix: Floats
    lean: Lean | None = None

    @classmethod
    def fit(cls, pixels: Sequence[Point], metres: Sequence[Point], *, size: Size | None = None) -> Self:
        """The plane on which four points of the picture, of that size, lie where they were measured.

        Raises:
            PlaneError: not four points each, or three of them on one line.
        """
        if len(pixels) != 4 or len(metres) != 4:
            raise PlaneError("the floor needs four points in pixels, and the same four in metres")
        rows = []
        for (x, y), (u, v) in zip(pixels, metres, strict=True):
            rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
            rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
        system = np.array(rows, dtype=np.float64)
        try:
            solution = np.linalg.solve(system[:, :8], system[:, 8])
        except np.linalg.LinAlgError as error:
            raise PlaneError("three of the floor's points are on one line: choose four corners") from error
        matrix = np.append(solution, 1.0).reshape(3, 3)
        if not np.isfinite(matrix).all() or np.linalg.cond(matrix) > 1e12:
            raise PlaneError("three of the floor's points are on one line: choose four corners")
        middle = np.mean(np.array(pixels), axis=0)
        side = float(np.sign(matrix[2] @ [*middle, 1.0]))
        matrix = matrix * (side or 1.0)
        return cls(
            matrix,
            None if size is None else Lean.of(np.asarray(np.linalg.inv(matrix), dtype=np.float64), size),
        )

    def at(self, x: float, y: float) -> Point | None:
        """Metres on the floor of a point of the picture; None above the horizon."""
        (a, b, c), (d, e, f), (g, h, i) = self.matrix.tolist()
        depth = g * x + h * y + i
        if depth <= 0:
            return None
        return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

    def sample(self, sample: Sample) -> Sample | None:
        """Somebody's place in metres, from the middle of their box's lower edge; their height is everybody's."""
        place = (self.lean or self).at(sample.x, sample.y)
        return None if place is None else replace(sample, x=place[0], y=place[1], height=PERSON_M)

    def line(self, line: Line) -> Line:
        """The line on the floor.

        Raises:
            PlaneError: an end of it is above the horizon.
        """
        (x1, y1), (x2, y2) = self._all(((line.x1, line.y1), (line.x2, line.y2)), f"line {line.name}")
        return Line(line.name, x1, y1, x2, y2) if self._keeps_sides() else Line(line.name, x2, y2, x1, y1)

    def area(self, area: Area) -> Area:
        """The area on the floor.

        Raises:
            PlaneError: a corner of it is above the horizon.
        """
        return replace(area, polygon=tuple(self._all(area.polygon, f"area {area.name}")))

    def _all(self, points: Sequence[Point], what: str) -> list[Point]:
        places = [self.at(x, y) for x, y in points]
        if None in places:
            raise PlaneError(
                f"{what} is above the horizon of the floor: the floor's four points are wrong, or it is"
            )
        return [place for place in places if place is not None]

    def _keeps_sides(self) -> bool:
        """Whether left stays left: metres may be counted the other way round."""
        return float(np.linalg.det(self.matrix)) > 0
