"""What a counter counts: its lines and areas in the picture, checked as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeVar

from vilina_edge.counting.area import Area
from vilina_edge.counting.line import Line
from vilina_edge.counting.plane import Plane
from vilina_edge.errors import AreaError, LineError, PlaneError, PlanError
from vilina_edge.types import Detections, Reference, Size
from vilina_edge.wire import Config, ConfigFault

SHORTEST: Final = 0.03
"""Of the picture's longer side. A person is seen from about this height on, and a line must be longer than they are."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines and areas in pixels of a picture of `size`, and the floor if somebody measured it."""

    size: Size
    lines: tuple[Line, ...]
    areas: tuple[Area, ...]
    plane: Plane | None = None
    reference: Reference = "foot"

    @classmethod
    def of(cls, config: Config, size: Size | None = None) -> Self:
        """The plan that a config describes; `size` is that of the camera's picture, for a config that names none.

        Raises:
            PlanError: a part of it cannot be counted; the error says which part, and why.
        """
        size = config.size or size
        if size is None:
            raise PlanError("the config does not say what size its picture has", fault="size", part=None)
        lines = tuple(
            _made("line", one.line, lambda one=one: Line(one.line, *one.start, *one.end))  # type: ignore[misc]  # bound early
            for one in config.lines
        )
        areas = tuple(
            _made("area", one.area, lambda one=one: Area(one.area, one.corners, queue=one.queue))  # type: ignore[misc]  # bound early
            for one in config.areas
        )
        floor = config.floor
        plane = (
            None
            if floor is None
            else _made("floor", None, lambda: Plane.fit(floor.pixels, floor.metres, size=size))
        )
        plan = cls(size, lines, areas, plane, config.reference)
        for line in lines:
            _made("line", line.name, lambda line=line: plan.check_line(line))  # type: ignore[misc]  # bound early
        for area in areas:
            _made("area", area.name, lambda area=area: plan.check_area(area))  # type: ignore[misc]  # bound early
        return plan

    def check_line(self, line: Line) -> None:
        """Refuse a line on which nobody can be counted.

        Raises:
            LineError: it leaves the picture, or is shorter than anybody who could be seen.
            PlaneError: it is not on the floor.
        """
        line.check_inside(*self.size)
        shortest = SHORTEST * max(self.size)
        if line.length < shortest:
            raise LineError(
                f"line {line.name} is {line.length:.0f} px long, shorter than a person: draw it from one side of"
                f" the way to the other, at least {shortest:.0f} px"
            )
        if self.plane is not None:
            self.plane.line(line)

    def check_area(self, area: Area) -> None:
        """Refuse an area in which nobody can be counted.

        Raises:
            AreaError: it leaves the picture.
            PlaneError: it is not on the floor.
        """
        area.check_inside(*self.size)
        if self.plane is not None:
            self.plane.area(area)

    def areas_on_floor(self) -> Sequence[Area]:
        """The areas in the unit in which people are judged: metres if the floor is known."""
        return self.areas if self.plane is None else [self.plane.area(area) for area in self.areas]

    def to_size(self, detections: Detections, size: Size) -> Detections:
        """Detections of a picture of another `size`, as they would be in one of ours."""
        if size == self.size:
            return detections
        across, down = self.size[0] / size[0], self.size[1] / size[1]
        return replace(detections, xyxy=detections.xyxy * [across, down, across, down])


def _made(fault: ConfigFault, part: str | None, make: Callable[[], T]) -> T:
    try:
        return make()
    except (LineError, AreaError, PlaneError) as error:
        raise PlanError(str(error), fault=fault, part=part) from error
