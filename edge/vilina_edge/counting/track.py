"""One person as the tracker sees them: a constant-velocity Kalman filter per axis, and a height.

Lengths are pixels, but every constant is in units of the person's own height h, so that somebody near the camera and
somebody far away move alike. See Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and
Navigation" (2001), section 6.2, for the filter.
"""

import math
from dataclasses import dataclass, field
from typing import Final

ACCELERATION: Final = 0.4
"""Intensity of white acceleration noise, h / s^1.5."""
BIRTH_SPEED: Final = 0.8
"""Standard deviation of a new track's speed, h / s."""
FORGETTING_S: Final = 3.0
"""Time in which the speed of an unmatched track falls to 1/e: who is hidden has often stopped."""
NOISE_X: Final = 0.05
NOISE_Y: Final = 0.06
"""Standard deviations of a measured position, h: across, and of the foot."""
HEIGHT_GAIN: Final = 0.08
HEIGHT_CLIP: Final = 0.3


@dataclass(slots=True)
class Axis:
    """Position and velocity along one axis, with their covariance. `noise` is the measurement's, in h."""

    position: float
    noise: float
    velocity: float = 0.0
    var_position: float = 0.0
    cov: float = 0.0
    var_velocity: float = 0.0

    @classmethod
    def born(cls, position: float, *, noise: float, height: float) -> "Axis":
        return cls(
            position, noise, var_position=(noise * height) ** 2, var_velocity=(BIRTH_SPEED * height) ** 2
        )

    def predict(self, seconds: float, *, height: float, keep: float) -> None:
        """Move on by some seconds; `keep` is the share of the velocity that is still believed in."""
        q = (ACCELERATION * height) ** 2
        self.velocity *= keep
        self.position += self.velocity * seconds
        self.var_position += seconds * (2 * self.cov + seconds * self.var_velocity) + q * seconds**3 / 3
        self.cov += seconds * self.var_velocity + q * seconds**2 / 2
        self.var_velocity += q * seconds

    def spread(self, height: float) -> float:
        """Variance of where a measurement is expected."""
        return self.var_position + (self.noise * height) ** 2

    def update(self, measured: float, *, height: float) -> None:
        variance = self.spread(height)
        gain, gain_velocity = self.var_position / variance, self.cov / variance
        surprise = measured - self.position
        self.position += gain * surprise
        self.velocity += gain_velocity * surprise
        self.var_velocity -= gain_velocity * self.cov
        self.var_position *= 1 - gain
        self.cov *= 1 - gain


@dataclass(frozen=True, slots=True)
class Sample:
    """A measured position: seconds, and pixels of the reference point and the height."""

    at: float
    x: float
    y: float
    height: float


@dataclass(slots=True)
class Track:
    """A person, or a tentative one. `samples` are those that nobody has collected yet.

    `came_in` is whether the first of them was at the picture's border.
    """

    id: int
    x: Axis
    y: Axis
    log_height: float
    last: Sample
    first: Sample
    hits: int = 1
    confirmed: bool = False
    came_in: bool = False
    samples: list[Sample] = field(default_factory=list)

    @classmethod
    def born(cls, number: int, sample: Sample) -> "Track":
        height = sample.height
        x = Axis.born(sample.x, noise=NOISE_X, height=height)
        y = Axis.born(sample.y, noise=NOISE_Y, height=height)
        return cls(number, x, y, math.log(height), last=sample, first=sample, samples=[sample])

    @property
    def height(self) -> float:
        return self.last.height

    def predict(self, at: float, seconds: float) -> None:
        """Move on to `at`, `seconds` later."""
        keep = 1.0 if at - self.last.at <= seconds else math.exp(-seconds / FORGETTING_S)
        height = self.height
        self.x.predict(seconds, height=height, keep=keep)
        self.y.predict(seconds, height=height, keep=keep)

    def update(self, sample: Sample) -> None:
        """Take in a measurement."""
        height = self.height
        self.x.update(sample.x, height=height)
        self.y.update(sample.y, height=height)
        self.hits += 1
        surprise = math.log(sample.height) - self.log_height
        gain = max(HEIGHT_GAIN, 1 / (1 + self.hits))
        self.log_height += gain * min(max(surprise, -HEIGHT_CLIP), HEIGHT_CLIP)
        self.last = Sample(sample.at, sample.x, sample.y, math.exp(self.log_height))
        self.samples.append(self.last)
