"""The rendered scene: a door between two halls, seen from straight above. Lengths in metres, x right and y down."""

from dataclasses import dataclass

from vilina_edge.counting.line import Line


@dataclass(frozen=True, slots=True)
class Scene:
    """A wall from top to bottom through the middle of the picture, with an opening in it.

    `width` by `depth` is the floor that the picture shows; `opening` is where the door begins and ends along the
    wall; the camera hangs `camera_height` above the middle. Whoever walks to the right has entered.
    """

    line_name: str = "door"
    width: float = 8.0
    depth: float = 6.0
    opening: tuple[float, float] = (1.0, 5.0)
    camera_height: float = 7.0
    pixels_per_metre: int = 80

    def __post_init__(self) -> None:
        if not 0 <= self.opening[0] < self.opening[1] <= self.depth:
            raise ValueError(f"the opening {self.opening} is not in a wall of {self.depth} m")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, pixels."""
        return round(self.width * self.pixels_per_metre), round(self.depth * self.pixels_per_metre)

    @property
    def wall(self) -> float:
        """Where the wall and the line in its door are, metres from the left."""
        return self.width / 2

    @property
    def line(self) -> Line:
        """The line in the door, from jamb to jamb, in pixels."""
        x = self.wall * self.pixels_per_metre
        first, second = (y * self.pixels_per_metre for y in self.opening)
        return Line(self.line_name, x, second, x, first)


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks: colours are BGR, `size` is 1 for an average adult."""

    jacket: tuple[int, int, int]
    trousers: tuple[int, int, int]
    hair: tuple[int, int, int]
    bag: tuple[int, int, int] | None
    size: float


@dataclass(frozen=True, slots=True)
class Walker:
    """A person at one instant: where on the floor, heading (a unit vector), and metres walked, which set the gait."""

    look: Look
    x: float
    y: float
    heading: tuple[float, float]
    walked: float
