"""Polygons, in a picture or on a floor plan: simple, disjoint, and inside. x to the right and y down, any unit."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import hypot

Point = tuple[float, float]
Polygon = Sequence[Point]
TOLERANCE = 1e-9


def area(polygon: Polygon) -> float:
    """In the square of the unit; the shoelace formula."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges(polygon))) / 2


def centre(polygon: Polygon) -> Point:
    """The centroid."""
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges(polygon))
    x = sum((x1 + x2) * (x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in edges(polygon))
    y = sum((y1 + y2) * (x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in edges(polygon))
    return x / (3 * doubled), y / (3 * doubled)


def edges(polygon: Polygon) -> Iterator[tuple[Point, Point]]:
    return zip(polygon, (*polygon[1:], polygon[0]), strict=True)


def crosses_itself(polygon: Polygon) -> bool:
    """Whether two edges that are not neighbours touch, neighbours fold back, or a corner is given twice."""
    sides = list(edges(polygon))
    last = len(sides) - 1
    return (
        len(set(polygon)) != len(polygon)
        or any(
            _on(a, b, d) or _on(c, d, a) for (a, b), (c, d) in zip(sides, sides[1:] + sides[:1], strict=True)
        )
        or any(
            _touch(*sides[i], *sides[j])
            for i, j in combinations(range(len(sides)), 2)
            if j - i > 1 and (i, j) != (0, last)
        )
    )


def contains(polygon: Polygon, point: Point) -> bool:
    """Whether a point is strictly inside (even-odd rule); its border is not."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in edges(polygon):
        if _on((x1, y1), (x2, y2), point):
            return False
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def beside(first: Point, second: Point, distance: float) -> tuple[Point, Point]:
    """The points so far to the left and to the right of a segment's middle, walking along it; y is down."""
    (x1, y1), (x2, y2) = first, second
    share = distance / hypot(x2 - x1, y2 - y1)
    x, y, dx, dy = (x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) * share, (y2 - y1) * share
    return (x + dy, y - dx), (x - dy, y + dx)


def overlap(a: Polygon, b: Polygon) -> bool:
    """Whether two simple polygons share more than a border."""
    return (
        any(_cross(*side_a, *side_b) for side_a in edges(a) for side_b in edges(b))
        or any(contains(b, point) for point in _witnesses(a))
        or any(contains(a, point) for point in _witnesses(b))
    )


def _witnesses(polygon: Polygon) -> Iterator[Point]:
    """Corners, middles of edges and a point within: some is inside another polygon that covers this one."""
    for (x1, y1), (x2, y2) in edges(polygon):
        yield x1, y1
        yield (x1 + x2) / 2, (y1 + y2) / 2
    for a, b, c in zip(polygon, (*polygon[1:], polygon[0]), (*polygon[2:], *polygon[:2]), strict=True):
        ear = (a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3
        if contains(polygon, ear):
            yield ear


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _on(a: Point, b: Point, p: Point) -> bool:
    return (
        abs(_turn(a, b, p)) <= TOLERANCE
        and min(a[0], b[0]) - TOLERANCE <= p[0] <= max(a[0], b[0]) + TOLERANCE
        and min(a[1], b[1]) - TOLERANCE <= p[1] <= max(a[1], b[1]) + TOLERANCE
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross in a point that is inside both."""
    return _turn(a, b, c) * _turn(a, b, d) < -TOLERANCE and _turn(c, d, a) * _turn(c, d, b) < -TOLERANCE


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _cross(a, b, c, d) or _on(a, b, c) or _on(a, b, d) or _on(c, d, a) or _on(c, d, b)
