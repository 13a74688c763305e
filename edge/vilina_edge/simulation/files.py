"""People at a narrow door: they keep to the right and walk in single file, one file each way.

JuPedSim's models lock in a door of 1.2 m when two streams meet there, which people do not. So these walk on two lanes,
each following the next one ahead: v = min(v0, (gap - l) / T) (Seyfried et al., Physica A 368, 2006, in the form of
Tordeux et al., 2016). As whoever is in front can always go on, nobody is ever locked.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from vilina_edge.simulation.arrivals import Arrival
from vilina_edge.simulation.rendering import some_look
from vilina_edge.simulation.scene import APPEAR, TURN_S, VANISH, WALKING_SPEED, Look, Scene, Walker
from vilina_edge.types import Direction

LENGTH: Final = 0.5
"""l: from middle to middle when people stand in a queue, metres."""
TIME_GAP: Final = 0.7
"""T: how much they keep from the next one ahead, seconds."""
ROOM: Final = 0.9
ROOM_TOGETHER: Final = 0.6
"""Nobody appears closer to the last one, metres; nobody of the same group."""
MERGE: Final = 0.6
"""Who comes into a file needs so much room before and behind, metres."""
TURNING_SPEED: Final = 0.2
"""m/s, until those who turn back are in the other file."""
SIDEWAYS: Final = 0.9
"""m/s at most."""
SPREAD: Final = 0.9
"""Away from the door a file is so wide to either side, metres."""
FUNNEL: Final = (0.5, 3.0)
"""It narrows between these distances from the line, metres."""
TURNING_ROOM: Final = 1.6
"""From so far before the line on there is at most one who turns back; another waits, metres."""
ASIDE: Final = (-0.45, 0.4)
"""Who stands at the door stands there: metres past the line and beyond the jamb."""
STEP_ASIDE: Final = -1.3
"""From there on, metres past the line."""

Doing = Literal["walks", "steps aside", "stands", "wants in"]


@dataclass(slots=True)
class _Person:
    """`at` is metres past the line for who walks `bound`; `side` metres to the right of the door's middle that way."""

    look: Look
    arrival: Arrival
    bound: Direction
    speed: float
    at: float
    side: float
    spread: float
    heading: tuple[float, float]
    doing: Doing = "walks"
    rest: float = 0.0
    walked: float = 0.0
    pace: float = 0.0
    turned: bool = False
    stood: bool = False
    aside: bool = False

    @property
    def in_file(self) -> bool:
        """Not for who stands aside, or is on the way there. There is room for one; others stand in the file."""
        return not self.aside

    @property
    def will_linger(self) -> bool:
        return self.arrival.lingers > 0 and self.arrival.turns is None and not self.stood

    @property
    def will_turn(self) -> bool:
        return self.arrival.turns is not None and not self.turned


