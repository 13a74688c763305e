"""What a worse detector would have seen."""

from collections.abc import Iterator, Sequence

import numpy as np

from vilina_edge.types import Detections


def degraded(frames: Sequence[Detections], *, drops: float, noise: float, seed: int) -> Iterator[Detections]:
    """The same detections with a share of them missing, and edges off by a share of the box's height (sd)."""
    random = np.random.default_rng(seed)
    for detections in frames:
        kept = random.random(len(detections)) >= drops
        boxes = detections.xyxy[kept]
        height = (boxes[:, 3] - boxes[:, 1])[:, None]
        yield Detections(boxes + noise * height * random.normal(size=boxes.shape), detections.score[kept])
