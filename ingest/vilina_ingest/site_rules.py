"""What must hold in a site as a whole, beyond each value being right: every fault with its place and its remedy."""

from collections import Counter as Tallies
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import combinations
from math import inf
from typing import Final, NamedTuple

from vilina_edge import geometry
from vilina_ingest.site import OUTSIDE, Line, Point, Site, Zone

Place = tuple[str | int, ...]
BESIDE: Final = 0.3
"""So far beside a line, in metres, one stands in the zone on that side."""


class Fault(NamedTuple):
    """What is wrong, and where in the file: a path of keys and list positions."""

    place: Place
    text: str


def faults(site: Site) -> Iterator[Fault]:
    """Everything that is wrong with a site whose values are right one by one."""
    yield from _repeated_ids(site)
    yield from _unknown_subdivision(site)
    yield from _unknown_names(site)
    yield from _zone_shapes(site)
    yield from _places(site)
    yield from _lines(site)
    yield from _idle_counters(site)
    yield from _connections(site)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint, if some known name is close."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(known)}" if known else "there are none"


def _repeated_ids(site: Site) -> Iterator[Fault]:
    for key in ("floors", "zones", "counters", "lines", "areas", "units", "spots", "partners"):
        members = getattr(site, key)
        repeated = {i for i, n in Tallies(member.id for member in members).items() if n > 1}
        for index, member in enumerate(members):
            if member.id in repeated:
                yield Fault((key, index, "id"), f"the id {member.id!r} is given twice; ids differ")
    for index, zone in enumerate(site.zones):
        if zone.id == OUTSIDE:
            text = f"{OUTSIDE!r} means whatever is not the site; choose another id"
            yield Fault(("zones", index, "id"), text)


def _unknown_subdivision(site: Site) -> Iterator[Fault]:
    if site.subdivision is None:
        return
    # A counter checks its site file, too, and knows no holidays.
    from vilina_ingest.calendar import subdivisions  # noqa: PLC0415

    known = subdivisions(site.country)
    if site.subdivision not in known:
        text = (
            f"{site.country} has no holidays of {site.subdivision!r}; {did_you_mean(site.subdivision, known)}"
        )
        yield Fault(("subdivision",), text)


def _unknown_names(site: Site) -> Iterator[Fault]:
    floors = {floor.id for floor in site.floors}
    zones = {zone.id for zone in site.zones}
    counters = {counter.id for counter in site.counters}
    wanted = [
        *((("zones", i, "floor"), z.floor, floors) for i, z in enumerate(site.zones)),
        *((("counters", i, "floor"), c.floor, floors) for i, c in enumerate(site.counters)),
        *((("lines", i, "counter"), line.counter, counters) for i, line in enumerate(site.lines)),
        *((("lines", i, "from"), line.origin, zones | {OUTSIDE}) for i, line in enumerate(site.lines)),
        *((("lines", i, "to"), line.to, zones | {OUTSIDE}) for i, line in enumerate(site.lines)),
        *((("areas", i, "counter"), area.counter, counters) for i, area in enumerate(site.areas)),
        *((("areas", i, "zone"), area.zone, zones) for i, area in enumerate(site.areas)),
        *((("units", i, "zone"), u.zone, zones) for i, u in enumerate(site.units)),
        *((("spots", i, "zone"), s.zone, zones) for i, s in enumerate(site.spots)),
        *((("events", i, "zone"), e.zone, zones) for i, e in enumerate(site.events) if e.zone is not None),
        *(
            (("pop_ups", i, "spot"), one.spot, {s.id for s in site.spots})
            for i, one in enumerate(site.pop_ups)
        ),
    ]
    kinds = {"floor": "floor", "counter": "counter", "spot": "spot"}
    for place, name, known in wanted:
        if name not in known:
            kind = kinds.get(place[-1], "zone")
            yield Fault(place, f"there is no {kind} {name!r}; {did_you_mean(name, known)}")


def _zone_shapes(site: Site) -> Iterator[Fault]:
    simple = []
    for index, zone in enumerate(site.zones):
        if geometry.crosses_itself(zone.polygon):
            text = "its border crosses itself; name the corners in order, once around, each once"
            yield Fault(("zones", index, "polygon"), text)
        else:
            simple.append((index, zone))
    for (_, a), (j, b) in combinations(simple, 2):
        if a.floor == b.floor and geometry.overlap(a.polygon, b.polygon):
            text = f"zones {a.id!r} and {b.id!r} overlap; a person would be in both"
            yield Fault(("zones", j, "polygon"), text)


