"""Where a camera looked when it was calibrated, and how far it has turned away since.

A pose is some landmarks (corners and their ORB descriptors; Rublee et al., "ORB: an efficient alternative to SIFT or
SURF", 2011), and the light and the texture of each cell of a coarse grid: never a picture. Points are in fractions of
the picture's width, x to the right and y down.
"""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from vilina_edge.errors import ConfigError
from vilina_edge.types import Floats, Image

MAX_MOVED: Final = 0.02
MAX_TURNED: Final = 2.0
"""Of the width, and degrees: beyond either a line is in another place. A mount that shakes moves by a quarter of it."""
WORKING_WIDTH: Final = 320
"""Pictures are divided by a whole number until they are at most so wide."""
CELLS: Final = (8, 6)
"""Across and down."""
LANDMARKS: Final = 220
ENOUGH: Final = 30
"""At most, so that the text stays below 12 KB; and at least, or nothing is recognised."""
FEATURES: Final = 600
FAST: Final = 5
"""So many corners of a picture, which differ by so many grey levels from around them once it was equalised."""
SAME_PLACE: Final = 0.006
SIMILAR: Final = 60
"""A corner is seen again within so much of the width if at most so many of the 256 bits of its descriptor differ."""
PERSISTENT: Final = 0.5
"""A landmark is seen in so much of the pictures; somebody who walks is not."""
MAX_CANDIDATES: Final = 4000
MIN_AGREEING: Final = 15
MIN_SHARE: Final = 0.25
"""Matches that agree on one movement, and of all matches; by chance about five do."""
MIN_SPREAD: Final = 0.3
REPROJECTION: Final = 0.008
"""Of the width: so far apart are matches that say something about the corners, and so far one may miss the rest."""
GRAIN: Final = 32_000
"""Steps of a stored point in the picture's width."""

