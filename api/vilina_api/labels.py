"""Where the label of an area of a plan stands: as far from its border, and from what else is drawn, as it can."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from vilina_edge.geometry import Point, contains, edges

STEP_M = 1.0
WIDER_THAN_HIGH = 1.6
"""Text needs more room across than up and down."""


@lru_cache(maxsize=512)
def label_point(polygon: tuple[Point, ...], besides: tuple[Point, ...] = ()) -> Point:
    """The point of a metre grid with the most room around, in metres."""
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    grid = product(_steps(min(xs), max(xs)), _steps(min(ys), max(ys)))
    return max(
        (p for p in grid if contains(polygon, p)),
        key=lambda p: _room(p, polygon, besides),
        default=polygon[0],
    )


def _steps(low: float, high: float) -> list[float]:
    count = max(2, round((high - low) / STEP_M))
    return [low + (high - low) * i / count for i in range(1, count)]


def _room(point: Point, polygon: Sequence[Point], besides: Sequence[Point]) -> tuple[float, float]:
    """Distance to the border and to other marks; of equal ones, the one nearest to the middle of the grid."""
    to_border = min(_distance(point, a, b) for a, b in edges(polygon))
    to_others = min((_flat(point[0] - x, point[1] - y) for x, y in besides), default=math.inf)
    centre = (sum(x for x, _ in polygon) / len(polygon), sum(y for _, y in polygon) / len(polygon))
    return round(min(to_border, to_others), 3), -math.dist(point, centre)


def _distance(point: Point, a: Point, b: Point) -> float:
    length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    share = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length
    share = min(1.0, max(0.0, share))
    return _flat(point[0] - a[0] - share * (b[0] - a[0]), point[1] - a[1] - share * (b[1] - a[1]))


def _flat(dx: float, dy: float) -> float:
    return math.hypot(dx / WIDER_THAN_HIGH, dy)
