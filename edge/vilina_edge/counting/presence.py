"""Who is in which area: people now, of them waiting, and how long those who left had stayed.

A stay ends where its path leaves the area, or where it was last seen before it was given up. Who is hidden does not
count meanwhile, but goes on staying when seen again.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vilina_edge.counting.area import Area
from vilina_edge.counting.crossing import BAND
from vilina_edge.counting.track import Sample
from vilina_edge.counting.tracker import TrackerStep
from vilina_edge.types import AreaLook

UNSEEN_S: Final = 1.0
"""Who is not seen for so long does not count, until seen again."""
STANDING_S: Final = 2.0
"""Who has moved less than `STANDING` within this time waits; ..."""
STANDING: Final = 0.5
WALKING: Final = 1.0
"""... until they move more than this: body heights."""


@dataclass(slots=True)
class _Stay:
    """Somebody in an area since `since`."""

    since: float
    last: Sample
    way: deque[Sample] = field(default_factory=deque)
    waiting: bool = False

    def add(self, sample: Sample) -> None:
        self.last = sample
        self.way.append(sample)
        while len(self.way) > 2 and self.way[1].at <= sample.at - STANDING_S:
            self.way.popleft()
        then = self.way[0]
        if sample.at - then.at >= STANDING_S:
            moved = math.hypot(sample.x - then.x, sample.y - then.y) / sample.height
            self.waiting = moved < (WALKING if self.waiting else STANDING)


class Presence:
    """The areas of one camera."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._areas = tuple(areas)
        self._stays: list[dict[int, _Stay]] = [{} for _ in self._areas]

    def step(self, tracks: TrackerStep) -> list[AreaLook]:
        """What each area looks like after a frame."""
        return [_look(area, stays, tracks) for area, stays in zip(self._areas, self._stays, strict=True)]

    def finish(self) -> list[AreaLook]:
        """The areas when no more frames come: everybody's stay ends."""
        looks = []
        for area, stays in zip(self._areas, self._stays, strict=True):
            finished = tuple(_finish(stays, track) for track in list(stays))
            looks.append(AreaLook(area.name, 0, 0 if area.queue else None, finished))
        return looks


def _look(area: Area, stays: dict[int, _Stay], tracks: TrackerStep) -> AreaLook:
    finished = [_finish(stays, track) for track in tracks.gone if track in stays]
    for track, sample in tracks.samples:
        depth, band = area.depth(sample.x, sample.y), BAND * sample.height
        if track not in stays and depth > band:
            stays[track] = _Stay(sample.at, sample)
        if track in stays:
            if depth < -band:
                finished.append(_finish(stays, track))
            else:
                stays[track].add(sample)
    there = [stay for stay in stays.values() if tracks.now - stay.last.at <= UNSEEN_S]
    waiting = sum(stay.waiting for stay in there) if area.queue else None
    return AreaLook(area.name, len(there), waiting, tuple(finished))


def _finish(stays: dict[int, _Stay], track: int) -> float:
    stay = stays.pop(track)
    return stay.last.at - stay.since
