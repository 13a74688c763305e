"""How well rendered doors are counted, by density: `python -m tests.bench.scenes`.

The pedestrians are simulated, so the truth is exact. Seen from straight above with the motion detector, and at an angle
with NanoDet; and, so that one sees what the detector costs, with the true boxes instead of a detector. The share of
right counts is 1 - |counted - true| / true, per direction, the worse of the two.
"""

import sys
from collections import Counter as Tallies
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from tests.bench.report import Row, publish
from tests.edge.walks import START
from vilina_edge.counting.counter import Counter
from vilina_edge.simulation.arrivals import Mix, steady
from vilina_edge.simulation.people import walked
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


VIEWS: Final = (View("overhead", "motion", "centre"), View("50 degrees", "nanodet", "foot"))


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


def measured(view: View, door: float, rate: float, mix: Mix) -> Score:
    """One kind of door, two minutes for each seed."""
    score = Score(Tallies(), Tallies(), Tallies())
    scene = view.scene(door)
    for seed in SEEDS:
        painter, detector = Painter(scene, seed=seed), make_detector(view.detector)
        counters = [Counter([scene.line], reference=view.reference, frame=scene.size) for _ in range(2)]
        people = steady(rate, seed=seed, seconds=SECONDS, mix=mix)
        for index, step in enumerate(islice(walked(people, start=START, scene=scene, seed=seed), LONGEST)):
            score.true.update(c.direction for c in step.crossings)
            image = painter.paint(step.walkers, (step.at - START).total_seconds())
            boxes = true_boxes(scene, step.walkers)
            boxes = boxes[~np.isnan(boxes[:, 0])]
            looks = (detector(Frame(image, step.at, index)), Detections(boxes, np.ones(len(boxes))))
            for counter, tally, detections in zip(counters, (score.found, score.perfect), looks, strict=True):
                tally.update(c.direction for c in counter.step(detections, step.at))
        for counter, tally in zip(counters, (score.found, score.perfect), strict=True):
            tally.update(c.direction for c in counter.finish())
    return score


def rows() -> Iterator[Row]:
    for view in VIEWS:
        for door in (1.2, 3.0):
            for name, mix in MIXES.items():
                for rate in RATES:
                    score = measured(view, door, rate, mix)
                    row = Row(
                        work=f"{view.name}, {view.detector}, door of {door:g} m, {rate} people a minute, {name}",
                        measured=score.right(score.found),
                        unit=f"% right ({score.wrong(score.found)} off of {score.true.total()})",
                        peer=f"true boxes {score.right(score.perfect):.1f} ({score.wrong(score.perfect)} off)",
                        goal=GOAL,
                        at_least=True,
                    )
                    print(f"{row.work}: {row.measured:.1f} {row.unit}", file=sys.stderr, flush=True)
                    yield row


if __name__ == "__main__":
    sys.exit(0 if publish("scenes", list(rows())) else 1)
