"""Who is who from frame to frame: assignment in stages, births, deaths, and the stitching of interrupted tracks.

Times are seconds and lengths are body heights, so neither frame rate nor distance matters. Ids are numbers that
live in this process only and say nothing about a person.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from vilina_edge.counting.boxes import distinct, same_person
from vilina_edge.counting.track import Sample, Track
from vilina_edge.types import Detections, Floats, Reference, Size

HEIGHT_FROM_ABOVE: Final = 3.0
"""Body heights in the side of a box seen from straight above: 1.7 m over shoulders and a stride of 0.5 to 0.6 m."""
MIN_SCORE: Final = 0.3
STRONG_SCORE: Final = 0.45
CONFIRMED_AT: Final = 3
CONFIRMED_S: Final = 0.2
"""So many measurements, over at least so much time, make a tentative track a person."""
SEEN_S: Final = 0.5
"""A person who was measured within this time counts as seen, later as lost."""
LOST_S: Final = 2.5
"""A lost person can be matched again within this time."""
MEMORY_S: Final = 3.0
"""A person is forgotten after this time, ..."""
TENTATIVE_S: Final = 0.35
"""... a tentative track after this."""
FRAMES_APART: Final = 1.5
SLOWEST_S: Final = 1.0
"""Where frames are rare, these times are never shorter than so many frame intervals; up to a second apart."""
HEIGHT_SPREAD: Final = 0.22
"""Standard deviation of the logarithm of a measured height."""
AMBIGUITY: Final = 4 * math.log(0.12)
"""Who is known worse than to 0.12 h pays for each match: they would match anybody."""
STITCH_GATE: Final = 12.0
AT_BORDER: Final = 0.05
"""Who is first seen no farther from the picture's border, in body heights, has just walked in."""


class Stage(NamedTuple):
    """One round of assignment: who takes part, and the cost above which not to match is better."""

    tracks: Literal["seen", "lost", "tentative"]
    detections: Literal["strong", "weak", "any"]
    gate: float


STAGES: Final = (
    Stage("seen", "strong", 12.0),
    Stage("seen", "weak", 9.0),
    Stage("lost", "strong", 11.0),
    Stage("tentative", "any", 9.0),
)


@dataclass(frozen=True, slots=True)
class TrackerStep:
    """What one frame brought, `now` in seconds.

    `samples` of confirmed tracks, those from before their confirmation included; `stitched` pairs (new, lost) say
    that a new track continues a lost one, whose id it has from now on; `gone` are forgotten.
    """

    now: float
    samples: list[tuple[int, Sample]]
    stitched: list[tuple[int, int]]
    gone: list[int]


class Tracker:
    """The tracks of one camera."""

    def __init__(self, *, reference: Reference = "foot", frame: Size | None = None) -> None:
        """`frame` is the size of the picture, without which nobody is known to have left it."""
        self._reference = reference
        self._frame = frame
        self._tracks: list[Track] = []
        self._next_id = 1
        self._now = 0.0
        self._interval = 0.0

    def step(self, detections: Detections, now: float) -> TrackerStep:
        """Take in the detections of one frame, `now` in seconds that never go back."""
        self._advance(now)
        people = distinct(detections, min_score=MIN_SCORE)
        samples = _samples(people.xyxy, self._now, self._reference)
        matched = self._match(samples, people.score)
        for track, column in matched:
            track.update(samples[column])
        self._give_birth(people, samples, [column for _, column in matched])
        stitched = self._confirm()
        gone = self._forget()
        return TrackerStep(self._now, self._collect(), stitched, gone)

    def _advance(self, now: float) -> None:
        seconds, self._now = now - self._now, now
        self._interval = FRAMES_APART * min(seconds, SLOWEST_S)
        for track in self._tracks:
            track.predict(now, seconds)

    def _match(self, samples: Sequence[Sample], scores: Floats) -> list[tuple[Track, int]]:
        """Each track with its detection, stage by stage."""
        matched: list[tuple[Track, int]] = []
        free = set(range(len(samples)))
        waiting = list(self._tracks)
        for stage in STAGES:
            tracks = [track for track in waiting if self._state(track) == stage.tracks]
            columns = [i for i in sorted(free) if _takes_part(scores[i], stage)]
            pairs = _assign(tracks, [samples[i] for i in columns], now=self._now, gate=stage.gate)
            for row, column in pairs:
                matched.append((tracks[row], columns[column]))
                free.remove(columns[column])
                waiting.remove(tracks[row])
        return matched

    def _state(self, track: Track) -> Literal["seen", "lost", "tentative", "fading"]:
        if not track.confirmed:
            return "tentative"
        age = self._now - track.last.at
        return "seen" if age <= max(SEEN_S, self._interval) else "lost" if age <= LOST_S else "fading"

    def _give_birth(self, people: Detections, samples: Sequence[Sample], matched: Sequence[int]) -> None:
        """Tentative tracks from strong detections that nobody has, unless they are part of somebody matched."""
        free = [i for i in range(len(samples)) if i not in set(matched) and people.score[i] >= STRONG_SCORE]
        if not free:
            return
        part = same_person(people.xyxy[free], people.xyxy[list(matched)], iou=0.5, inside=0.7)
        for i, is_part in zip(free, part, strict=True):
            if not is_part.any():
                track = Track.born(self._next_id, samples[i])
                track.came_in = self._frame is not None and _is_cut(people.xyxy[i], self._frame)
                self._tracks.append(track)
                self._next_id += 1

    def _confirm(self) -> list[tuple[int, int]]:
        """Make persons of tracks with enough measurements; each continues the lost one that fits best, if any."""
        stitched = []
        for track in [t for t in self._tracks if not t.confirmed and _is_person(t)]:
            track.confirmed = True
            lost = [t for t in self._tracks if t.confirmed and t.last.at < track.first.at]
            costs = [self._stitching_cost(old, track) for old in lost]
            if costs and min(costs) < STITCH_GATE:
                old = lost[costs.index(min(costs))]
                stitched.append((track.id, old.id))
                track.id = old.id
                track.samples = old.samples + track.samples
                self._tracks.remove(old)
        return stitched

    def _stitching_cost(self, old: Track, new: Track) -> float:
        """As below; who has walked out of the picture meanwhile is not continued by who walks in, nor is anybody else.

        Seen from above nobody is hidden by anybody, so nobody is continued: a gap there is a gap in the detector.
        """
        if self._reference == "centre" or new.came_in:
            return math.inf
        if self._frame is not None and not _inside(old, new.first.at, self._frame):
            return math.inf
        return _stitching_cost(old, new)

    def _forget(self) -> list[int]:
        limit = {True: MEMORY_S, False: max(TENTATIVE_S, self._interval)}
        old = [t for t in self._tracks if self._now - t.last.at > limit[t.confirmed]]
        self._tracks = [t for t in self._tracks if t not in old]
        return [t.id for t in old if t.confirmed]

    def _collect(self) -> list[tuple[int, Sample]]:
        found = []
        for track in self._tracks:
            if track.confirmed and track.samples:
                found += [(track.id, sample) for sample in track.samples]
                track.samples.clear()
        return found


