"""Everyone who is in the simulation now: where they appear, walk, wait, stand, turn and vanish.

The people are those of JuPedSim's anticipation velocity model (Xu et al., Transportation Research C 132, 2021): they
see each other coming and keep out of each other's way.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

# Says how to install JuPedSim if it is missing.
from vilina_edge.simulation.paths import Paths, Way, hall  # isort: skip
import jupedsim as jps

from vilina_edge.simulation.arrivals import Arrival
from vilina_edge.simulation.rendering import some_look
from vilina_edge.simulation.scene import APPEAR, TURN_S, VANISH, WALKING_SPEED, Look, Scene, Walker
from vilina_edge.types import Direction

STEP_S: Final = 0.02
"""About so long is a step of the pedestrian model."""
ELBOW_ROOM: Final = 0.9
"""Nobody appears closer to a stranger, metres."""
TOGETHER: Final = 0.6
"""Nobody of a group appears closer to another, metres."""
COMPANIONS: Final = ((0.0, 0.65), (0.0, -0.65), (0.8, 0.3), (0.8, -0.3))
"""Where somebody walks who goes with another: metres behind and beside."""
TRIES: Final = 4
RADIUS: Final = 0.2
SLIM: Final = 0.03
STUCK_S: Final = 2.0
SLIPS: Final = 1.0
"""Who cannot move for so many seconds turns the shoulder, is so slim for a metre, and slips through (radii, metres).

The model may lock where people stand in the way of others; people do not.
"""
STANDS: Final = (-0.6, 0.5)
"""Who lingers does so there, metres past the line."""
WHOLLY: Final = 0.3
"""Who is so far past the line by the middle of the body has crossed it, metres: half a body is at most so deep.

