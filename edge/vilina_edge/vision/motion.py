"""People as what moves: for a camera that looks straight down, for rendered scenes, and where there is no model.

A blob of the background's difference is a person, or several who touch. How many is seldom to be seen in one picture,
so the detector remembers whom it saw: people who come together are as many as they were before, and a blob is taken
for more than its people only while it is as large as more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import cv2
import numpy as np

from vilina_edge.types import Detections, Floats, Frame, Image
from vilina_edge.vision.background import Background
from vilina_edge.vision.blobs import (
    FRAGMENT,
    Blob,
    Labels,
    Shares,
    Size,
    Sizes,
    blobs_in,
    divided,
    farthest,
    points_of,
)

WORKING_WIDTH: Final = 320
"""Frames are halved until they are at most about this wide: motion needs no detail."""
SCORE: Final = 0.9
"""Motion says yes or no; there is no shade between."""
ENOUGH_FILL: Final = 0.85
"""Of a usual person: who is not known yet must have so much of a blob, and trust in those known grows with more."""
FILL_RANGE: Final = 0.2
"""With so much less than that, or none at all, trust goes as the time does."""
MOST_TRUST_S: Final = 2.0
"""Whom we know for sure may be hidden among others for so long."""
ALONE_GAIN: Final = 2.0
"""Who is a blob of their own is trusted so much sooner, ..."""
ALONE_FILL: Final = 0.5
"""... if the blob is at least so much of a usual person."""
ONE_AT_MOST: Final = 1.25
"""Usual people: one who is known, in a blob of at most so many, is not looked at more closely."""
CORE: Final = 0.8
"""Of the sides of a person's box: the blob there is theirs."""
AHEAD_S: Final = 0.5
"""Nobody is expected to go on as before for longer."""
FORGET_S: Final = 2.0
"""After so long without a picture, everybody may be elsewhere."""
SPEED_GAIN: Final = 0.5
BULK_GAIN: Final = 0.1
LEAST_BULK: Final = 0.8
MOST_BULK: Final = 1.5
SIDES_GAIN: Final = 0.2
LEARN_AFTER_S: Final = 0.2
LEARN_EVERY: Final = 0.4
"""Sizes are learned from those seen for so long, and again when they are so many of their sides further on: who
stands for long is one person, not a hundred."""


@dataclass(slots=True, eq=False)
class _Person:
    """Somebody who is remembered from picture to picture: centre, sides and speed in pixels of the reduced frame.

    `trust`, in seconds, is how surely this is a person beside the others of the same blob; `bulk` how much of them
    moves, in usual people, who come with bags and without. `met` is the time of the
    first sight; `learned` where their size was learned last.
    """

    centre: Floats
    sides: Floats
    at: float
    met: float
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    trust: float = 0.0
    bulk: float = 1.0
    seen_alone: bool = False
    learned: Floats | None = None

    def expected(self, at: float) -> Floats:
        return self.centre + self.velocity * min(at - self.at, AHEAD_S)

    def move(self, centre: Floats, at: float) -> None:
        seconds = at - self.at
        if seconds > 0:
            gain = 1.0 if self.at == self.met else SPEED_GAIN
            self.velocity = self.velocity + gain * ((centre - self.centre) / seconds - self.velocity)
        self.centre, self.at = centre, at

    def box(self) -> Floats:
        return np.concatenate([self.centre - self.sides / 2, self.centre + self.sides / 2])


