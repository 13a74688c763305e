"""What a technician has drawn so far: it may still be wrong, so each part is checked by itself."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Final, Self

import msgspec

from vilina_edge.counting.plan import Plan
from vilina_edge.errors import PlanError, WireError
from vilina_edge.types import Reference, Size
from vilina_edge.wire import NAME, AreaConfig, Config, FloorConfig, LineConfig, encode

Corner = tuple[float, float]
Text = Annotated[str, msgspec.Meta(max_length=200)]
MAX_LINES: Final = 64
MAX_AREAS: Final = 16


class DrawnLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `x1, y1` to `x2, y2`, pixels of the picture."""

    name: Text
    points: tuple[float, float, float, float]

    @property
    def config(self) -> LineConfig:
        return LineConfig(line=self.name, start=self.points[:2], end=self.points[2:])


class DrawnArea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Its corners in order, pixels of the picture."""

    name: Text
    corners: Annotated[tuple[Corner, ...], msgspec.Meta(max_length=64)]
    queue: bool = False

    @property
    def config(self) -> AreaConfig:
        return AreaConfig(area=self.name, corners=self.corners, queue=self.queue)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a part: the how-manieth line or area, from 0. With the whole: neither."""

    text: str
    line: int | None = None
    area: int | None = None


class Drawing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines and areas, right or wrong, and what of a person counts."""

    lines: Annotated[tuple[DrawnLine, ...], msgspec.Meta(max_length=MAX_LINES)] = ()
    areas: Annotated[tuple[DrawnArea, ...], msgspec.Meta(max_length=MAX_AREAS)] = ()
    reference: Reference = "foot"

    @classmethod
    def of(cls, config: Config, size: Size) -> Self:
        """What a config counts, in pixels of a picture of `size`."""
        across, down = _ratio(config.size, size)
        lines = (
            DrawnLine(
                one.line,
                _rounded(one.start[0] * across, one.start[1] * down, one.end[0] * across, one.end[1] * down),
            )
            for one in config.lines
        )
        areas = (
            DrawnArea(
                one.area, tuple((_round(x * across), _round(y * down)) for x, y in one.corners), one.queue
            )
            for one in config.areas
        )
        return cls(tuple(lines), tuple(areas), config.reference)

    def checked(self, size: Size, floor: FloorConfig | None = None) -> tuple[Plan, tuple[Fault, ...]]:
        """A plan of the parts that can be counted, and what is wrong with the others; `floor` is of that size, too."""
        faults = tuple(self._faults(size, floor))
        lines = {fault.line for fault in faults}
        areas = {fault.area for fault in faults}
        good = Drawing(
            tuple(line for index, line in enumerate(self.lines) if index not in lines),
            tuple(area for index, area in enumerate(self.areas) if index not in areas),
            self.reference,
        )
        if good.lines or good.areas:
            return Plan.of(good.config(size=size, floor=floor)), faults
        return Plan(size, (), (), None, self.reference), faults

    def config(self, *, size: Size, floor: FloorConfig | None = None, version: int = 0) -> Config:
        """The message that has this drawing counted.

        Raises:
            ValueError: nothing is drawn, or a name is there twice.
        """
        return Config(
            version=version,
            size=size,
            lines=tuple(line.config for line in self.lines),
            areas=tuple(area.config for area in self.areas),
            floor=floor,
            reference=self.reference,
        )

    def _faults(self, size: Size, floor: FloorConfig | None) -> Iterator[Fault]:
        times = Counter([line.name for line in self.lines] + [area.name for area in self.areas])
        for index, line in enumerate(self.lines):
            alone = Drawing((line,), (), self.reference)
            if text := _name_fault(line.name, times) or alone._plan_fault(size, floor):
                yield Fault(text, line=index)
        for index, area in enumerate(self.areas):
            alone = Drawing((), (area,), self.reference)
            if text := _name_fault(area.name, times) or alone._plan_fault(size, floor):
                yield Fault(text, area=index)
        if times and times.most_common(1)[0][1] == 1:
            try:
                encode(self.config(size=size, floor=floor))
            except WireError:
                yield Fault(
                    "these are more lines and corners than one message to the site can hold: leave some out"
                )

    def _plan_fault(self, size: Size, floor: FloorConfig | None) -> str | None:
        try:
            Plan.of(self.config(size=size, floor=floor))
        except PlanError as error:
            return str(error)
        return None


def floor_at(config: Config, size: Size) -> FloorConfig | None:
    """The measured floor of a config, in pixels of a picture of `size`."""
    if config.floor is None:
        return None
    across, down = _ratio(config.size, size)
    (a, b, c, d) = ((_round(x * across), _round(y * down)) for x, y in config.floor.pixels)
    return FloorConfig(pixels=(a, b, c, d), metres=config.floor.metres)


def _name_fault(name: str, times: Counter[str]) -> str | None:
    if re.match(NAME, name) is None or name.endswith("\n"):
        return (
            "the name is an id of the site file: letters, digits, - _ and . only, no space, at most 64; it begins with"
            " a letter or a digit"
        )
    if times[name] > 1:
        return f"the name {name} is there {times[name]} times: give each line and area its own"
    return None


def _ratio(was: Size | None, size: Size) -> tuple[float, float]:
    return (1.0, 1.0) if was is None else (size[0] / was[0], size[1] / was[1])


def _round(value: float) -> float:
    """To a tenth of a pixel."""
    return round(value, 1)


def _rounded(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    return _round(x1), _round(y1), _round(x2), _round(y2)
