"""How well rendered doors are counted, by density: `python -m tests.bench.scenes`, with the name of a view that one.

The pedestrians are simulated, so the truth is exact. Seen from straight above with the motion detector, and at an angle
with NanoDet; and, so that one sees what the detector costs, with the true boxes instead of a detector. The share of
right counts is 1 - |counted - true| / true, per direction, the worse of the two; what cancels out in it is told as
well: crossings that were missed, and those that nobody made. At an angle each picture is counted twice, by a counter
whose floor a technician has measured and by one that knows its line only.

Each row goes on until enough people have crossed each way that one error is not many percent.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Final

import cv2
import numpy as np

from tests.bench.report import Row, publish
from tests.edge.truth import Events, unmatched
from tests.edge.walks import START
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.plane import Plane
from vilina_edge.simulation.arrivals import Arrival, Mix, steady
from vilina_edge.simulation.people import Step, walked
from vilina_edge.simulation.rendering import Painter
from vilina_edge.simulation.scene import Scene
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.types import Crossing, Detail, Detections, DetectorName, Frame, Reference
from vilina_edge.vision.detectors import make_detector

PER_SECOND: Final = 10
PEOPLE: Final = 130
SHORTEST_S: Final = 120.0
"""One recording lasts until so many have come, and at least so long."""
QUIET_S: Final = 12.0
"""Nobody comes for so long at most, by when most have gone: an empty door takes time and teaches little."""
LONGEST: Final = 2
"""Times the length that a recording should have, if people should block each other for ever."""
FIRST_SEED: Final = 31
MIXES: Final = {
    "one by one": Mix(),
    "mixed": Mix(groups=0.3, fast=0.1, turning=0.1, lingering=0.1),
}
ENOUGH: Final = 100
"""So many cross each way at least in each row."""
GOAL: Final = 99.0
"""Percent right, in each direction."""
WITHIN_S: Final = 2.0
"""A crossing that is found is a true one of the same direction at most so long before or after it."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera hangs, what is used with it, and how many people a minute come."""

    name: str
    detector: DetectorName
    reference: Reference
    detail: Detail = 320
    rates: tuple[int, ...] = (5, 15, 30, 60)

    def scene(self, door: float) -> Scene:
        return (
            Scene.overhead(door=door)
            if self.reference == "centre"
            else Scene.at_an_angle(door=door, tilt=50.0)
        )


VIEWS: Final = {
    "overhead": View("overhead", "motion", "centre"),
    "angle": View("50 degrees", "nanodet", "foot"),
    "detail": View("50 degrees at 640 pixels", "nanodet", "foot", detail=640, rates=(60,)),
}
FLOOR: Final = {True: ", floor measured", False: ""}
"""What is said of a counter, by whether it knows its floor."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What people, how many a minute, come to which door."""

    view: View
    door: float
    people: str
    rate: float

    @property
    def seconds(self) -> float:
        """How long a recording takes."""
        return max(SHORTEST_S, 60 * PEOPLE / self.rate)


@dataclass(slots=True)
class Score:
    """When people truly crossed, and when they were found to, by a detector and by the true boxes: over all seeds."""

    true: Events = field(default_factory=lambda: defaultdict(list))
    found: Events = field(default_factory=lambda: defaultdict(list))
    perfect: Events = field(default_factory=lambda: defaultdict(list))

    @property
    def directions(self) -> list[tuple[str, str]]:
        return sorted(self.true)

    def right(self, which: Events) -> float:
        """Percent, of the worse direction."""
        shares = [1 - abs(len(which[d]) - len(self.true[d])) / len(self.true[d]) for d in self.directions]
        return 100 * max(0.0, min(shares))

    def wrong(self, which: Events) -> int:
        return sum(abs(len(which[d]) - len(self.true[d])) for d in self.directions)


def measured(kind: Kind) -> dict[bool, Score]:
    """One recording after another until enough have crossed; by whether the floor was measured."""
    scene = kind.view.scene(kind.door)
    planes: dict[bool, Plane | None] = {False: None}
    if kind.view.reference == "foot":
        planes = {True: floor(scene), **planes}
    scores = {known: Score() for known in planes}
    true = scores[False].true
    for seed in count(FIRST_SEED):
        watch(kind, seed, planes, scores)
        if len(true) == 2 and min(map(len, true.values())) >= ENOUGH:
            return scores
    raise AssertionError("there is always another seed")


