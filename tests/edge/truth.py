"""What is true of the recordings: crossings by people whose identity somebody wrote down by hand.

Deliberately simpler than what is tested: true identities, whole lines, hysteresis of a fixed distance.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from vilina_edge.counting.area import Area
from vilina_edge.counting.line import Line
from vilina_edge.counting.presence import Presence
from vilina_edge.counting.track import Sample
from vilina_edge.counting.tracker import TrackerStep
from vilina_edge.types import AreaLook, Detections, Floats

Tallies = Counter[tuple[str, str]]
Events = dict[tuple[str, str], list[float]]
Path2D = Sequence[tuple[float, float]]


def annotated_boxes(gt: Path) -> dict[int, Floats]:
    """The boxes (N, 4) of each frame of a MOT truth file, frames from 1."""
    frames: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for row in gt.read_text(encoding="utf-8").splitlines():
        frame, _, x, y, width, height = (float(cell) for cell in row.split(",")[:6])
        frames[int(frame)].append((x, y, x + width, y + height))
    return {frame: np.array(boxes) for frame, boxes in frames.items()}


def annotated_feet(gt: Path) -> dict[int, list[tuple[float, float]]]:
    """The foot points of each person of a MOT truth file, in the order of frames."""
    seen: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for row in gt.read_text(encoding="utf-8").splitlines():
        frame, person, x, y, width, height = (float(cell) for cell in row.split(",")[:6])
        seen[int(person)].append((int(frame), x + width / 2, y + height))
    return {person: [(x, y) for _, x, y in sorted(path)] for person, path in seen.items()}


def annotated_presence(gt: Path, area: Area, *, per_second: float) -> list[AreaLook]:
    """The area in each frame of a MOT truth file, by annotated feet that stay who they are."""
    frames: dict[int, list[tuple[int, Sample]]] = defaultdict(list)
    last: dict[int, int] = {}
    for row in gt.read_text(encoding="utf-8").splitlines():
        frame, person, x, y, width, height = (float(cell) for cell in row.split(",")[:6])
        sample = Sample(frame / per_second, x + width / 2, y + height, height)
        frames[int(frame)].append((int(person), sample))
        last[int(person)] = max(last.get(int(person), 0), int(frame))
    presence = Presence([area])
    looks = []
    for frame in range(1, max(frames) + 1):
        gone = [person for person, at in last.items() if at == frame - 1]
        (look,) = presence.step(TrackerStep(frame / per_second, frames[frame], [], gone))
        looks.append(look)
    return looks


def walked_paths(trajectories: Path) -> dict[int, list[tuple[float, float]]]:
    """The head of each person of a laboratory walk, cm, in the order of frames."""
    paths: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for person, _, x, y in _walked(trajectories):
        paths[person].append((x, y))
    return paths


def overhead_detections(trajectories: Path, *, noise_cm: float, drops: float) -> Iterator[Detections]:
    """The same walk as a camera overhead would see it, frame by frame: boxes of 50 cm, some of them missing."""
    random = np.random.default_rng(1)
    frames: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for _, frame, x, y in _walked(trajectories):
        frames[frame].append((x, y))
    for frame in range(min(frames), max(frames) + 1):
        points = np.array(frames.get(frame, [])).reshape(-1, 2)
        points = points[random.random(len(points)) >= drops]
        points = points + random.normal(0, noise_cm, points.shape)
        yield Detections(np.concatenate([points - 25, points + 25], axis=1), np.ones(len(points)))


def _walked(trajectories: Path) -> Iterator[tuple[int, int, float, float]]:
    for row in trajectories.read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            person, frame, x, y = row.split()[:4]
            yield int(person), int(frame), float(x), float(y)


def true_events(gt: Path, lines: Iterable[Line], *, band: float, per_second: float) -> Events:
    """When each line was passed by annotated feet, seconds, per (line, direction)."""
    frames: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    for row in gt.read_text(encoding="utf-8").splitlines():
        frame, person, x, y, width, height = (float(cell) for cell in row.split(",")[:6])
        frames[int(person)].append(((frame - 1) / per_second, x + width / 2, y + height))
    events: Events = defaultdict(list)
    for line in lines:
        for path in frames.values():
            side, passed = 0, 0.0
            for at, x, y in sorted(path):
                beside = line.beside(x, y)
                if abs(beside) <= band:
                    continue
                now = 1 if beside > 0 else -1
                if side and now != side:
                    events[line.name, "entered" if now > 0 else "left"].append((passed + at) / 2)
                side, passed = now, at
    return events


def unmatched(
    found: Mapping[tuple[str, str], Sequence[float]], true: Events, *, within_s: float
) -> tuple[int, int]:
    """Crossings that nobody made, and crossings that were missed: no partner of the same line and direction in time."""
    false = missed = 0
    for key in {*found, *true}:
        a, b = np.array(found.get(key, [])), np.array(true.get(key, []))
        apart = np.abs(a[:, None] - b[None, :])
        rows, columns = linear_sum_assignment(np.where(apart <= within_s, apart, 1000.0))
        pairs = int((apart[rows, columns] <= within_s).sum())
        false, missed = false + len(a) - pairs, missed + len(b) - pairs
    return false, missed


def true_crossings(paths: Iterable[Path2D], lines: Iterable[Line], *, band: float) -> Tallies:
    """Crossings per (line, direction): being more than `band` on one side, and then on the other."""
    tallies: Tallies = Counter()
    for line in lines:
        for path in map(tuple, paths):
            sides = [1 if d > band else -1 for d in (line.beside(x, y) for x, y in path) if abs(d) > band]
            for before, after in pairwise(sides):
                if before != after:
                    tallies[line.name, "entered" if after > 0 else "left"] += 1
    return tallies


def error(counted: Mapping[tuple[str, str], int], true: Mapping[tuple[str, str], int]) -> int:
    """The sum of the absolute errors of each line and direction."""
    return sum(abs(counted.get(key, 0) - true.get(key, 0)) for key in {*counted, *true})
