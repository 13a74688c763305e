"""A path's positions without the jitter of the detector's boxes."""

from collections.abc import Sequence
from typing import Final

from vilina_edge.counting.track import Sample

HALF_WINDOW_S: Final = 0.45


def smoothed(samples: Sequence[Sample], index: int) -> Sample:
    """The position at `samples[index]` by a straight line fitted to the samples within +-0.45 s (least squares).

    Of fewer than three samples, or of several at one instant, there is no such line.
    """
    centre = samples[index]
    n = 0
    t = x = y = tt = tx = ty = 0.0
    for sample in samples:
        after = sample.at - centre.at
        if -HALF_WINDOW_S <= after <= HALF_WINDOW_S:
            n += 1
            t += after
            x += sample.x
            y += sample.y
            tt += after * after
            tx += after * sample.x
            ty += after * sample.y
    spread = n * tt - t * t
    if n < 3 or spread <= 0:
        return centre
    return Sample(centre.at, (tt * x - t * tx) / spread, (tt * y - t * ty) / spread, centre.height)
