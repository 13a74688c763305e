"""The manager's board: what each block shows, ready for its template."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from markupsafe import Markup

from vilina_api.charts import NARROW, WIDE, Quarter, quarters, today_svg
from vilina_api.labels import label_point
from vilina_api.models import CounterLive, DoorLive, ZoneLive
from vilina_api.state import Snapshot
from vilina_api.templating import templates
from vilina_api.theme import ramp_step
from vilina_edge.geometry import area, centre
from vilina_ingest.site import OUTSIDE, Floor, Line, Point, Site, Zone

SCALE: Final = 10
"""Drawing units per metre."""
SMALL_M2: Final = 250
BAR_HEIGHT: Final = 28
STATE_ICONS: Final = {
    "online": "●",
    "silent": "◌",
    "blind": "◍",
    "stopped": "■",
    "offline": "✕",
    "unknown": "?",
}


class ZoneShape(NamedTuple):
    """A zone on the plan, in drawing units; `step` of the ramp by crowding."""

    zone: Zone
    live: ZoneLive
    points: str
    label: Point
    step: int
    small: bool


class DoorShape(NamedTuple):
    """A door on the plan: its line, which way is in, and its arrows in and out."""

    line: Line
    live: DoorLive
    ends: tuple[Point, Point]
    middle: Point
    inward: Point
    arrows: tuple[str, str]


class CounterShape(NamedTuple):
    live: CounterLive
    at: Point


@dataclass(frozen=True)
class FloorPlan:
    """One floor, drawn."""

    floor: Floor
    width: float
    height: float
    zones: list[ZoneShape]
    doors: list[DoorShape]
    passages: list[tuple[Point, Point]]
    counters: list[CounterShape]


class Bars(NamedTuple):
    """A door's last quarter hours as bars: (x, height in, height out, whether it is a gap)."""

    door: DoorLive
    bars: list[tuple[int, float, float, bool]]


def floor_plans(snapshot: Snapshot) -> list[FloorPlan]:
    """The floors of a site, as they are now."""
    return [_floor_plan(snapshot.site, snapshot, floor) for floor in snapshot.site.floors]


def door_bars(snapshot: Snapshot) -> list[Bars]:
    """Crossings per quarter hour at each door, on one scale for all."""
    doors = snapshot.live.doors
    most = max((n or 0 for door in doors for n in (*door.recent_entered, *door.recent_left)), default=0) or 1
    return [Bars(door, list(_bars(door, most))) for door in doors]


def render_board(snapshot: Snapshot) -> str:
    """The whole page."""
    return templates().get_template("board.html").render(**_blocks(snapshot), whole=True)


@lru_cache(maxsize=2)
def render_blocks(snapshot: Snapshot) -> str:
    """Only the blocks, to put in place of those on the page; made once for all who look."""
    return templates().get_template("blocks.html").render(**_blocks(snapshot), whole=False)


def _blocks(snapshot: Snapshot) -> dict[str, object]:
    site, day = snapshot.site, tuple(quarters(snapshot))
    return {
        "site": site,
        "live": snapshot.live,
        "usual": snapshot.usual,
        "local": site.local,
        "weekday": f"{site.local(snapshot.live.as_of):%A}",
        "floors": floor_plans(snapshot),
        "doors": door_bars(snapshot),
        "bar_height": BAR_HEIGHT,
        "day": day,
        "wide": _rendered(day, site.capacity, WIDE),
        "narrow": _rendered(day, site.capacity, NARROW),
        "icons": STATE_ICONS,
    }


@lru_cache(maxsize=4)
def _rendered(day: tuple[Quarter, ...], capacity: int, size: tuple[int, int]) -> Markup:
    """The same curve is drawn once, whoever asks."""
    return Markup(today_svg(day, capacity=capacity, size=size))  # noqa: S704 - made by us from numbers


def _floor_plan(site: Site, snapshot: Snapshot, floor: Floor) -> FloorPlan:
    live = {zone.zone: zone for zone in snapshot.live.zones}
    zones = [zone for zone in site.zones if zone.floor == floor.id]
    ids = {zone.id for zone in zones}
    doors = {door.line: door for door in snapshot.live.doors}
    states = {counter.counter: counter for counter in snapshot.live.counters}
    on_floor = {counter.id for counter in site.counters if counter.floor == floor.id}
    lines = [line for line in site.lines if line.counter in on_floor]
    marks = tuple(counter.at for counter in site.counters if counter.floor == floor.id)
    return FloorPlan(
        floor=floor,
        width=floor.size[0] * SCALE,
        height=floor.size[1] * SCALE,
        zones=[_zone_shape(zone, live[zone.id], marks) for zone in zones],
        doors=[_door_shape(line, doors[line.id], zones) for line in lines if line.id in doors],
        passages=[
            (_units(line.at[0]), _units(line.at[1])) for line in lines if {line.origin, line.to} <= ids
        ],
        counters=[CounterShape(states[c.id], _units(c.at)) for c in site.counters if c.floor == floor.id],
    )


def _zone_shape(zone: Zone, live: ZoneLive, marks: tuple[Point, ...]) -> ZoneShape:
    points = " ".join(f"{x:g},{y:g}" for x, y in map(_units, zone.polygon))
    label = label_point(zone.polygon, marks)
    return ZoneShape(zone, live, points, _units(label), ramp_step(live.share), area(zone.polygon) < SMALL_M2)


def _door_shape(line: Line, live: DoorLive, zones: list[Zone]) -> DoorShape:
    (x1, y1), (x2, y2) = line.at
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    inside = next(zone for zone in zones if zone.id in (line.origin, line.to) and zone.id != OUTSIDE)
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    normal = (-(y2 - y1) / length, (x2 - x1) / length)
    towards = centre(inside.polygon)
    ahead = (towards[0] - middle[0]) * normal[0] + (towards[1] - middle[1]) * normal[1] > 0
    inward = normal if ahead else (-normal[0], -normal[1])
    ends = (_units(line.at[0]), _units(line.at[1]))
    return DoorShape(line, live, ends, _units(middle), inward, _arrows(inward))


def _arrows(inward: Point) -> tuple[str, str]:
    """Arrows in and out of a door, in the direction of the wall it is in."""
    if abs(inward[0]) >= abs(inward[1]):
        return ("→", "←") if inward[0] > 0 else ("←", "→")
    return ("↓", "↑") if inward[1] > 0 else ("↑", "↓")


def _bars(door: DoorLive, most: int) -> Iterator[tuple[int, float, float, bool]]:
    last = len(door.recent_entered) - 1
    for i, (entered, left) in enumerate(zip(door.recent_entered, door.recent_left, strict=True)):
        gap = (entered is None or left is None) and i < last
        yield i, BAR_HEIGHT * (entered or 0) / most, BAR_HEIGHT * (left or 0) / most, gap


def _units(point: Point) -> Point:
    return point[0] * SCALE, point[1] * SCALE