class Files:
    """Everyone, and who has just passed the line; as `Crowd`."""

    def __init__(self, scene: Scene, *, seconds_per_step: float, seed: int) -> None:
        self._scene = scene
        self._seconds = seconds_per_step
        self._rng = np.random.default_rng([seed, 1])
        self._half = (scene.opening[1] - scene.opening[0]) / 2
        self.people: list[_Person] = []
        self.passed: list[tuple[Direction, float]] = []
        """Directions, and seconds since."""

    def admit(self, arrival: Arrival) -> bool:
        """Let somebody appear out of sight, if there is room."""
        start = -self._scene.wall - APPEAR
        coming = [p for p in self.people if p.bound == arrival.direction and not p.turned]
        last = min(coming, key=lambda p: p.at, default=None)
        if last is not None:
            together = arrival.group is not None and last.arrival.group == arrival.group
            if last.at - start < (ROOM_TOGETHER if together else ROOM):
                return False
        drawn = float(np.clip(self._rng.normal(*WALKING_SPEED), 0.9, 1.8))
        spread = float(self._rng.uniform(-SPREAD, SPREAD))
        heading = (1.0, 0.0) if arrival.direction == "entered" else (-1.0, 0.0)
        person = _Person(
            some_look(self._rng),
            arrival,
            arrival.direction,
            arrival.speed or drawn,
            start,
            0.0,
            spread,
            heading,
        )
        person.side = self._lane(person)
        self.people.append(person)
        return True

    def advance(self) -> None:
        """Let everybody walk until the next instant, those in front first."""
        self.passed.clear()
        for person in sorted(self.people, key=lambda p: -p.at):
            self._decide(person)
            self._walk(person)
        self.people = [p for p in self.people if p.at < self._scene.wall + VANISH]

    def walkers(self) -> tuple[Walker, ...]:
        return tuple(Walker(p.look, self._x(p), self._y(p), p.heading, p.walked, p.pace) for p in self.people)

    def _decide(self, person: _Person) -> None:
        """Stop, turn or go on, as this person means to."""
        if person.rest > 0:
            person.rest -= self._seconds
            if person.rest <= 0:
                person.doing = "wants in"
        elif person.doing == "wants in":
            self._come_in(person)
        elif (
            person.will_turn and person.at >= (person.arrival.turns or 0.0) - person.speed * self._seconds / 2
        ):
            person.doing, person.rest = "stands", TURN_S
        elif person.doing == "steps aside" and person.at >= ASIDE[0] - 0.02:
            person.doing, person.rest = "stands", person.arrival.lingers
        elif person.will_linger and STEP_ASIDE <= person.at < ASIDE[0]:
            person.stood = True
            person.aside = not any(p.aside and p.bound == person.bound for p in self.people)
            person.doing = "steps aside"

    def _come_in(self, person: _Person) -> None:
        """Into the file that goes where this person wants to go, as soon as there is room."""
        bound, at = person.bound, person.at
        if not person.will_turn and not person.aside:
            person.doing = "walks"
            return
        if person.will_turn:
            bound, at = ("left" if bound == "entered" else "entered"), -at
        if any(
            abs(p.at - at) < MERGE for p in self.people if p is not person and p.bound == bound and p.in_file
        ):
            return
        if person.will_turn:
            person.turned, person.side = True, -person.side
        person.bound, person.at, person.doing, person.aside = bound, at, "walks", False

    def _walk(self, person: _Person) -> None:
        """One step ahead and sideways, and its traces: heading, pace, the line passed."""
        before = self._x(person), self._y(person)
        was = person.at
        limit, aside = SIDEWAYS * self._seconds, 0.0
        if person.rest <= 0 or person.aside:
            aside = float(np.clip(self._lane(person) - person.side, -limit, limit))
            person.side += aside
        if person.rest <= 0 and person.doing != "wants in":
            ahead = self._seconds * self._speed(person)
            # The whole step is no longer for being slanted.
            person.at += math.sqrt(max(ahead**2 - aside**2, (ahead / 2) ** 2))
        if was <= 0 < person.at and person.arrival.turns is None:
            self.passed.append((person.bound, self._seconds * person.at / (person.at - was)))
        dx, dy = self._x(person) - before[0], self._y(person) - before[1]
        step = math.hypot(dx, dy)
        person.walked += step
        person.pace += (step / self._seconds - person.pace) / 2
        if step > 0.01:
            person.heading = _between(person.heading, (dx / step, dy / step))

    def _speed(self, person: _Person) -> float:
        gaps = [
            p.at - person.at for p in self.people
            if p is not person and p.bound == person.bound and p.in_file and p.at > person.at
        ]  # fmt: skip
        # Who stands aside and wants in again is let in.
        gaps += [
            p.at - person.at - 0.2 for p in self.people
            if p.bound == person.bound and p.aside and p.doing == "wants in" and p.at - person.at >= MERGE
        ]  # fmt: skip
        wanted = person.speed
        if person.doing == "steps aside":
            wanted = min(wanted, max(0.0, ASIDE[0] - person.at) / (2 * self._seconds))
        if gaps and not person.aside:
            wanted = min(wanted, max(0.0, min(gaps) - LENGTH) / TIME_GAP)
        if (
            person.will_turn
            and person.at < -TURNING_ROOM <= person.at + wanted * self._seconds
            and self._turning()
        ):
            return 0.0
        if person.turned and abs(self._lane(person) - person.side) > 0.2:
            wanted = min(wanted, TURNING_SPEED)
        # Who is still beside the door opening gets into it first.
        if person.doing == "walks" and person.at < 0 and abs(person.side) > self._half:
            wanted = min(wanted, max(0.0, -0.4 - person.at) / self._seconds)
        return wanted

    def _turning(self) -> bool:
        return any(p.will_turn and p.at >= -TURNING_ROOM for p in self.people)

    def _lane(self, person: _Person) -> float:
        """Where across the door somebody walks to, metres to the right of its middle."""
        if person.aside:
            return self._half + ASIDE[1]
        near, far = FUNNEL
        wide = float(np.clip((abs(person.at) - near) / (far - near), 0, 1))
        return self._half / 2 + wide * (SPREAD + 0.2 + person.spread)

    def _x(self, person: _Person) -> float:
        return self._scene.wall + (person.at if person.bound == "entered" else -person.at)

    def _y(self, person: _Person) -> float:
        middle = sum(self._scene.opening) / 2
        return middle + (person.side if person.bound == "entered" else -person.side)


def _between(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """A heading in the middle of two; the second, if they are opposite."""
    x, y = a[0] + b[0], a[1] + b[1]
    length = math.hypot(x, y)
    return b if length < 0.1 else (x / length, y / length)
