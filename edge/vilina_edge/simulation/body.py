"""A walking person as ellipsoids: shoes, legs, arms, trunk, head, hair, bag.

Lengths are metres of an average adult of 1.74 m; `Look.size` scales them all. A part's place is forward, aside (to the
right) and up from the point between the feet. Limbs swing as in ordinary gait: thighs by about 25 degrees, the knee
bends while its leg comes forward, the arms swing against the legs.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from vilina_edge.simulation.scene import Colour, Look, Walker
from vilina_edge.simulation.view import Ellipsoids
from vilina_edge.types import Floats

SKIN: Final[Colour] = (140, 170, 214)
SHOE: Final[Colour] = (26, 26, 30)
STRIDE: Final = 1.4
"""Metres walked by a left and a right step."""
FULL_SWING: Final = 1.0
"""From this speed on, m/s, the limbs swing fully; who stands still has them straight."""
THIGH: Final = 0.42
SHIN: Final = 0.41
ANKLE: Final = 0.08
HIP: Final = 0.9
HIP_ASIDE: Final = 0.09
UPPER_ARM: Final = 0.29
FOREARM: Final = 0.26
SHOULDER: Final = 1.4
SHOULDER_ASIDE: Final = 0.2


class Part(NamedTuple):
    """An ellipsoid of the body: its middle and half axes (forward, aside, up), leaning by `pitch` radians.

    A positive pitch swings its lower end forward.
    """

    middle: tuple[float, float, float]
    half: tuple[float, float, float]
    colour: Colour
    pitch: float = 0.0


def parts_of(walker: Walker) -> list[Part]:
    """The body of somebody, in that person's own directions and for size 1."""
    swing = min(1.0, walker.pace / FULL_SWING)
    phase = 2 * math.pi * walker.walked / STRIDE
    legs = [_Leg.at(phase + turn, swing) for turn in (0.0, math.pi)]
    rise = max(leg.reach for leg in legs) - HIP
    parts: list[Part] = []
    for side, leg in zip((-1, 1), legs, strict=True):
        parts += _leg(leg, side, rise, walker.look)
        parts += _arm(-0.5 * swing * math.sin(leg.phase), side, rise, walker.look)
    return parts + _trunk(rise, walker.look)


def solids_of(walkers: Sequence[Walker]) -> tuple[Ellipsoids, list[Colour], list[int]]:
    """All parts of all people, in the room: the solids, their colours, and whose they are."""
    bodies = [parts_of(walker) for walker in walkers]
    owners = [index for index, body in enumerate(bodies) for _ in body]
    flat = [part for body in bodies for part in body]
    numbers = np.array([(*p.middle, *p.half, p.pitch) for p in flat], dtype=np.float64).reshape(-1, 7)
    people = np.array([(w.x, w.y, *w.heading, w.look.size) for w in walkers], dtype=np.float64).reshape(
        -1, 5
    )[owners]
    turn = _turns(people[:, 2], people[:, 3])
    size = people[:, 4, None]
    centres = np.einsum("nij,nj->ni", turn, size * numbers[:, :3])
    centres[:, :2] += people[:, :2]
    axes = turn @ _pitches(numbers[:, 6]) * (size * numbers[:, 3:6])[:, None, :]
    return Ellipsoids(centres, axes), [part.colour for part in flat], owners


class _Leg(NamedTuple):
    """Angles of the thigh and the shin from the vertical, positive forward, radians; how far down the sole is."""

    phase: float
    thigh: float
    shin: float

    @classmethod
    def at(cls, phase: float, swing: float) -> "_Leg":
        thigh = swing * (0.44 * math.sin(phase) + 0.06)
        return cls(phase, thigh, thigh - swing * (0.12 + 0.8 * max(0.0, math.cos(phase + 0.3))))

    @property
    def reach(self) -> float:
        """From the hip down to the sole."""
        return THIGH * math.cos(self.thigh) + SHIN * math.cos(self.shin) + ANKLE


