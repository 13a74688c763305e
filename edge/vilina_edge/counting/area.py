"""An area in the picture in which people are counted."""

import math
from dataclasses import dataclass
from typing import Self

from vilina_edge.errors import AreaError
from vilina_edge.geometry import Point, contains, crosses_itself, edges


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon, in pixels, x to the right and y down. In a `queue` people also count as waiting.

    Raises:
        AreaError: fewer than three corners, a border that crosses itself, or a coordinate that is not a number.
    """

    name: str
    polygon: tuple[Point, ...]
    queue: bool = False

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            raise AreaError(f"area {self.name} needs at least three corners")
        if not all(math.isfinite(value) for corner in self.polygon for value in corner):
            raise AreaError(f"area {self.name}: a coordinate is not a number")
        if crosses_itself(self.polygon):
            raise AreaError(
                f"the border of area {self.name} crosses itself: give its corners in order, each once"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME=x1,y1,x2,y2,x3,y3,...`.

        Raises:
            AreaError: it is not of that form.
        """
        name, equals, numbers = text.partition("=")
        try:
            values = [float(number) for number in numbers.split(",")]
            corners = tuple(zip(values[::2], values[1::2], strict=True))
        except ValueError as error:
            raise AreaError(
                f"area {text!r} is not of the form NAME=x1,y1,x2,y2,x3,y3,... (pixels)"
            ) from error
        if not equals or not name.strip():
            raise AreaError(f"area {text!r} has no name: write NAME=x1,y1,x2,y2,x3,y3,...")
        return cls(name.strip(), corners, queue=True)

    def check_inside(self, width: int, height: int) -> None:
        """Refuse an area of which a corner lies outside the frame.

        Raises:
            AreaError: it does; the text says where the frame ends.
        """
        for x, y in self.polygon:
            if not (0 <= x <= width and 0 <= y <= height):
                raise AreaError(
                    f"area {self.name} has a corner ({x:g}, {y:g}) outside the frame:"
                    f" x goes from 0 to {width}, y from 0 to {height}"
                )

    def depth(self, x: float, y: float) -> float:
        """Distance from the border; positive inside."""
        far = min(_distance(x, y, first, second) for first, second in edges(self.polygon))
        return far if contains(self.polygon, (x, y)) else -far


def _distance(x: float, y: float, first: Point, second: Point) -> float:
    """Of a point from a segment."""
    (x1, y1), (x2, y2) = first, second
    dx, dy = x2 - x1, y2 - y1
    share = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)
    share = min(max(share, 0.0), 1.0)
    return math.hypot(x - x1 - share * dx, y - y1 - share * dy)
