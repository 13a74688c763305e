"""Whether a camera still sees what it counts: not frozen, dark, blocked, moved or blurred.

Every second or so a picture is compared with the one before it and with the camera's pose. The pose is fixed, given or
learned once: a lens that fogs over an hour is compared with the clear one. What cannot be judged (texture in the dark,
a shift behind a crowd) is no evidence for and none against.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from vilina_edge.errors import ConfigError
from vilina_edge.types import Floats, Frame
from vilina_edge.vision.pose import CELLS, Features, Pose, PoseLearner, View, sharpness

Blindness = Literal["dark", "blocked", "moved", "frozen", "blurred"]
"""If there are several, the first is said: a cover is often blurred too."""
Cells = npt.NDArray[np.bool_]
BLINDNESSES: Final[tuple[Blindness, ...]] = get_args(Blindness)

EXAMINE_S: Final = 0.45
"""Frames closer to the last examined one are not: about two a second are."""
LANDMARKS_EVERY: Final = 4
"""Examined frames; corners cost ten times what the rest does."""
HOLD_S: Final[dict[Blindness, float]] = {"dark": 5, "frozen": 20, "blocked": 12, "moved": 10, "blurred": 10}
"""A condition lasts so long before it is said. A still scene in a compressed stream is identical from one whole picture
to the next, up to ten seconds."""
BREAK_S: Final[dict[Blindness, float]] = {"dark": 0, "blocked": 1, "moved": 0, "frozen": 0, "blurred": 1}
"""Without it for so long before it is said, it begins anew: a light that blinks, one passer-by after another."""
CLEAR_S: Final[dict[Blindness, float]] = {"dark": 2, "blocked": 2, "moved": 2, "frozen": 0, "blurred": 2}
"""Without it for so long after it was said, it has ended."""
MAX_SILENCE_S: Final = 30
"""What was seen once and again so much later, with no evidence between, is not one condition yet."""
LEARN_S: Final = 10
LEARN_PICTURES: Final = 10
"""A camera without a pose learns one in so many seconds and good pictures at least."""
STILL_SHARE: Final = 0.0001
"""Pixels of the small picture that change in a frozen one, at most. Noise changes a third, or a thousandth where the
stream leaves out what hardly changed."""
DARK_GREY: Final = 30
LIT_SHARE: Final = 0.05
"""If less of the picture is as light as this, nobody is seen. A lamp lights more than that."""
TEXTURED: Final = 3.0
"""Energy of coarse detail from which a cell of the pose can be recognised."""
FLAT_SHARE: Final = 0.05
"""Of the pose's coarse detail, for this light: a cell with less is covered by something featureless or close."""
NOISE_MARGIN: Final = 1.5
NOISE_DROWNS: Final = 3.0
MIN_EXPECTED: Final = 0.5
"""A cell can be judged if the detail expected in this light is so many times the noise, and more than rounding."""
NOISE_PERCENTILE: Final = 10
MAX_NOISE: Final = 40.0
"""Energy of the coarse band that changes, in the quietest cells; more than that is people."""
STILL_GREY: Final = 12.0
"""A cell whose mean changes by more between two examined pictures is not covered but passed by somebody."""
BLOCKED_SHARE: Final = 0.6
MISSING_SHARE: Final = 0.92
"""Of a part's landmarks: it is covered by something else, if it can be judged."""
PART: Final = 2
MIN_PART: Final = 5
"""A part is so many cells across and down, with so many landmarks at least."""
BLURRED_SHARE: Final = 0.4
"""Of the pose's sharpness."""
MIN_CELLS: Final = 6
FLOOR_SHARE: Final = 0.02
"""Middle detail that is less than this of the pose's counts as this: heavy blur takes the middle too."""
SEEN_SHARE: Final = 0.3
"""Of a cell's coarse detail, that two pictures have in common: the cell is not full of walkers."""
SHAKE_POINTS: Final = 100
MAX_SHAKE: Final = 0.25
"""Pixels of the small picture from one to the next: beyond it fine detail does not line up, sharp or not."""
SAME_LIGHT: Final = (0.6, 1.6)
"""Brightness of recognised cells over the pose's, from the second to the eighth tenth, while the light is as ever."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the view, if anything.

    `since` is the first examined frame that showed it; what was counted from then on is a gap. `brightness` is the mean
    grey, 0..255. `sharpness` is fine over middle detail (`pose.sharpness`), to compare with the pose's own; 0 for a
    picture without detail.
    """

    blind: Blindness | None
    since: datetime | None
    brightness: float
    sharpness: float