def watch(kind: Kind, seed: int, planes: dict[bool, Plane | None], scores: dict[bool, Score]) -> None:
    """One recording, counted with and without a measured floor, from the detector and from the true boxes."""
    view, scene = kind.view, kind.view.scene(kind.door)
    painter, detector = Painter(scene, seed=seed), make_detector(view.detector, detail=view.detail)
    counted = [
        (Counter([scene.line], reference=view.reference, frame=scene.size, plane=plane), tally, perfect)
        for known, plane in planes.items()
        for tally, perfect in ((scores[known].found, False), (scores[known].perfect, True))
    ]
    people = without_long_gaps(steady(kind.rate, seed=seed, seconds=kind.seconds, mix=MIXES[kind.people]))
    steps = walked(people, start=START, scene=scene, frames_per_second=PER_SECOND, seed=seed)
    # One recording after another, so that no crossing of one is taken for one of another.
    begins = (seed - FIRST_SEED) * 2 * LONGEST * kind.seconds
    for index, step in enumerate(islice(steps, round(LONGEST * kind.seconds * PER_SECOND))):
        for score in scores.values():
            note(score.true, step.crossings, begins)
        image = painter.paint(step.walkers, (step.at - START).total_seconds())
        found, true = detector(Frame(image, step.at, index)), perfectly(scene, step)
        for counter, tally, perfect in counted:
            note(tally, counter.step(true if perfect else found, step.at), begins)
    for counter, tally, _ in counted:
        note(tally, counter.finish(), begins)


def note(events: Events, crossings: Iterable[Crossing], begins: float) -> None:
    """Add crossings of a recording that begins so many seconds after the first one did."""
    for crossing in crossings:
        at = begins + (crossing.at - START).total_seconds()
        events[crossing.line, crossing.direction].append(at)


def without_long_gaps(people: Iterable[Arrival]) -> Iterator[Arrival]:
    """The same people, of whom each comes at most QUIET_S after the one before."""
    before, saved = 0.0, 0.0
    for arrival in people:
        saved += max(0.0, arrival.seconds - before - QUIET_S)
        before = arrival.seconds
        yield arrival._replace(seconds=arrival.seconds - saved)


def perfectly(scene: Scene, step: Step) -> Detections:
    """What a detector without faults would see."""
    boxes = true_boxes(scene, step.walkers)
    boxes = boxes[~np.isnan(boxes[:, 0])]
    return Detections(boxes, np.ones(len(boxes)))


def floor(scene: Scene) -> Plane:
    """The floor about the door as a technician measures it: four corners, tapped to the pixel."""
    first, last = scene.opening
    metres = [(scene.wall + x, y) for x, y in ((-1.0, first), (-1.0, last), (1.5, last), (1.5, first))]
    pixels = scene.view.seen(np.array([(*place, 0.0) for place in metres])).round()
    return Plane.fit([(x, y) for x, y in pixels.tolist()], metres, size=scene.size)


def rows(views: Sequence[str]) -> Iterator[Row]:
    kinds = [
        Kind(VIEWS[view], door, people, rate)
        for view in views
        for door in (1.2, 3.0)
        for people in MIXES
        for rate in VIEWS[view].rates
    ]
    # A row on each core: more threads in each would only wait for one another.
    with ProcessPoolExecutor(initializer=partial(cv2.setNumThreads, 1)) as processes:
        for kind, scores in zip(kinds, processes.map(measured, kinds), strict=True):
            for known, score in scores.items():
                row = _row(kind, known, score)
                print(f"{row.work}: {row.measured:.1f} {row.unit}; {row.peer}", file=sys.stderr, flush=True)
                yield row


def _row(kind: Kind, known: bool, score: Score) -> Row:
    view = kind.view
    false, missed = unmatched(score.found, score.true, within_s=WITHIN_S)
    return Row(
        work=f"{view.name}{FLOOR[known]}, {view.detector}, door of {kind.door:g} m,"
        f" {kind.rate} people a minute, {kind.people}",
        measured=score.right(score.found),
        unit=f"% right ({score.wrong(score.found)} off of {sum(map(len, score.true.values()))};"
        f" {missed} missed, {false} made up)",
        peer=f"true boxes {score.right(score.perfect):.1f} ({score.wrong(score.perfect)} off)",
        goal=GOAL,
        at_least=True,
    )


if __name__ == "__main__":
    sys.exit(0 if publish("scenes", list(rows(sys.argv[1:] or list(VIEWS)))) else 1)
