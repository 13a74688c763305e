"""A source that needs no camera: simulated people walk through a rendered door, and how many did is known exactly.

The people are those of JuPedSim's anticipation velocity model (Xu et al., Transportation Research C 132, 2021): they
see each other coming and keep out of each other's way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from vilina_edge.errors import SourceError
from vilina_edge.simulation.rendering import WALL_THICKNESS, Painter, some_look
from vilina_edge.simulation.scene import Look, Scene, Walker
from vilina_edge.types import Crossing, Direction, Frame

try:
    import jupedsim as jps
except ModuleNotFoundError as error:
    raise SourceError(
        "the rendered simulation needs JuPedSim, which is not installed: pip install 'vilina[demo]'"
    ) from error

STEP_S: Final = 0.02
"""About so long is a step of the pedestrian model."""
BEYOND: Final = 4.0
"""The floor goes on for so many metres on either side of the picture."""
APPEAR: Final = 1.2
VANISH: Final = 0.6
"""So far beyond the picture people appear and vanish; who comes never meets who has gone."""
EXIT_DEPTH: Final = 0.4
ELBOW_ROOM: Final = 0.9
"""Nobody appears closer to anybody, metres."""
TRIES: Final = 4
LANES: Final = 6
"""Where across the hall people may be heading for."""
SPEED: Final = (1.3, 0.18)
RADIUS: Final = 0.2


class Arrival(NamedTuple):
    """Somebody comes to the door, so many seconds after the beginning, to walk through it in a direction."""

    seconds: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Step:
    """One instant: who is where, and the true crossings since the instant before."""

    at: datetime
    walkers: tuple[Walker, ...]
    crossings: tuple[Crossing, ...]


def steady(people_per_minute: float, *, seed: int, seconds: float = float("inf")) -> Iterator[Arrival]:
    """Independent arrivals, half of them each way, for some seconds or without end."""
    rng = np.random.default_rng(seed)
    at = float(rng.exponential(60 / people_per_minute))
    while at < seconds:
        yield Arrival(at, "entered" if rng.random() < 0.5 else "left")
        at += float(rng.exponential(60 / people_per_minute))


def rendered(
    schedule: Iterable[Arrival],
    *,
    start: datetime,
    scene: Scene = Scene(),  # noqa: B008  # frozen
    frames_per_second: float = 10,
    seed: int = 0,
) -> Iterator[Frame]:
    """The frames of people who come as scheduled, in the order of time, until the last of them has gone.

    The schedule may be endless: it is read as time goes on. Nothing here waits; the caller sets the pace.
    """
    painter = Painter(scene, seed=seed)
    steps = walked(schedule, start=start, scene=scene, frames_per_second=frames_per_second, seed=seed)
    for index, step in enumerate(steps):
        yield Frame(painter.paint(step.walkers, (step.at - start).total_seconds()), step.at, index)


def walked(
    schedule: Iterable[Arrival],
    *,
    start: datetime,
    scene: Scene = Scene(),  # noqa: B008  # frozen
    frames_per_second: float = 10,
    seed: int = 0,
) -> Iterator[Step]:
    """The truth behind `rendered`: the same people at the same instants, and each crossing of the scene's line."""
    arrivals = iter(schedule)
    following = next(arrivals, None)
    crowd = _Crowd(scene, seconds_per_step=1 / frames_per_second, seed=seed)
    for index in count():
        seconds = index / frames_per_second
        # Who finds the entrance occupied waits, and so do those behind.
        while following is not None and following.seconds <= seconds and crowd.admit(following.direction):
            following = next(arrivals, None)
        if following is None and not crowd.people:
            return
        at = start + timedelta(seconds=seconds)
        crossings = tuple(
            Crossing(scene.line_name, direction, at - timedelta(seconds=ago))
            for direction, ago in crowd.passed
        )
        yield Step(at, crowd.walkers(), crossings)
        crowd.advance()


@dataclass(slots=True)
class _Person:
    """Somebody who is in the simulation now."""

    look: Look
    direction: Direction
    x: float
    y: float
    heading: tuple[float, float]
    walked: float = 0.0
    through: bool = False


