"""Boxes of people: overlap, and which of them are the same person twice.

A picture has a few boxes, and for so few numbers plain Python is faster than arrays.
"""

from typing import Final

from vilina_edge.types import Detections

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""
TINY: Final = 1e-9


def overlap(a: Box, b: Box) -> tuple[float, float]:
    """Intersection over union, and over the smaller of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0, 0.0
    shared = width * height
    area_a, area_b = (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])
    return shared / max(area_a + area_b - shared, TINY), shared / max(min(area_a, area_b), TINY)


def same_person(a: Box, b: Box, *, iou: float, inside: float) -> bool:
    """Whether two boxes are one person: much overlap, or one within the other with feet at the height of a's."""
    union, smaller = overlap(a, b)
    return union > iou or (smaller > inside and abs(a[3] - b[3]) < 0.25 * (a[3] - a[1]))


def distinct(
    detections: Detections, *, min_score: float, iou: float = 0.6, inside: float = 0.8
) -> Detections:
    """Detections of at least a score, the best of each person, best first."""
    scores, boxes = detections.score.tolist(), boxes_of(detections)
    keep: list[int] = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if scores[i] < min_score:
            break
        if not any(same_person(boxes[better], boxes[i], iou=iou, inside=inside) for better in keep):
            keep.append(i)
    return Detections(detections.xyxy[keep], detections.score[keep])


def boxes_of(detections: Detections) -> list[Box]:
    """The boxes of detections one by one."""
    return [(left, top, right, bottom) for left, top, right, bottom in detections.xyxy.tolist()]
