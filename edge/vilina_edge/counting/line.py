"""A counting line in the picture."""

import math
from dataclasses import dataclass, field
from typing import Self

from vilina_edge.errors import LineError


@dataclass(frozen=True, slots=True)
class Line:
    """A directed segment from `(x1, y1)` to `(x2, y2)`, in pixels, x to the right and y down.

    Walking along it from its first to its second point, people who cross from the left-hand to the right-hand side
    entered, the others left. Only crossings between its ends count.

    Raises:
        LineError: both points are the same, or a coordinate is not a number.
    """

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    length: float = field(init=False, repr=False, compare=False)
    """Pixels."""

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (self.x1, self.y1, self.x2, self.y2)):
            raise LineError(f"line {self.name}: a coordinate is not a number")
        object.__setattr__(self, "length", math.hypot(self.x2 - self.x1, self.y2 - self.y1))
        if self.length == 0:
            raise LineError(f"line {self.name} has no length: give it two different points")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME=x1,y1,x2,y2`.

        Raises:
            LineError: it is not of that form.
        """
        name, equals, numbers = text.partition("=")
        try:
            x1, y1, x2, y2 = (float(number) for number in numbers.split(","))
        except ValueError as error:
            raise LineError(f"line {text!r} is not of the form NAME=x1,y1,x2,y2 (pixels)") from error
        if not equals or not name.strip():
            raise LineError(f"line {text!r} has no name: write NAME=x1,y1,x2,y2")
        return cls(name.strip(), x1, y1, x2, y2)

    def check_inside(self, width: int, height: int) -> None:
        """Refuse a line of which an end lies outside the frame.

        Raises:
            LineError: it does; the text says where the frame ends.
        """
        if not (min(self.x1, self.x2) >= 0 and max(self.x1, self.x2) <= width
                and min(self.y1, self.y2) >= 0 and max(self.y1, self.y2) <= height):  # fmt: skip
            raise LineError(
                f"line {self.name} from ({self.x1:g}, {self.y1:g}) to ({self.x2:g}, {self.y2:g}) leaves the frame:"
                f" x goes from 0 to {width}, y from 0 to {height}"
            )

    def beside(self, x: float, y: float) -> float:
        """Distance in pixels from the line, prolonged; positive on the right-hand side of its direction."""
        return ((self.x2 - self.x1) * (y - self.y1) - (self.y2 - self.y1) * (x - self.x1)) / self.length

    def along(self, x: float, y: float) -> float:
        """Where a point is along the line: 0 at its first point, 1 at its second."""
        return ((x - self.x1) * (self.x2 - self.x1) + (y - self.y1) * (self.y2 - self.y1)) / self.length**2
