"""A path's positions without the jitter of the detector's boxes."""

from collections.abc import Sequence
from typing import Final

from vilina_edge.counting.track import Sample

HALF_WINDOW_S: Final = 0.45


def smoothed(samples: Sequence[Sample], index: int) -> Sample:
    """The position at `samples[index]` by a straight line fitted to the samples within +-0.45 s (least squares)."""
    centre = samples[index]
    near = [s for s in samples if abs(s.at - centre.at) <= HALF_WINDOW_S]
    n = len(near)
    if n < 3:
        return centre
    mean_t = sum(s.at for s in near) / n
    mean_x = sum(s.x for s in near) / n
    mean_y = sum(s.y for s in near) / n
    spread = sum((s.at - mean_t) ** 2 for s in near)
    ahead = (centre.at - mean_t) / spread
    return Sample(
        centre.at,
        mean_x + ahead * sum((s.at - mean_t) * s.x for s in near),
        mean_y + ahead * sum((s.at - mean_t) * s.y for s in near),
        centre.height,
    )