Those who turn back do so before. But who is pushed on in a crowd, and comes back, went through, and twice.
"""


@dataclass(slots=True)
class Person:
    """Somebody in the simulation. `bound` is which way this person walks now, `stops` where to stop: metres past the
    line, None if nowhere or no longer; `rest` is how long still, seconds. `inside` is on which side of the line this
    person was wholly, and `since` the seconds since the line was passed last."""

    look: Look
    arrival: Arrival
    bound: Direction
    x: float
    y: float
    heading: tuple[float, float]
    speed: float
    stops: float | None = None
    rest: float = 0.0
    walked: float = 0.0
    pace: float = 0.0
    inside: bool = False
    since: float = 0.0
    stuck: float = 0.0
    slim_until: float = 0.0

    def beyond(self, wall: float, direction: Direction) -> float:
        """Metres past the line, for who walks that way."""
        return self.x - wall if direction == "entered" else wall - self.x


class Crowd:
    """Everyone, and who has just crossed the line: is wholly past it, as who turns back is not."""

    def __init__(self, scene: Scene, *, seconds_per_step: float, seed: int) -> None:
        self._scene = scene
        self._seconds = seconds_per_step
        self._rng = np.random.default_rng([seed, 1])
        self._manners = np.random.default_rng([seed, 3])
        self._iterations = max(1, round(seconds_per_step / STEP_S))
        self._simulation = jps.Simulation(
            model=jps.AnticipationVelocityModel(rng_seed=seed),
            geometry=hall(scene),
            dt=seconds_per_step / self._iterations,
        )
        self._paths = Paths(self._simulation, scene)
        self.people: dict[int, Person] = {}
        self.passed: list[tuple[Direction, float]] = []
        """Directions, and seconds since the line itself was passed."""

    def admit(self, arrival: Arrival) -> bool:
        """Let somebody appear out of sight, if there is room."""
        for x, y in self._beside(arrival):
            if self._is_free(x, y, TOGETHER):
                self._add(arrival, x, y)
                return True
        for _ in range(TRIES):
            x, y = self._entrance(arrival.direction)
            if self._is_free(x, y, ELBOW_ROOM):
                self._add(arrival, x, y)
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
        for number, person in self.people.items():
            self._rest(number, person)
            wanted = 0.0 if person.rest > 0 else person.speed
            agent = self._simulation.agent(number)
            if agent.model.desired_speed != wanted:
                agent.model.desired_speed = wanted
            radius = self._radius(person)
            if agent.model.radius != radius:
                agent.model.radius = radius

    def walkers(self) -> tuple[Walker, ...]:
        return tuple(Walker(p.look, p.x, p.y, p.heading, p.walked, p.pace) for p in self.people.values())

    def _move(self, person: Person, position: tuple[float, float], heading: tuple[float, float]) -> None:
        x, y = position
        step = float(np.hypot(x - person.x, y - person.y))
        before = person.x
        person.x, person.y, person.heading = x, y, heading
        person.walked += step
        person.pace += (step / self._seconds - person.pace) / 2
        self._note_passing(person, before - self._scene.wall, x - self._scene.wall)

    def _note_passing(self, person: Person, before: float, now: float) -> None:
        """Whether somebody has crossed the line who was so far beyond it, to the right, and now is."""
        person.since += self._seconds
        if (before > 0) != (now > 0):
            person.since = self._seconds * now / (now - before)
        if abs(now) > WHOLLY and (now > 0) != person.inside:
            person.inside = now > 0
            self.passed.append(("entered" if now > 0 else "left", person.since))

    def _rest(self, number: int, person: Person) -> None:
        """Stop where this person means to, and go on, or back, when the rest is over."""
        if person.rest > 0:
            person.rest -= self._seconds
            if person.rest <= 0 and person.arrival.turns is not None:
                person.bound = "left" if person.bound == "entered" else "entered"
                way = self._paths.to(person.bound, person.y)
                self._simulation.switch_agent_journey(number, way.journey, way.stage)
        elif person.stops is not None:
            ahead = person.beyond(self._scene.wall, person.bound) + person.speed * self._seconds / 2
            if ahead >= person.stops:
                person.stops = None
                person.rest = person.arrival.lingers if person.arrival.turns is None else TURN_S

    def _radius(self, person: Person) -> float:
        """Less for a while for somebody who is stuck."""
        person.stuck = person.stuck + self._seconds if person.pace < 0.1 and person.rest <= 0 else 0.0
        if person.stuck > STUCK_S:
            person.slim_until = person.walked + SLIPS
        return SLIM if person.walked < person.slim_until else RADIUS

    def _has_gone(self, person: Person) -> bool:
        if person.bound == "entered":
            return person.x > self._scene.width + VANISH
        return person.x < -VANISH

    def _is_free(self, x: float, y: float, room: float) -> bool:
        return all(np.hypot(x - p.x, y - p.y) >= room for p in self.people.values())

    def _beside(self, arrival: Arrival) -> list[tuple[float, float]]:
        """Places beside and behind those of the group who are out of sight still."""
        if arrival.group is None:
            return []
        ahead = 1 if arrival.direction == "entered" else -1
        places = [
            (p.x - ahead * behind, p.y + beside)
            for p in self.people.values()
            if p.arrival.group == arrival.group and not 0 <= p.x <= self._scene.width
            for behind, beside in COMPANIONS
        ]
        edge = 2 * RADIUS
        return [(x, y) for x, y in places if edge <= y <= self._scene.depth - edge]

    def _entrance(self, direction: Direction) -> tuple[float, float]:
        """Somewhere out of sight. People keep to their right, mostly."""
        first, last = self._scene.opening
        right = 0.72 if direction == "entered" else 0.28
        y = self._rng.normal(first + right * (last - first), 0.7)
        x = -APPEAR if direction == "entered" else self._scene.width + APPEAR
        return x, float(np.clip(y, first + 0.4, last - 0.4))

    def _add(self, arrival: Arrival, x: float, y: float) -> None:
        way = self._paths.to(arrival.direction, y + self._rng.normal(0, 0.4))
        drawn = float(np.clip(self._rng.normal(*WALKING_SPEED), 0.9, 1.8))
        speed = drawn if arrival.speed is None else arrival.speed
        number = self._simulation.add_agent(_agent(way, x, y, speed))
        heading = (1.0, 0.0) if arrival.direction == "entered" else (-1.0, 0.0)
        person = Person(some_look(self._rng), arrival, arrival.direction, x, y, heading, speed, arrival.turns)
        person.inside = arrival.direction == "left"
        if arrival.lingers > 0 and arrival.turns is None:
            person.stops = float(self._manners.uniform(*STANDS))
        self.people[number] = person


def _agent(way: Way, x: float, y: float, speed: float) -> jps.AnticipationVelocityModelAgentParameters:
    return jps.AnticipationVelocityModelAgentParameters(
        position=(x, y), desired_speed=speed, radius=RADIUS, stage_id=way.stage, journey_id=way.journey
    )