def _places(site: Site) -> Iterator[Fault]:
    """Everything lies on its floor, and a spot in its zone."""
    sizes = {floor.id: floor.size for floor in site.floors}
    floor_of = {counter.id: counter.floor for counter in site.counters}
    drawn: list[tuple[Place, str | None, Sequence[Point]]] = [
        *((("zones", i, "polygon"), zone.floor, zone.polygon) for i, zone in enumerate(site.zones)),
        *((("counters", i, "at"), counter.floor, [counter.at]) for i, counter in enumerate(site.counters)),
        *((("lines", i, "at"), floor_of.get(line.counter), line.at) for i, line in enumerate(site.lines)),
    ]
    for place, floor, points in drawn:
        width, depth = sizes.get(floor or "", (inf, inf))
        for x, y in points:
            if not (0 <= x <= width and 0 <= y <= depth):
                yield Fault(
                    place, f"({x:g}, {y:g}) lies outside the floor, which is {width:g} by {depth:g} m"
                )
    polygons = {zone.id: zone.polygon for zone in site.zones}
    for index, spot in enumerate(site.spots):
        if spot.zone in polygons and not geometry.contains(polygons[spot.zone], spot.at):
            text = f"({spot.at[0]:g}, {spot.at[1]:g}) lies outside its zone {spot.zone!r}"
            yield Fault(("spots", index, "at"), text)


def _lines(site: Site) -> Iterator[Fault]:
    zones = {zone.id: zone for zone in site.zones}
    floor_of = {counter.id: counter.floor for counter in site.counters}
    for index, line in enumerate(site.lines):
        place = ("lines", index)
        sides = [zones[name] for name in (line.origin, line.to) if name in zones]
        floors = {zone.floor for zone in sides}
        if line.origin == line.to:
            text = "the line leads from a zone to itself; name the zones on either side"
            yield Fault((*place, "to"), text)
        if line.door and OUTSIDE not in (line.origin, line.to):
            yield Fault((*place, "door"), f"a door leads from or to {OUTSIDE!r}, and this line does not")
        if floors and line.counter in floor_of and floor_of[line.counter] not in floors:
            text = f"counter {line.counter!r} is on another floor than the zones on either side"
            yield Fault((*place, "counter"), text)
        if line.at[0] == line.at[1]:
            yield Fault((*place, "at"), "the line has no length; give it two different points")
        elif _runs_backwards(line, zones):
            text = f"walking along it, {line.to!r} is on the left; swap its two points, or `from` and `to`"
            yield Fault((*place, "at"), text)


def _runs_backwards(line: Line, zones: dict[str, Zone]) -> bool:
    """Whether the plan shows `to` clearly on the left, or `from` on the right and not on the left as well."""
    left, right = geometry.beside(*line.at, BESIDE)

    def inside(name: str, point: Point) -> bool:
        return name in zones and geometry.contains(zones[name].polygon, point)

    if line.origin == line.to or (inside(line.origin, left) and inside(line.origin, right)):
        return False
    return inside(line.to, left) or inside(line.origin, right)


def _idle_counters(site: Site) -> Iterator[Fault]:
    used = {line.counter for line in site.lines} | {area.counter for area in site.areas}
    for index, counter in enumerate(site.counters):
        if counter.id not in used:
            text = f"counter {counter.id!r} has no line and no area; add one or remove the counter"
            yield Fault(("counters", index), text)


def _connections(site: Site) -> Iterator[Fault]:
    neighbours: dict[str, set[str]] = defaultdict(set)
    for line in site.lines:
        neighbours[line.origin].add(line.to)
        neighbours[line.to].add(line.origin)
    reached, frontier = {OUTSIDE}, [OUTSIDE]
    while frontier:
        fresh = neighbours[frontier.pop()] - reached
        reached |= fresh
        frontier += fresh
    for index, zone in enumerate(site.zones):
        if zone.id not in reached:
            text = f"no chain of lines leads from {OUTSIDE!r} to zone {zone.id!r}; nobody could be counted into it"
            yield Fault(("zones", index), text)
