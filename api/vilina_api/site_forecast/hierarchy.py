"""What is counted of a site, and what adds up to what.

A zone's arrivals are people who enter it from anywhere; a floor's, those who enter it from elsewhere than this floor;
the site's, those who come from outside. So the parts that everything is a sum of are a zone's arrivals by where people
come from: outside, another floor, or another zone of the floor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from vilina_api.forecasting.counts import Counts, Floats
from vilina_ingest.site import OUTSIDE, Site

Whence = Literal["outside", "floor", "zone"]
"""From outside, from another floor, or from another zone of the floor."""
WHENCE: Final[tuple[Whence, ...]] = ("outside", "floor", "zone")
SITE: Final = "site"


class Way(NamedTuple):
    """A line of the site by its place in the file, passed the way it was drawn (entered) or the other one."""

    line: int
    entered: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Arrivals in a zone from one kind of place, and the ways that they come."""

    zone: str
    whence: Whence
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """B parts, then the totals of two and more of them: N series, (N, B) of which parts each is made.

    `rows` says which series a zone, a floor or the site is.
    """

    parts: tuple[Part, ...]
    names: tuple[str, ...]
    matrix: Floats
    rows: dict[str, int]

    def summed(self, parts: Floats) -> Floats:
        """(N, ...) of all series from those of parts (B, ...); a gap in a part is one in its totals."""
        totals = [parts[row > 0].sum(axis=0) for row in self.matrix[len(self.parts) :]]
        return np.stack([*parts, *totals])

    def of(self, names: Iterable[str]) -> list[int]:
        """Which series these are; KeyError for one that the site does not have."""
        return [self.rows[name] for name in names]


def zone_key(zone: str) -> str:
    return f"zone/{zone}"


def floor_key(floor: str) -> str:
    return f"floor/{floor}"


def hierarchy(site: Site) -> Hierarchy:
    """Of a site; every zone has a part, because every zone has a line."""
    parts = tuple(_parts(site))
    floor_of = {zone.id: zone.floor for zone in site.zones}
    wanted: dict[str, list[int]] = {}
    for index, part in enumerate(parts):
        wanted.setdefault(zone_key(part.zone), []).append(index)
        if part.whence != "zone":
            wanted.setdefault(floor_key(floor_of[part.zone]), []).append(index)
        if part.whence == "outside":
            wanted.setdefault(SITE, []).append(index)
    names = [f"{zone_key(part.zone)}/{part.whence}" for part in parts]
    made: dict[tuple[int, ...], int] = {(index,): index for index in range(len(parts))}
    rows = {}
    for name, members in wanted.items():
        key = tuple(members)
        if key not in made:
            made[key] = len(names)
            names.append(name)
        rows[name] = made[key]
    matrix = np.zeros((len(names), len(parts)))
    for key, row in made.items():
        matrix[row, list(key)] = 1
    return Hierarchy(parts, tuple(names), matrix, rows)


def counts_of(found: Hierarchy, crossings: Counts) -> Counts:
    """Arrivals of all series from crossings by line: those who entered (line i) and those who left (line L + i)."""
    lines = len(crossings.names) // 2
    parts = np.array(
        [
            crossings.people[[way.line + (0 if way.entered else lines) for way in part.ways]].sum(axis=0)
            for part in found.parts
        ]
    )
    return Counts(names=found.names, first=crossings.first, people=found.summed(parts))


def _parts(site: Site) -> Iterator[Part]:
    floor_of = {zone.id: zone.floor for zone in site.zones}
    for zone in site.zones:
        ways: dict[Whence, list[Way]] = {whence: [] for whence in WHENCE}
        for index, line in enumerate(site.lines):
            for origin, to, entered in ((line.origin, line.to, True), (line.to, line.origin, False)):
                if to == zone.id:
                    ways[_whence(origin, zone.floor, floor_of)].append(Way(index, entered))
        yield from (Part(zone.id, whence, tuple(those)) for whence, those in ways.items() if those)


def _whence(origin: str, floor: str, floor_of: dict[str, str]) -> Whence:
    if origin == OUTSIDE:
        return "outside"
    return "zone" if floor_of[origin] == floor else "floor"