class Sight:
    """Looks after one camera. It keeps one small view, the one before."""

    def __init__(self, pose: Pose | None = None) -> None:
        self._pose = pose
        self._lesson = _Lesson()
        self._before: View | None = None
        self._at: datetime | None = None
        self._examined = 0
        self._moved = False
        self._covered = False
        self._conditions = {blind: _Condition(blind) for blind in BLINDNESSES}
        self._verdict = Verdict(None, None, 0.0, 0.0)

    def look(self, frame: Frame) -> Verdict:
        """What is known at a frame. Give it every frame, in the order of time; it picks those that it examines."""
        if self._at is not None and frame.at < self._at:
            self._forget()
        if self._at is None or frame.at - self._at >= timedelta(seconds=EXAMINE_S):
            self._verdict = self._examine(frame)
            self._at = frame.at
        return self._verdict

    def _forget(self) -> None:
        """The clock was put back: instants from before mean nothing now."""
        self._at = None
        self._lesson = _Lesson()
        self._conditions = {blind: _Condition(blind) for blind in BLINDNESSES}

    def _examine(self, frame: Frame) -> Verdict:
        view = View.of(frame.image)
        before = self._before if self._before and self._before.grey.shape == view.grey.shape else None
        dark = bool(np.mean(view.grey >= DARK_GREY) < LIT_SHARE)
        frozen = before is not None and _is_still(before, view)
        self._conditions["dark"].heed(dark, frame.at)
        self._conditions["frozen"].heed(frozen, frame.at)
        if before is not None and not dark:
            if self._pose is not None:
                self._compare(self._pose, before, view, frame.at)
            elif not frozen:
                self._pose = self._lesson.taught(before, view, frame)
        self._before = view
        self._examined += 1
        said = {b: c.since for b, c in self._conditions.items() if c.since is not None and c.said}
        return Verdict(
            blind=next(iter(said), None),
            since=min(said.values(), default=None),
            brightness=float(view.light.mean()),
            sharpness=sharpness(view.texture_with(before or view)),
        )

    def _compare(self, pose: Pose, before: View, view: View, at: datetime) -> None:
        """Heed what differs from the pose: the texture each time, the landmarks now and then."""
        seen = _judged(pose, before, view)
        if self._examined % LANDMARKS_EVERY == 0:
            corners = Features.of(view)
            shift = pose.shift_of(corners)
            if shift is not None:
                self._moved = shift.moved
                self._conditions["moved"].heed(shift.moved, at)
            self._covered = not self._moved and _is_covered(pose, corners, seen.judged)
        self._conditions["blocked"].heed(True if self._covered else seen.flat, at)
        self._conditions["blurred"].heed(None if self._moved else seen.blurred, at)


class _Condition:
    def __init__(self, blind: Blindness) -> None:
        lengths = (timedelta(seconds=seconds[blind]) for seconds in (HOLD_S, BREAK_S, CLEAR_S))
        self._hold, self._break, self._clear = lengths
        self.since: datetime | None = None
        self._last: datetime | None = None
        self._absent: datetime | None = None

    @property
    def said(self) -> bool:
        """Whether it has lasted."""
        if self.since is None or self._last is None:
            return False
        return self._last - self.since >= self._hold

    def heed(self, evidence: bool | None, at: datetime) -> None:
        """Evidence for it, against it, or none."""
        if evidence:
            broken = self._last is not None and at - self._last > timedelta(seconds=MAX_SILENCE_S)
            if self.since is None or (broken and not self.said):
                self.since = at
            self._last, self._absent = at, None
        elif evidence is False:
            self._absent = self._absent or at
            if at - self._absent >= (self._clear if self.said else self._break):
                self.since = self._last = None


class _Lesson:
    """Learns the pose of a camera that has none."""

    def __init__(self) -> None:
        self._learner = PoseLearner()
        self._began: datetime | None = None
        self._pictures = 0
        self._shape: tuple[int, ...] = ()

    def taught(self, before: View, view: View, frame: Frame) -> Pose | None:
        """Learn from one more good picture. The pose, once it is known; if it is too poor, all begins again."""
        height, width = frame.image.shape[:2]
        if self._began is None or self._shape != (height, width):
            self._learner, self._pictures = PoseLearner(), 0
            self._began, self._shape = frame.at, (height, width)
        self._learner.add(before, view)
        self._pictures += 1
        if self._pictures < LEARN_PICTURES or frame.at - self._began < timedelta(seconds=LEARN_S):
            return None
        self._began = None
        try:
            return Pose(*self._learner.learned(), (width, height))
        except ConfigError:  # the scene may be full of people, or the room unlit; nothing was lost
            return None


