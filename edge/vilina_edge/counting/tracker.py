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

from vilina_edge.counting.boxes import Box, boxes_of, distinct, same_person
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
        boxes, strong = boxes_of(people), (people.score >= STRONG_SCORE).tolist()
        samples = _samples(boxes, self._now, self._reference)
        matched = self._match(samples, strong)
        for row, column in matched.items():
            self._tracks[row].update(samples[column])
        taken = set(matched.values())
        theirs = [boxes[column] for column in taken]
        for i in range(len(boxes)):
            if strong[i] and i not in taken:
                self._give_birth(boxes[i], samples[i], theirs)
        stitched = self._confirm()
        gone = self._forget()
        return TrackerStep(self._now, self._collect(), stitched, gone)

    def _advance(self, now: float) -> None:
        seconds, self._now = now - self._now, now
        self._interval = FRAMES_APART * min(seconds, SLOWEST_S)
        for track in self._tracks:
            track.predict(now, seconds)

    def _match(self, samples: Sequence[Sample], strong: Sequence[bool]) -> dict[int, int]:
        """Which sample each track has, if any, stage by stage: from its place among the tracks to the sample's."""
        matched: dict[int, int] = {}
        taken: set[int] = set()
        states = [self._state(track) for track in self._tracks]
        costs = _costs(self._tracks, samples, self._now)
        for stage in STAGES:
            rows = [i for i, state in enumerate(states) if state == stage.tracks and i not in matched]
            columns = [i for i in range(len(samples)) if i not in taken and _takes_part(strong[i], stage)]
            for row, column in _assign(costs, rows, columns, gate=stage.gate):
                matched[row] = column
                taken.add(column)
        return matched

    def _state(self, track: Track) -> Literal["seen", "lost", "tentative", "fading"]:
        if not track.confirmed:
            return "tentative"
        age = self._now - track.last.at
        return "seen" if age <= max(SEEN_S, self._interval) else "lost" if age <= LOST_S else "fading"

    def _give_birth(self, box: Box, sample: Sample, taken: Sequence[Box]) -> None:
        """A tentative track from a detection that nobody has, unless it is part of somebody whose box is taken."""
        if any(same_person(box, other, iou=0.5, inside=0.7) for other in taken):
            return
        track = Track.born(self._next_id, sample)
        track.came_in = self._frame is not None and _is_cut(box, self._frame)
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


def _samples(boxes: Sequence[Box], at: float, reference: Reference) -> list[Sample]:
    samples = []
    for x1, y1, x2, y2 in boxes:
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


def _is_cut(box: Box, frame: Size) -> bool:
    """Whether the picture ends at a side of a box, or at its feet; a head may be cut off everywhere."""
    x1, y1, x2, y2 = box
    margin = AT_BORDER * (y2 - y1)
    return x1 < margin or x2 > frame[0] - margin or y2 > frame[1] - margin


def _takes_part(strong: bool, stage: Stage) -> bool:
    return stage.detections == "any" or strong == (stage.detections == "strong")


def _assign(
    costs: Floats, rows: Sequence[int], columns: Sequence[int], *, gate: float
) -> list[tuple[int, int]]:
    """The pairs (track, sample) of least total cost among some, where not to match a track costs the gate."""
    if not rows or not columns:
        return []
    cost = costs[rows][:, columns]
    pairs = zip(*(best.tolist() for best in linear_sum_assignment(np.minimum(cost, gate))), strict=True)
    return [(rows[r], columns[c]) for r, c in pairs if cost[r, c] < gate]


def _costs(tracks: Sequence[Track], samples: Sequence[Sample], now: float) -> Floats:
    """Negative log likelihood, twice and up to a constant, of each pair; infinite beyond what anybody can walk."""
    if not tracks or not samples:
        return np.zeros((len(tracks), len(samples)))
    expected = np.array([_expected(track, now) for track in tracks])
    found = np.array([(sample.x, sample.y, math.log(sample.height)) for sample in samples])
    x, y, log_height, var_x, var_y, doubt, reach = expected.T[:, :, None]
    dx2, dy2 = (found[:, 0] - x) ** 2, (found[:, 1] - y) ** 2
    cost: Floats = dx2 / var_x + dy2 / var_y + ((found[:, 2] - log_height) / HEIGHT_SPREAD) ** 2 + doubt
    cost[dx2 + dy2 > reach**2] = np.inf
    return cost


def _expected(track: Track, now: float) -> tuple[float, float, float, float, float, float, float]:
    """Where a track should be: place, logarithm of the height, variances; what it pays for being unsure; its reach."""
    height = track.height
    var_x, var_y = track.x.spread(height), track.y.spread(height)
    doubt = max(0.0, math.log(var_x * var_y / height**4) - AMBIGUITY)
    reach = (0.3 + 2 * (now - track.last.at)) * height
    return track.x.position, track.y.position, track.log_height, var_x, var_y, doubt, reach


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
