"""Open trackers on one file of detections: `python peers_worker.py FRAMES.npz`, in the peers' own environment.

Started by peers.py. Prints, as JSON, crossings as [index of the line, direction, count] and ms per frame of each peer.
Settings were searched for on NanoDet's detections of the street scene, at its two lines, and the best are kept:

- norfair: the foot point, Euclidean distance as in its own examples but up to 20 px (they say 30; of 20 to 60, and of
  IoU and box corners, this counts best), found after 3 frames and not the half of its memory. Memory 15 frames at
  10 a second. Counted by its own estimate, which is better here than the measured point.
- SORT of `trackers`: the state of the SORT paper (centre, area, aspect), births from a score of 0.4, IoU 0.35 and 0.5 s
  of memory; its defaults (box corners, 0.25, 0.3, 1 s) count worse.
- ByteTrack of `trackers`: its defaults, with the true frame rate; no other setting tried was better.
- LineZone of `supervision`: its defaults (all four corners of the box must cross), after the same ByteTrack. What it
  calls in is to the left-hand side.

All but LineZone are counted with the same plain line: foot points, sides beyond 4 px, between the line's ends.
"""

import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import supervision as sv
from norfair import Detection, Tracker
from trackers import ByteTrackTracker, SORTTracker
from trackers.utils.state_representations import XCYCSRStateEstimator

BAND_PX = 4.0
MEMORY_S = 1.5
"""How long norfair remembers somebody it does not see."""
Foot = tuple[int, float, float]
"""A track's id, and its foot point in pixels."""
Crossings = Counter[tuple[int, str]]
"""Per index of the line, and direction."""


class Frames(NamedTuple):
    """Per frame boxes (N, 4) in pixels and scores (N,); lines (M, 4) as x1, y1, x2, y2, pixels."""

    boxes: list[np.ndarray]
    scores: list[np.ndarray]
    lines: np.ndarray
    per_second: float


class Figure(NamedTuple):
    """What one peer counts, and its milliseconds per frame."""

    crossings: Crossings
    ms_per_frame: float


def norfair(frames: Frames) -> Figure:
    memory = max(4, round(MEMORY_S * frames.per_second))
    tracker = Tracker("euclidean", distance_threshold=20, hit_counter_max=memory, initialization_delay=3)

    def step(people: list[Detection]) -> list[Foot]:
        return [(track.id, *track.estimate[0]) for track in tracker.update(people)]

    tracks, ms = timed(step, [[Detection(foot[None]) for foot in feet(boxes)] for boxes in frames.boxes])
    return Figure(crossings(tracks, frames.lines), ms)


def sort(frames: Frames) -> Figure:
    tracker = SORTTracker(
        lost_track_buffer=15,  # always in frames at 30 a second
        frame_rate=frames.per_second,
        track_activation_threshold=0.4,
        minimum_consecutive_frames=2,
        minimum_iou_threshold=0.35,
        state_estimator_class=XCYCSRStateEstimator,
    )
    tracked, ms = timed(tracker.update, supervised(frames))
    return Figure(crossings(map(identified, tracked), frames.lines), ms)


def bytetrack(frames: Frames) -> Figure:
    tracker = ByteTrackTracker(frame_rate=frames.per_second)
    tracked, ms = timed(tracker.update, supervised(frames))
    return Figure(crossings(map(identified, tracked), frames.lines), ms)


def bytetrack_and_linezone(frames: Frames) -> Figure:
    tracker = ByteTrackTracker(frame_rate=frames.per_second)
    zones = [sv.LineZone(sv.Point(x1, y1), sv.Point(x2, y2)) for x1, y1, x2, y2 in frames.lines]

    def step(people: sv.Detections) -> None:
        tracked = tracker.update(people)
        for zone in zones:
            zone.trigger(tracked)

    _, ms = timed(step, supervised(frames))
    counts: Crossings = Counter()
    for index, zone in enumerate(zones):
        counts[index, "left"], counts[index, "entered"] = zone.in_count, zone.out_count
    return Figure(counts, ms)


PEERS: dict[str, Callable[[Frames], Figure]] = {
    "norfair": norfair,
    "SORT": sort,
    "ByteTrack": bytetrack,
    "ByteTrack and LineZone": bytetrack_and_linezone,
}


def timed(step: Callable[[Any], Any], inputs: Sequence[Any]) -> tuple[list[Any], float]:
    """What each step returns, and milliseconds per step."""
    outputs, spent = [], 0.0
    for value in inputs:
        before = time.perf_counter()
        outputs.append(step(value))
        spent += time.perf_counter() - before
    return outputs, 1000 * spent / len(inputs)


def feet(boxes: np.ndarray) -> np.ndarray:
    """Bottom centres (N, 2) of boxes (N, 4)."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def supervised(frames: Frames) -> list[sv.Detections]:
    return [
        sv.Detections(xyxy=boxes.astype(np.float32), confidence=scores.astype(np.float32))
        for boxes, scores in zip(frames.boxes, frames.scores, strict=True)
    ]


def identified(people: sv.Detections) -> list[Foot]:
    """The confirmed ones: the others have the id -1."""
    return [(int(i), *foot) for i, foot in zip(people.tracker_id, feet(people.xyxy), strict=True) if i >= 0]


def crossings(tracks: Iterable[list[Foot]], lines: np.ndarray) -> Crossings:
    """The plain line: being more than the band on one side and then on the other, between the line's ends."""
    paths: dict[int, list[tuple[float, float]]] = {}
    for frame in tracks:
        for track, x, y in frame:
            paths.setdefault(track, []).append((x, y))
    counts: Crossings = Counter()
    for index, line in enumerate(lines):
        for path in paths.values():
            counts.update((index, direction) for direction in passages(np.array(path), line))
    return counts


def passages(path: np.ndarray, line: np.ndarray) -> list[str]:
    """The directions in which one path (N, 2) crosses a line; entered is to the right-hand side, y down."""
    start, along = line[:2], line[2:] - line[:2]
    length = np.hypot(*along)
    x, y = (path - start).T
    beside = (along[0] * y - along[1] * x) / length
    share = (along[0] * x + along[1] * y) / length**2
    clear = np.flatnonzero(np.abs(beside) > BAND_PX)
    found = []
    for i, j in pairwise(clear):
        if (beside[i] > 0) != (beside[j] > 0):
            passed = share[i] + (share[j] - share[i]) * beside[i] / (beside[i] - beside[j])
            if 0 <= passed <= 1:
                found.append("entered" if beside[j] > 0 else "left")
    return found


def read(file: str) -> Frames:
    with np.load(file) as arrays:
        ends = np.cumsum(arrays["people"])[:-1]
        boxes, scores = np.split(arrays["xyxy"], ends), np.split(arrays["score"], ends)
        return Frames(boxes, scores, arrays["lines"], float(arrays["per_second"]))


def main(file: str) -> None:
    frames = read(file)
    said = {}
    with contextlib.redirect_stdout(sys.stderr):  # norfair speaks on stdout
        for name, peer in PEERS.items():
            figure = peer(frames)
            rows = [(*key, count) for key, count in figure.crossings.items() if count]
            said[name] = {"crossings": rows, "ms_per_frame": figure.ms_per_frame}
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
