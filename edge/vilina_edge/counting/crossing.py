"""Whether a path crosses a line: hysteresis on either side, and only between the line's ends.

A side is taken when the path is clearly on it. Crossing means being clearly on one side and then clearly on the other,
and having passed between the ends. Who turns back inside the band has not crossed; who crosses again counts again.
"""

from dataclasses import dataclass
from typing import Final

from vilina_edge.counting.line import Line
from vilina_edge.counting.track import Sample
from vilina_edge.types import Direction

BAND: Final = 0.08
"""Half width of the band around the line, in body heights: a side is left only beyond it."""
BAND_OF_BODIES: Final = 0.2
"""The same where the middle of the body is known, about 0.3 m: seen from above, or standing on a measured floor.

Half a body is so deep, and half a step so long; who turns back nearer to the line never was on the other side.
"""
THIN_BAND: Final = 0.04
"""Enough for the first side of a path, and for its end."""


LEAN: Final = 0.15
"""So far beyond a line's ends, in body heights, the centre of somebody passes who passes between them: seen from above,
bodies lean outwards from the camera."""
LEAN_OF_FEET: Final = 0.1
"""The same for the middle of a box's lower edge: it lies less far aside."""
AS_MEASURED: Final = 0.05
"""The same for feet on a measured floor, which says how people lean; feet are not known better than this."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A path went over a line; `at` in seconds is when it passed the line itself."""

    direction: Direction
    at: float


@dataclass(slots=True)
class Crosser:
    """One path and one line. Feed it the path's positions in the order of time.

    `band` and `slack` are in body heights: see `BAND`, and `LEAN` for how far beyond the line's ends is still between.
    `side`, `last` and `beside` (its distance from the line) are of the last position.
    """

    line: Line
    band: float = BAND
    slack: float = 0.0
    side: int = 0
    last: Sample | None = None
    beside: float = 0.0
    passed_at: float | None = None

    def step(self, sample: Sample) -> Passage | None:
        """Take in the next position; the passage that it completes, if it does."""
        beside = self.line.beside(sample.x, sample.y)
        self._note_passing(sample, beside)
        self.last, self.beside = sample, beside
        if self.side == 0:
            self.side = _side(beside, THIN_BAND * sample.height)
            return None
        return self._switch(_side(beside, self.band * sample.height))

    def end(self) -> Passage | None:
        """The path is over: a thinner band is enough for its last position."""
        if self.last is None or self.side == 0:
            return None
        return self._switch(_side(self.beside, THIN_BAND * self.last.height))

    def _switch(self, side: int) -> Passage | None:
        if side in (0, self.side):
            return None
        self.side = side
        at, self.passed_at = self.passed_at, None
        if at is None:
            return None
        return Passage("entered" if side > 0 else "left", at)

    def _note_passing(self, sample: Sample, beside: float) -> None:
        """Remember when the line was passed last, and forget it if that was beyond the line's ends."""
        if self.last is None:
            return
        before = self.beside
        if (before > 0) == (beside > 0):
            return
        share = before / (before - beside)
        x = self.last.x + share * (sample.x - self.last.x)
        y = self.last.y + share * (sample.y - self.last.y)
        slack = self.slack * sample.height / self.line.length
        between_ends = -slack <= self.line.along(x, y) <= 1 + slack
        self.passed_at = self.last.at + share * (sample.at - self.last.at) if between_ends else None


def _side(beside: float, band: float) -> int:
    return 1 if beside > band else -1 if beside < -band else 0