Bytes = npt.NDArray[np.uint8]
Stored = tuple[tuple[int, int], bytes, bytes, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture made small: `grey` (H, W), `light` (6, 8) mean grey of each cell, and three bands of texture.

    The bands are Laplacians of the picture at its own size, a half and a quarter (Burt and Adelson 1983): fine, middle
    and coarse detail. Blur takes the fine first; less light takes as much of each.
    """

    grey: Bytes
    light: Floats
    bands: tuple[npt.NDArray[np.float32], ...]

    @classmethod
    def of(cls, image: Image) -> Self:
        factor = -(-image.shape[1] // WORKING_WIDTH)
        height, width = (max(1, side // factor) for side in image.shape[:2])
        whole = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[: height * factor, : width * factor]
        grey = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        full = grey.astype(np.float32)
        half = cv2.pyrDown(full)
        sizes = (full, half, cv2.pyrDown(half))
        return cls(grey, _cells(full), tuple(np.asarray(cv2.Laplacian(s, cv2.CV_32F)) for s in sizes))

    def texture_with(self, other: "View") -> Floats:
        """Energy (3, 6, 8) of each band in each cell that both pictures have in common: noise and walkers cancel."""
        return np.stack([_cells(a * b) for a, b in zip(self.bands, other.bands, strict=True)])


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Corners of one picture: `points` (N, 2) in fractions of its width, and their `descriptors` (N, 32)."""

    points: Floats
    descriptors: Bytes

    @classmethod
    def of(cls, view: View) -> Self:
        orb = cv2.ORB.create(
            FEATURES, scaleFactor=1.3, nlevels=3, edgeThreshold=12, patchSize=24, fastThreshold=FAST
        )
        corners, found = orb.detectAndCompute(cv2.equalizeHist(view.grey), None)
        points = np.array([corner.pt for corner in corners], dtype=np.float64).reshape(-1, 2)
        descriptors = np.empty((0, 32), np.uint8) if found is None else np.asarray(found, dtype=np.uint8)
        return cls(points / view.grey.shape[1], descriptors)


@dataclass(frozen=True, slots=True)
class Shift:
    """A movement of the view: of the corner that moved most, in fractions of the width; and the turn in degrees."""

    distance: float
    rotation: float

    @property
    def moved(self) -> bool:
        """Whether a line is in another place now."""
        return self.distance > MAX_MOVED or abs(self.rotation) > MAX_TURNED


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """What a camera saw when it was calibrated.

    `points` (N, 2) and `descriptors` (N, 32) are the landmarks; `light` (6, 8) is the mean grey of each cell, 0..255;
    `texture` (3, 6, 8) its energy in the bands of a `View`; `size` the frame's width and height in pixels.
    """

    points: Floats
    descriptors: Bytes
    light: Floats
    texture: Floats
    size: tuple[int, int]

    def __post_init__(self) -> None:
        count, grid = len(self.points), CELLS[::-1]
        if self.points.shape != (count, 2) or self.descriptors.shape != (count, 32) or count > LANDMARKS:
            raise ValueError(f"{self.points.shape} and {self.descriptors.shape} are not landmarks")
        if self.light.shape != grid or self.texture.shape != (3, *grid) or min(self.size) < 1:
            raise ValueError(f"{self.light.shape} and {self.texture.shape} are not of the cells of a view")
        if not all(np.isfinite(part).all() for part in (self.points, self.light, self.texture)):
            raise ValueError("a pose is made of finite numbers")

    @classmethod
    def of(cls, images: Sequence[Image]) -> Self:
        """The pose in pictures of one scene, of one size; the more seconds they span, the fewer walkers stay in it.

        Raises:
            ConfigError: there is too little to recognise the scene by.
        """
        learner = PoseLearner()
        before: View | None = None
        for image in images:
            view = View.of(image)
            learner.add(before or view, view)
            before = view
        height, width = images[0].shape[:2] if len(images) else (0, 0)
        return cls(*learner.learned(), (width, height))

    @property
    def brightness(self) -> float:
        return float(self.light.mean())

    @property
    def sharpness(self) -> float:
        return sharpness(self.texture)

    def shift(self, image: Image) -> Shift | None:
        """How far the view has moved since, or None when too little is recognised to say."""
        return self.shift_of(Features.of(View.of(image)))

    def shift_of(self, seen: Features) -> Shift | None:
        """The same, of corners found already: what most matches agree on (RANSAC; Fischler and Bolles 1981)."""
        if min(len(self.points), len(seen.points)) < MIN_AGREEING:
            return None
        matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(self.descriptors, seen.descriptors)
        pairs = np.array([(m.queryIdx, m.trainIdx) for m in matches if m.distance <= SIMILAR], dtype=np.intp)
        if len(pairs) < MIN_AGREEING:
            return None
        here, there = self.points[pairs[:, 0]], seen.points[pairs[:, 1]]
        similarity, agree = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=REPROJECTION)
        if similarity is None:
            return None
        agreeing = here[agree.ravel() == 1]
        few = len(agreeing) < max(MIN_AGREEING, MIN_SHARE * len(pairs))
        if few or np.ptp(agreeing, axis=0).max() < MIN_SPREAD:
            return None
        return _shift(np.asarray(similarity, dtype=np.float64), self.size[1] / self.size[0])

    def found(self, seen: Features) -> npt.NDArray[np.bool_]:
        """Which landmarks (N,) are where they were."""
        return np.isin(np.arange(len(self.points)), _same(self.points, self.descriptors, seen)[0])

    def to_text(self) -> str:
        """One line of ASCII, at most 12 KB."""
        points = np.round(self.points * GRAIN).astype("<u2").tobytes()
        cells = np.stack([self.light, *self.texture]).astype("<f4").tobytes()
        stored: Stored = (self.size, points, self.descriptors.tobytes(), cells)
        packed = msgspec.msgpack.encode(stored)
        return base64.b64encode(_checksum(packed) + packed).decode("ascii")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A pose from `to_text`.

        Raises:
            ConfigError: it is not such a text, or it is damaged.
        """
        try:
            size, points, descriptors, cells = msgspec.msgpack.decode(_unsealed(text), type=Stored)
            light, *texture = np.frombuffer(cells, "<f4").astype(np.float64).reshape(4, *CELLS[::-1])
            places = np.frombuffer(points, "<u2").reshape(-1, 2) / GRAIN
            bits = np.frombuffer(descriptors, np.uint8).reshape(-1, 32)
            return cls(places, bits, light, np.stack(texture), size)
        except (ValueError, msgspec.MsgspecError) as error:
            raise ConfigError("the camera's pose cannot be read: calibrate the camera again") from error


class PoseLearner:
    """Gathers a pose from one view after another; it keeps landmarks and sums, no view."""

    def __init__(self) -> None:
        self._points = np.empty((0, 2))
        self._descriptors = np.empty((0, 32), dtype=np.uint8)
        self._times_seen = np.empty(0, dtype=np.intp)
        self._light: list[Floats] = []
        self._texture: list[Floats] = []

    def add(self, before: View, view: View) -> None:
        """Learn from a view and the one before it, which are of one size."""
        self._light.append(view.light)
        self._texture.append(view.texture_with(before))
        seen = Features.of(view)
        known, again = _same(self._points, self._descriptors, seen)
        self._times_seen[np.unique(known)] += 1
        new = np.setdiff1d(np.arange(len(seen.points)), again)[: MAX_CANDIDATES - len(self._points)]
        self._points = np.concatenate([self._points, seen.points[new]])
        self._descriptors = np.concatenate([self._descriptors, seen.descriptors[new]])
        self._times_seen = np.concatenate([self._times_seen, np.ones(len(new), dtype=np.intp)])

    def learned(self) -> tuple[Floats, Bytes, Floats, Floats]:
        """Points, descriptors, light and texture of a pose.

        Raises:
            ConfigError: there is too little to recognise the scene by.
        """
        steady = np.flatnonzero(self._times_seen >= PERSISTENT * len(self._light))
        if len(steady) < ENOUGH:
            raise ConfigError(
                f"the camera sees {len(steady)} landmarks, too few to know its view by: is it in focus and light?"
            )
        kept = self._spread(steady[np.argsort(-self._times_seen[steady], kind="stable")])
        light, texture = (np.asarray(np.median(parts, axis=0)) for parts in (self._light, self._texture))
        return self._points[kept], self._descriptors[kept], light, texture

    def _spread(self, best_first: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The best of each cell, then the second best of each, up to the number that a pose may have."""
        cells = (self._points[best_first] * CELLS[0]).astype(np.intp) @ [1, 1000]
        turn = np.zeros_like(best_first)
        for cell in np.unique(cells):
            turn[cells == cell] = np.arange((cells == cell).sum())
        return best_first[np.argsort(turn, kind="stable")][:LANDMARKS]