def _leg(leg: _Leg, side: int, rise: float, look: Look) -> list[Part]:
    hip = (0.0, side * HIP_ASIDE, HIP + rise)
    knee = _end(hip, THIGH, leg.thigh)
    ankle = _end(knee, SHIN, leg.shin)
    return [
        Part(
            (ankle[0] + 0.06, ankle[1], ankle[2] - 0.03), (0.14, 0.05, 0.05), SHOE, min(0.0, 0.7 * leg.shin)
        ),
        Part(_middle(knee, ankle), (0.065, 0.06, SHIN / 2 + 0.05), look.trousers, leg.shin),
        Part(_middle(hip, knee), (0.09, 0.085, THIGH / 2 + 0.06), look.trousers, leg.thigh),
    ]


def _arm(angle: float, side: int, rise: float, look: Look) -> list[Part]:
    shoulder = (0.0, side * SHOULDER_ASIDE, SHOULDER + rise - 0.02)
    elbow = _end(shoulder, UPPER_ARM, angle)
    bent = angle + 0.3
    hand = _end(elbow, FOREARM, bent)
    sleeve = tinted(look.jacket, 0.8)
    return [
        Part(_end(elbow, FOREARM + 0.05, bent), (0.045, 0.035, 0.06), SKIN, bent),
        Part(_middle(elbow, hand), (0.05, 0.05, FOREARM / 2 + 0.03), sleeve, bent),
        Part(_middle(shoulder, elbow), (0.065, 0.06, UPPER_ARM / 2 + 0.04), sleeve, angle),
    ]


def _trunk(rise: float, look: Look) -> list[Part]:
    """Hips, chest, shoulders, neck, bag, face and hair."""
    dark = tinted(look.jacket, 0.86)
    trunk = [
        Part((0.0, 0.0, 0.92 + rise), (0.12, 0.165, 0.15), tinted(look.trousers, 0.92)),
        Part((0.0, 0.0, 1.1 + rise), (0.13, 0.175, 0.2), dark),
        Part((0.0, 0.0, 1.24 + rise), (0.135, 0.195, 0.22), look.jacket),
        Part((0.0, 0.0, 1.39 + rise), (0.11, 0.22, 0.09), tinted(look.jacket, 1.12)),
        Part((0.02, 0.0, 1.49 + rise), (0.055, 0.055, 0.08), tinted(SKIN, 0.82)),
        Part((0.035, 0.0, 1.6 + rise), (0.095, 0.078, 0.115), SKIN),
        Part((-0.012, 0.0, 1.638 + rise), (0.108, 0.09, 0.103), look.hair),
    ]
    if look.bag is not None:
        trunk.append(Part((-0.2, 0.0, 1.2 + rise), (0.1, 0.16, 0.22), look.bag))
    return trunk


def tinted(colour: Colour, light: float) -> Colour:
    """The colour in more or less light."""
    blue, green, red = (min(255, round(light * part)) for part in colour)
    return blue, green, red


def _end(start: tuple[float, float, float], length: float, angle: float) -> tuple[float, float, float]:
    """Where a limb ends that hangs from `start` and swings forward by an angle."""
    return start[0] + length * math.sin(angle), start[1], start[2] - length * math.cos(angle)


def _middle(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2


def _turns(x: Floats, y: Floats) -> Floats:
    """From forward, aside and up to the room's directions, for headings (x, y): (N, 3, 3)."""
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = [x, -y, zero, y, x, zero, zero, zero, one]
    return np.stack(rows, axis=-1).reshape(-1, 3, 3)


def _pitches(angles: Floats) -> Floats:
    """Rotations that swing the lower end forward: (N, 3, 3)."""
    c, s, zero, one = np.cos(angles), np.sin(angles), np.zeros_like(angles), np.ones_like(angles)
    return np.stack([c, zero, -s, zero, one, zero, s, zero, c], axis=-1).reshape(-1, 3, 3)
