"""Boxes of people: overlap, and which of them are the same person twice."""

import numpy as np
import numpy.typing as npt

from vilina_edge.types import Detections, Floats

Mask = npt.NDArray[np.bool_]


def overlaps(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Intersection over union, and over the smaller one, of (N, 4) with (M, 4) boxes: each (N, M)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=-1)[:, None]
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=-1)[None, :]
    tiny = np.finfo(float).tiny
    return shared / np.maximum(area_a + area_b - shared, tiny), shared / np.maximum(
        np.minimum(area_a, area_b), tiny
    )


def same_person(a: Floats, b: Floats, *, iou: float, inside: float) -> Mask:
    """Which pairs (N, M) are one person: much overlap, or one within the other with feet at the same height."""
    union, smaller = overlaps(a, b)
    height = np.maximum(a[:, 3] - a[:, 1], 1e-9)[:, None]
    feet_agree = np.abs(a[:, 3][:, None] - b[:, 3][None, :]) < 0.25 * height
    same: Mask = (union > iou) | ((smaller > inside) & feet_agree)
    return same


def distinct(
    detections: Detections, *, min_score: float, iou: float = 0.6, inside: float = 0.8
) -> Detections:
    """Detections of at least a score, the best of each person, best first."""
    order = np.argsort(-detections.score, kind="stable")
    order = order[detections.score[order] >= min_score]
    boxes = detections.xyxy[order]
    same = same_person(boxes, boxes, iou=iou, inside=inside)
    keep = np.ones(len(order), dtype=bool)
    for i in range(len(order)):
        if keep[i]:
            keep[i + 1 :] &= ~same[i, i + 1 :]
    return Detections(boxes[keep], detections.score[order[keep]])