def _samples(boxes: Floats, at: float, reference: Reference) -> list[Sample]:
    samples = []
    for x1, y1, x2, y2 in boxes.tolist():
        if reference == "foot":
            samples.append(Sample(at, (x1 + x2) / 2, y2, max(y2 - y1, 1.0)))
        else:
            height = HEIGHT_FROM_ABOVE * math.sqrt((x2 - x1) * (y2 - y1))
            samples.append(Sample(at, (x1 + x2) / 2, (y1 + y2) / 2, max(height, 1.0)))
    return samples


def _is_person(track: Track) -> bool:
    return track.hits >= CONFIRMED_AT and track.last.at - track.first.at >= CONFIRMED_S


def _inside(track: Track, at: float, frame: Size) -> bool:
    """Whether somebody who was lost is still in the picture at a time, if they walked on."""
    gap = at - track.last.at
    x = track.last.x + track.x.velocity * gap
    y = track.last.y + track.y.velocity * gap
    return 0 <= x <= frame[0] and 0 <= y <= frame[1]


def _is_cut(box: Floats, frame: Size) -> bool:
    """Whether the picture ends at a side of a box, or at its feet; a head may be cut off everywhere."""
    x1, y1, x2, y2 = (float(side) for side in box)
    margin = AT_BORDER * (y2 - y1)
    return x1 < margin or x2 > frame[0] - margin or y2 > frame[1] - margin


def _takes_part(score: float, stage: Stage) -> bool:
    return stage.detections == "any" or (score >= STRONG_SCORE) == (stage.detections == "strong")


def _assign(
    tracks: Sequence[Track], samples: Sequence[Sample], *, now: float, gate: float
) -> list[tuple[int, int]]:
    """The pairs (track, sample) of least total cost, where not to match a track costs the gate."""
    if not tracks or not samples:
        return []
    cost = _costs(tracks, samples, now)
    rows, columns = linear_sum_assignment(np.minimum(cost, gate))
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < gate]


def _costs(tracks: Sequence[Track], samples: Sequence[Sample], now: float) -> Floats:
    """Negative log likelihood, twice and up to a constant, of each pair; infinite beyond what anybody can walk."""
    t = np.array([
        (k.x.position, k.y.position, k.height, k.x.spread(k.height), k.y.spread(k.height), now - k.last.at)
        for k in tracks
    ])  # fmt: skip
    s = np.array([(k.x, k.y, k.height) for k in samples])
    x, y, height, var_x, var_y, age = (column[:, None] for column in t.T)
    dx, dy = s[:, 0] - x, s[:, 1] - y
    cost: Floats = dx**2 / var_x + dy**2 / var_y + (np.log(s[:, 2] / height) / HEIGHT_SPREAD) ** 2
    cost += np.maximum(0.0, np.log(var_x * var_y / height**4) - AMBIGUITY)
    cost[np.hypot(dx, dy) > (0.3 + 2 * age) * height] = np.inf
    return cost


def _stitching_cost(old: Track, new: Track) -> float:
    """How badly a new track fits as the continuation of a lost one, from both their speeds over the gap."""
    gap = new.first.at - old.last.at
    if not 0 < gap <= MEMORY_S:
        return math.inf
    height = old.height
    dx = new.first.x - old.last.x - (old.x.velocity + new.x.velocity) / 2 * gap
    dy = new.first.y - old.last.y - (old.y.velocity + new.y.velocity) / 2 * gap
    miss = (dx**2 + dy**2) / height**2
    return miss / (0.15**2 + (0.5 * gap) ** 2) + ((old.log_height - new.log_height) / HEIGHT_SPREAD) ** 2
