"""How well rendered doors are counted, by density: `python -m tests.bench.scenes`, with `overhead` or `angle` one view.

The pedestrians are simulated, so the truth is exact. Seen from straight above with the motion detector, and at an angle
with NanoDet; and, so that one sees what the detector costs, with the true boxes instead of a detector. The share of
right counts is 1 - |counted - true| / true, per direction, the worse of the two. At an angle each picture is counted
twice, by a counter whose floor a technician has measured and by one that knows its line only.
"""

import sys
from collections import Counter as Tallies
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from tests.bench.report import Row, publish
from tests.edge.walks import START
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.plane import Plane
from vilina_edge.simulation.arrivals import Mix, steady
from vilina_edge.simulation.people import Step, walked
from vilina_edge.simulation.rendering import Painter
from vilina_edge.simulation.scene import Scene
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.types import Detections, DetectorName, Frame, Reference
from vilina_edge.vision.detectors import make_detector

SECONDS: Final = 120
LONGEST: Final = 3000
"""Frames, if people should block each other for ever."""
SEEDS: Final = (31, 32)
RATES: Final = (5, 15, 30, 60)
MIXES: Final = {
    "one by one": Mix(),
    "mixed": Mix(groups=0.3, fast=0.1, turning=0.1, lingering=0.1),
}
GOAL: Final = 99.0
"""Percent right, in each direction."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera hangs, and what is used with it."""

    name: str
    detector: DetectorName
    reference: Reference

    def scene(self, door: float) -> Scene:
        return (
            Scene.overhead(door=door)
            if self.reference == "centre"
            else Scene.at_an_angle(door=door, tilt=50.0)
        )


VIEWS: Final = {
    "overhead": View("overhead", "motion", "centre"),
    "angle": View("50 degrees", "nanodet", "foot"),
}
FLOOR: Final = {True: ", floor measured", False: ""}
"""What is said of a counter, by whether it knows its floor."""


@dataclass(slots=True)
class Score:
    """Sums over seeds, per direction."""

    true: Tallies[str]
    found: Tallies[str]
    perfect: Tallies[str]

    def right(self, which: Tallies[str]) -> float:
        """Percent, of the worse direction."""
        shares = [
            1 - abs(which[d] - self.true[d]) / self.true[d] for d in ("entered", "left") if self.true[d]
        ]
        return 100 * max(0.0, min(shares))

    def wrong(self, which: Tallies[str]) -> int:
        return sum(abs(which[d] - self.true[d]) for d in ("entered", "left"))


def measured(view: View, door: float, rate: float, mix: Mix) -> dict[bool, Score]:
    """One kind of door, two minutes for each seed; by whether the floor was measured."""
    scene = view.scene(door)
    planes = {False: None} if view.reference == "centre" else {True: floor(scene), False: None}
    scores = {known: Score(Tallies(), Tallies(), Tallies()) for known in planes}
    for seed in SEEDS:
        painter, detector = Painter(scene, seed=seed), make_detector(view.detector)
        counted = [
            (Counter([scene.line], reference=view.reference, frame=scene.size, plane=plane), tally, perfect)
            for known, plane in planes.items()
            for tally, perfect in ((scores[known].found, False), (scores[known].perfect, True))
        ]
        people = steady(rate, seed=seed, seconds=SECONDS, mix=mix)
        for index, step in enumerate(islice(walked(people, start=START, scene=scene, seed=seed), LONGEST)):
            for score in scores.values():
                score.true.update(c.direction for c in step.crossings)
            image = painter.paint(step.walkers, (step.at - START).total_seconds())
            found, true = detector(Frame(image, step.at, index)), perfectly(scene, step)
            for counter, tally, perfect in counted:
                tally.update(c.direction for c in counter.step(true if perfect else found, step.at))
        for counter, tally, _ in counted:
            tally.update(c.direction for c in counter.finish())
    return scores


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
    for view in (VIEWS[name] for name in views):
        for door in (1.2, 3.0):
            for name, mix in MIXES.items():
                for rate in RATES:
                    for known, score in measured(view, door, rate, mix).items():
                        row = Row(
                            work=f"{view.name}{FLOOR[known]}, {view.detector}, door of {door:g} m,"
                            f" {rate} people a minute, {name}",
                            measured=score.right(score.found),
                            unit=f"% right ({score.wrong(score.found)} off of {score.true.total()})",
                            peer=f"true boxes {score.right(score.perfect):.1f} ({score.wrong(score.perfect)} off)",
                            goal=GOAL,
                            at_least=True,
                        )
                        print(
                            f"{row.work}: {row.measured:.1f} {row.unit}; {row.peer}",
                            file=sys.stderr,
                            flush=True,
                        )
                        yield row


if __name__ == "__main__":
    sys.exit(0 if publish("scenes", list(rows(sys.argv[1:] or list(VIEWS)))) else 1)