class MotionDetector:
    """The detector. It learns the scene, so give it one camera only."""

    def __init__(self) -> None:
        self._background = Background()
        self._sizes = Sizes()
        self._people: list[_Person] = []
        self._last: datetime | None = None
        self._now = 0.0
        self._seconds = 0.0

    def __call__(self, frame: Frame) -> Detections:
        self._advance(frame.at)
        scale = max(1, round(frame.image.shape[1] / WORKING_WIDTH))
        mask = self._background.moving(_reduced(frame.image, scale), self._seconds)
        found: list[Floats] = []
        if self._background.is_known:
            labels, blobs = blobs_in(mask)
            known = self._whose(blobs, labels)
            self._people = []
            for blob in blobs:
                found += self._boxes(blob, known.get(blob.label, []), labels)
        boxes = np.array(found).reshape(-1, 4) * scale
        return Detections(boxes, np.full(len(boxes), SCORE))

    def _advance(self, at: datetime) -> None:
        """Time goes on; a clock that is set back takes none."""
        self._seconds = 0.0 if self._last is None else max(0.0, (at - self._last).total_seconds())
        self._last = at
        self._now += self._seconds
        if self._seconds > FORGET_S:
            self._people = []

    def _whose(self, blobs: list[Blob], labels: Labels) -> dict[int, list[_Person]]:
        """The people of each blob, by its label: whoever has most of the place where they are expected in it."""
        people: dict[int, list[_Person]] = {blob.label: [] for blob in blobs}
        height, width = labels.shape
        for person in self._people:
            centre, half = person.expected(self._now), person.sides / 2 * CORE
            x1, y1 = np.maximum(centre - half, 0).astype(int).tolist()
            x2, y2 = np.minimum(centre + half + 1, (width, height)).astype(int).tolist()
            counts = np.bincount(labels[y1 : max(y1, y2), x1 : max(x1, x2)].ravel())
            if counts[1:].any():
                people.get(int(counts[1:].argmax()) + 1, []).append(person)
        return people

    def _boxes(self, blob: Blob, known: list[_Person], labels: Labels) -> list[Floats]:
        """The boxes of the people in a blob, which is learned from on the way."""
        usual = self._sizes.usual(blob, labels.shape)
        if usual is None or (len(known) <= 1 and blob.area < ONE_AT_MOST * usual.area):
            return self._alone(blob, known, usual, labels)
        people = self._together(blob, known, usual, labels)
        if len(people) == 1:
            return self._alone(blob, people, usual, labels)
        if not any(person.seen_alone for person in people):
            self._learn(blob, people[0], labels)
        self._people += people
        return [person.box() for person in people]

    def _alone(self, blob: Blob, known: list[_Person], usual: Size | None, labels: Labels) -> list[Floats]:
        """One person has the whole blob: of those known, whom we trust most."""
        if known:
            person = max(known, key=lambda one: one.trust)
            person.move(blob.middle, self._now)
        else:
            person = _Person(blob.middle, blob.sides, self._now, self._now)
        if usual is None or blob.area >= ALONE_FILL * usual.area:
            person.trust = min(MOST_TRUST_S, person.trust + ALONE_GAIN * self._seconds)
        if blob.whole:
            person.sides = person.sides + SIDES_GAIN * (blob.sides - person.sides)
            if usual is not None:
                bulk = min(MOST_BULK, max(LEAST_BULK, blob.area / usual.area))
                person.bulk += BULK_GAIN * (bulk - person.bulk)
            person.seen_alone |= self._learn(blob, person, labels)
        self._people.append(person)
        is_fragment = usual is not None and not known and blob.area < FRAGMENT * usual.area
        return [] if is_fragment else [blob.box]

    def _together(self, blob: Blob, known: list[_Person], usual: Size, labels: Labels) -> list[_Person]:
        """The people who have the blob together: those known who are still borne out, and those who are new."""
        points, weight = points_of(blob, labels)
        bulk = float(np.mean([one.bulk for one in known] or [1.0]))
        usual = usual._replace(area=usual.area * bulk)

        def share(seeds: Floats) -> Shares:
            return divided(points, seeds, usual, weight=weight)

        people = list(known)
        shares = share(np.array([one.expected(self._now) for one in people] or [blob.middle]))
        while len(people) > 1:
            trust = [self._trust(*pair) for pair in zip(people, shares.fill.tolist(), strict=True)]
            least = trust.index(min(trust))
            if trust[least] >= 0:
                break
            del people[least]
            shares = share(np.delete(shares.middles, least, axis=0))
        while len(shares.middles) < int(blob.area / (ENOUGH_FILL * usual.area)):
            more = share(np.vstack([shares.middles, farthest(points, shares.middles, usual)]))
            if more.fill.min() < ENOUGH_FILL:
                break
            shares = more
        sides = np.array([usual.width, usual.height])
        for middle in shares.middles[len(people) :]:
            people.append(_Person(middle, sides, self._now, self._now))
        if len(people) > 1:
            for person, middle, fill in zip(people, shares.middles, shares.fill.tolist(), strict=True):
                person.move(middle, self._now)
                person.trust = min(MOST_TRUST_S, max(0.0, self._trust(person, fill)))
        return people

    def _trust(self, person: _Person, fill: float) -> float:
        """How much we trust that somebody is a person, who now has so much of a usual person in a blob."""
        return person.trust + self._seconds * min(1.0, max(-1.0, (fill - ENOUGH_FILL) / FILL_RANGE))

    def _learn(self, blob: Blob, person: _Person, labels: Labels) -> bool:
        """Learn a size from a blob that is a person's own, if it is time; whether it was."""
        if not blob.whole or self._now - person.met < LEARN_AFTER_S:
            return False
        learned = person.learned
        if learned is not None and np.abs(person.centre - learned).max() < LEARN_EVERY * person.sides.min():
            return False
        person.learned = person.centre
        self._sizes.add(blob, labels.shape)
        return True


def _reduced(image: Image, scale: int) -> Image:
    if scale == 1:
        return image
    return np.asarray(
        cv2.resize(image, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