class _Crowd:
    """Everyone in the simulation, and who has just passed the line: each does once, on the way to the far side."""

    def __init__(self, scene: Scene, *, seconds_per_step: float, seed: int) -> None:
        self._scene = scene
        self._seconds = seconds_per_step
        self._rng = np.random.default_rng([seed, 1])
        self._iterations = max(1, round(seconds_per_step / STEP_S))
        self._simulation = jps.Simulation(
            model=jps.AnticipationVelocityModel(rng_seed=seed),
            geometry=_hall(scene),
            dt=seconds_per_step / self._iterations,
        )
        self._journeys = {side: self._exits(side) for side in ("entered", "left")}
        self.people: dict[int, _Person] = {}
        self.passed: list[tuple[Direction, float]] = []
        """Directions, and seconds since."""

    def admit(self, direction: Direction) -> bool:
        """Let somebody appear out of sight, if there is room."""
        for _ in range(TRIES):
            x, y = self._entrance(direction)
            if all(np.hypot(x - p.x, y - p.y) >= ELBOW_ROOM for p in self.people.values()):
                self._add(direction, x, y)
                return True
        return False

    def advance(self) -> None:
        """Let everybody walk until the next instant."""
        self._simulation.iterate(self._iterations)
        self.passed.clear()
        for agent in self._simulation.agents():
            if agent.id in self.people:
                self._move(self.people[agent.id], agent.position, agent.orientation)
        gone = [number for number, person in self.people.items() if self._has_gone(person)]
        for number in gone:
            self._simulation.mark_agent_for_removal(number)
            del self.people[number]

    def walkers(self) -> tuple[Walker, ...]:
        return tuple(Walker(p.look, p.x, p.y, p.heading, p.walked) for p in self.people.values())

    def _move(self, person: _Person, position: tuple[float, float], heading: tuple[float, float]) -> None:
        x, y = position
        beyond = x - self._scene.wall if person.direction == "entered" else self._scene.wall - x
        if beyond > 0 and not person.through:
            person.through = True
            self.passed.append((person.direction, self._seconds * beyond / max(abs(x - person.x), beyond)))
        person.walked += float(np.hypot(x - person.x, y - person.y))
        person.x, person.y, person.heading = x, y, heading

    def _has_gone(self, person: _Person) -> bool:
        if person.direction == "entered":
            return person.x > self._scene.width + VANISH
        return person.x < -VANISH

    def _entrance(self, direction: Direction) -> tuple[float, float]:
        """Somewhere out of sight. People keep to their right, mostly."""
        first, last = self._scene.opening
        right = 0.72 if direction == "entered" else 0.28
        y = np.clip(self._rng.normal(first + right * (last - first), 0.7), first + 0.4, last - 0.4)
        x = -APPEAR if direction == "entered" else self._scene.width + APPEAR
        return x, float(y)

    def _add(self, direction: Direction, x: float, y: float) -> None:
        exits = self._journeys[direction]
        lanes = np.array([lane for lane, _, _ in exits])
        _, stage, journey = exits[int(np.argmin(np.abs(lanes - y - self._rng.normal(0, 0.4))))]
        number = self._simulation.add_agent(
            jps.AnticipationVelocityModelAgentParameters(
                position=(x, y),
                desired_speed=float(np.clip(self._rng.normal(*SPEED), 0.9, 1.8)),
                radius=RADIUS,
                stage_id=stage,
                journey_id=journey,
            )
        )
        heading = (1.0, 0.0) if direction == "entered" else (-1.0, 0.0)
        self.people[number] = _Person(some_look(self._rng), direction, x, y, heading)

    def _exits(self, direction: str) -> list[tuple[float, int, int]]:
        """For each lane: where it is across the hall, and the simulator's numbers of its end and the way to it."""
        near = self._scene.width + BEYOND - EXIT_DEPTH if direction == "entered" else -BEYOND
        edges = np.linspace(0, self._scene.depth, LANES + 1)
        exits = []
        for top, bottom in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            corners = [(near, top), (near + EXIT_DEPTH, top), (near + EXIT_DEPTH, bottom), (near, bottom)]
            stage = self._simulation.add_exit_stage(corners)
            journey = self._simulation.add_journey(jps.JourneyDescription([stage]))
            exits.append(((top + bottom) / 2, stage, journey))
        return exits


def _hall(scene: Scene) -> list[tuple[float, float]]:
    """The floor to walk on: both halls and the door between them, as corners in order."""
    left, right = scene.wall - WALL_THICKNESS / 2, scene.wall + WALL_THICKNESS / 2
    first, last = scene.opening
    return [
        (-BEYOND, 0), (left, 0), (left, first), (right, first), (right, 0), (scene.width + BEYOND, 0),
        (scene.width + BEYOND, scene.depth), (right, scene.depth), (right, last), (left, last),
        (left, scene.depth), (-BEYOND, scene.depth),
    ]  # fmt: skip