def sharpness(texture: Floats) -> float:
    """Fine detail over middle detail, the median of the cells of a texture (3, 6, 8) that have both; 0 if none has.

    It depends on the scene, little on the light, and not on noise. A Gaussian blur of one pixel of the small picture
    takes nine tenths of it.
    """
    fine, middle, _ = texture
    seen = middle > 1
    return max(0.0, float(np.median(fine[seen] / middle[seen]))) if seen.any() else 0.0


def _cells(values: npt.NDArray[np.float32]) -> Floats:
    """The mean of each cell, (6, 8)."""
    return np.asarray(cv2.resize(values, CELLS, interpolation=cv2.INTER_AREA), dtype=np.float64)


def _checksum(packed: bytes) -> bytes:
    return zlib.crc32(packed).to_bytes(4, "little")


def _unsealed(text: str) -> bytes:
    whole = base64.b64decode(text, validate=True)
    if whole[:4] != _checksum(whole[4:]):
        raise ValueError("the checksum is wrong")
    return whole[4:]


def _same(points: Floats, descriptors: Bytes, seen: Features) -> tuple[np.ndarray, np.ndarray]:
    """Indices of points and of those seen that are the same corner in the same place."""
    if not len(points) or not len(seen.points):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    near = cKDTree(points).sparse_distance_matrix(cKDTree(seen.points), SAME_PLACE, output_type="ndarray")
    differing = np.unpackbits(descriptors[near["i"]] ^ seen.descriptors[near["j"]], axis=1).sum(axis=1)
    similar = near[differing <= SIMILAR]
    return similar["i"], similar["j"]


def _shift(similarity: Floats, aspect: float) -> Shift:
    corners = np.array([[0, 0], [1, 0], [0, aspect], [1, aspect]])
    moved = corners @ similarity[:, :2].T + similarity[:, 2] - corners
    turn = np.degrees(np.arctan2(similarity[1, 0], similarity[0, 0]))
    return Shift(float(np.hypot(moved[:, 0], moved[:, 1]).max()), float(turn))
