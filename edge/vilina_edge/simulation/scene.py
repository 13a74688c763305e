"""The rendered scene: a door between two halls. Lengths in metres; in the plan x is to the right and y down."""

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from vilina_edge.counting.line import Line
from vilina_edge.simulation.view import View
from vilina_edge.types import Size

Colour = tuple[int, int, int]
"""BGR."""

NARROWEST: Final = 1.0
"""Two people cannot pass each other in less, metres."""
NARROW: Final = 2.0
"""Through doors narrower than this, metres, people walk in single file, one file each way."""
APPEAR: Final = 1.2
VANISH: Final = 0.6
"""So far beyond what is seen people appear and vanish, metres; who comes never meets who has gone."""
WALKING_SPEED: Final = (1.3, 0.18)
"""Mean and standard deviation, m/s."""
TURN_S: Final = 0.7
"""Who turns back stops for so long before, seconds."""
LOWEST: Final = 2.4
"""A camera hangs above the tallest head, metres."""
OVERHEAD: Final = View(x=4.0, y=3.0, height=7.0, focal=560.0)
"""80 pixels a metre on the floor."""
CHEST: Final = 0.9
"""A camera at an angle is aimed at people in the door so high above the floor."""
LONG: Final = 12.0
DEEP: Final = 8.0
"""The floor for a camera at an angle, which sees further."""
WIDE_ANGLE: Final = 75.0
"""Degrees from left to right, as usual for cameras under a ceiling."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A wall across the middle of the floor, with a door in it, seen by a camera.

    `width` by `depth` is the floor that can be seen: at its ends are curtains, out of which people come; `opening` is
    where the door begins and ends along the wall. Whoever walks to the right, in the plan, has entered.

    Raises:
        ValueError: the opening is not in the wall or too narrow, or the camera is out of place or does not see the
            door.
    """

    line_name: str = "door"
    width: float = 8.0
    depth: float = 6.0
    opening: tuple[float, float] = (1.0, 5.0)
    view: View = OVERHEAD

    def __post_init__(self) -> None:
        if not (0 < self.width < math.inf and 0 < self.depth < math.inf):
            raise ValueError(f"a floor of {self.width} by {self.depth} m is none")
        if not 0 <= self.opening[0] < self.opening[1] <= self.depth:
            raise ValueError(f"the opening {self.opening} is not in a wall of {self.depth} m")
        # Half the opening is added to and taken from the middle, so a millimetre may be missing.
        if self.opening[1] - self.opening[0] < NARROWEST - 0.001:
            raise ValueError(f"the opening {self.opening} is narrower than {NARROWEST} m")
        self._check_view()

    @classmethod
    def overhead(cls, *, door: float) -> Self:
        """The usual scene, with a door so many metres wide in the middle of the wall."""
        return cls(opening=_middle_of(6.0, door))

    @classmethod
    def at_an_angle(cls, *, door: float, tilt: float, heading: float = 0.0, height: float = 3.5) -> Self:
        """A door so many metres wide, from a camera under the ceiling, aimed at the middle of the door.

        `tilt` and `heading` are those of `View`: with heading 0 the camera looks after those who enter.
        """
        away = (height - CHEST) * math.tan(math.radians(tilt))
        x = LONG / 2 - away * math.cos(math.radians(heading))
        y = DEEP / 2 - away * math.sin(math.radians(heading))
        focal = 640 / 2 / math.tan(math.radians(WIDE_ANGLE / 2))
        view = View(x=x, y=y, height=height, focal=focal, tilt=tilt, heading=heading)
        return cls(width=LONG, depth=DEEP, opening=_middle_of(DEEP, door), view=view)

    @property
    def size(self) -> Size:
        """Width and height of the picture, pixels."""
        return self.view.size

    @property
    def wall(self) -> float:
        """Where the wall and the line in its door are, metres from the left."""
        return self.width / 2

    @property
    def is_narrow(self) -> bool:
        """Whether people walk through the door in single file."""
        return self.opening[1] - self.opening[0] < NARROW

    @property
    def line(self) -> Line:
        """The line on the floor of the door, from jamb to jamb, in pixels as the camera sees it."""
        first, second = self.opening
        ends = self.view.seen(np.array([[self.wall, second, 0.0], [self.wall, first, 0.0]]))
        # A millionth of a pixel is not worth the digits.
        return Line(self.line_name, *ends.round(6).ravel().tolist())

    def _check_view(self) -> None:
        view = self.view
        if view.height < LOWEST:
            raise ValueError(f"a camera at {view.height} m is in people's way: {LOWEST} m is the lowest")
        if not (0 <= view.x <= self.width and 0 <= view.y <= self.depth):
            raise ValueError(f"the camera at ({view.x:g}, {view.y:g}) is not over the floor")
        first, second = self.opening
        ends = view.seen(np.array([[self.wall, first, 0.0], [self.wall, second, 0.0]]))
        if not ((ends >= 0) & (ends <= view.size)).all():
            raise ValueError("the camera does not see the whole line in the door")


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks: `size` is 1 for an average adult."""

    jacket: Colour
    trousers: Colour
    hair: Colour
    bag: Colour | None
    size: float


@dataclass(frozen=True, slots=True)
class Walker:
    """A person at one instant: where on the floor, and heading (a unit vector).

    Metres walked set the phase of the gait, and the pace, m/s, how far the limbs swing.
    """

    look: Look
    x: float
    y: float
    heading: tuple[float, float]
    walked: float
    pace: float = 1.3


def _middle_of(depth: float, door: float) -> tuple[float, float]:
    return (depth - door) / 2, (depth + door) / 2