@dataclass(frozen=True, slots=True)
class _Judged:
    """Which cells (6, 8) can be `judged`; whether most are flat, and whether they are blurred; None if too few can."""

    judged: Cells
    flat: bool | None
    blurred: bool | None


def _judged(pose: Pose, before: View, view: View) -> _Judged:
    """Compare the texture of each cell with the pose's, for the light and the noise there are now."""
    fine, middle, common = view.texture_with(before)
    whole = (view.texture_with(view)[2] + before.texture_with(before)[2]) / 2
    noise = min(float(np.percentile(whole - common, NOISE_PERCENTILE)), MAX_NOISE)
    gain = _gain(pose, view, common)
    expected = pose.texture[2] * gain
    judged = (pose.texture[2] >= TEXTURED) & (expected > max(NOISE_DROWNS * noise, MIN_EXPECTED))
    if judged.sum() < MIN_CELLS:
        return _Judged(judged, None, None)
    steady = np.abs(view.light - before.light) < STILL_GREY
    flat = judged & steady & (whole < FLAT_SHARE * expected + NOISE_MARGIN * noise)
    usable = judged & ~flat & (common > SEEN_SHARE * whole)
    mostly_flat = bool(flat.sum() >= BLOCKED_SHARE * judged.sum())
    if usable.sum() < MIN_CELLS:
        return _Judged(judged, mostly_flat, None)
    usual = pose.texture[0] / np.maximum(pose.texture[1], 1e-6)
    now = fine / np.maximum(middle, np.maximum(FLOOR_SHARE * pose.texture[1] * gain, 1e-6))
    blurred = bool(np.median(now[usable] / usual[usable]) < BLURRED_SHARE)
    return _Judged(judged, mostly_flat, None if blurred and _shaken(before, view) else blurred)


def _shaken(before: View, view: View) -> bool:
    """Whether the whole view moved or turned a little from one picture to the next (Lucas and Kanade 1981)."""
    corners = cv2.goodFeaturesToTrack(before.grey, SHAKE_POINTS, 0.01, 7)
    if corners is None:
        return False
    there, tracked, _ = cv2.calcOpticalFlowPyrLK(before.grey, view.grey, corners, np.empty_like(corners))
    kept = tracked.ravel() == 1
    if kept.sum() < SHAKE_POINTS / 4:
        return False
    similarity, agree = cv2.estimateAffinePartial2D(corners[kept], there[kept], ransacReprojThreshold=0.5)
    if similarity is None or agree.mean() < 0.4:
        return False
    way = (there - corners)[kept][agree.ravel() == 1].reshape(-1, 2)
    return bool(np.hypot(way[:, 0], way[:, 1]).mean() > MAX_SHAKE)


def _gain(pose: Pose, view: View, common: Floats) -> Floats:
    """By how much less light each cell's texture is weaker than the pose's, 0..1.

    If the cells that are recognised are lit as ever, so are the others: what is black there is a cover, not the night.
    """
    ratio = view.light / np.maximum(pose.light, 1)
    gain: Floats = np.minimum(ratio, 1) ** 2
    recognised = (
        (pose.texture[2] >= TEXTURED) & (common > SEEN_SHARE * pose.texture[2] * gain) & (ratio > 0.1)
    )
    if recognised.sum() >= MIN_CELLS:
        low, high = np.percentile(ratio[recognised], [20, 80])
        if SAME_LIGHT[0] < low and high < SAME_LIGHT[1]:
            return np.ones_like(gain)
    return gain


def _is_covered(pose: Pose, seen: Features, judged: Cells) -> bool:
    """Whether in most parts of the picture no landmark is where it was: something else is there, a poster or a wall.

    Landmarks in cells that cannot be judged, for darkness or noise, are left out; if they are many, nothing is said.
    """
    place = pose.points / [1, pose.size[1] / pose.size[0]]
    x, y = np.minimum((place * CELLS).astype(np.intp), np.array(CELLS) - 1).T
    clear = judged[y, x]
    if clear.mean() < BLOCKED_SHARE:
        return False
    part = (y // PART * (CELLS[0] // PART) + x // PART)[clear]
    landmarks = np.bincount(part)
    missing = np.bincount(part, weights=~pose.found(seen)[clear])
    enough = landmarks >= MIN_PART
    lost = missing[enough] >= MISSING_SHARE * landmarks[enough]
    return bool(enough.any() and lost.mean() >= BLOCKED_SHARE)


def _is_still(before: View, view: View) -> bool:
    """Whether two views are the same, but for a clock's digits."""
    changed = cv2.countNonZero(cv2.absdiff(before.grey, view.grey))
    return changed <= STILL_SHARE * view.grey.size
