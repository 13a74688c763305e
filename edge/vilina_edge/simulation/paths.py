"""The floor on which people walk, and the ways over it, in the terms of JuPedSim."""

from typing import Final, NamedTuple

import numpy as np

from vilina_edge.errors import SourceError
from vilina_edge.simulation.backdrop import WALL_THICKNESS
from vilina_edge.simulation.scene import Scene
from vilina_edge.types import Direction

try:
    import jupedsim as jps
except ModuleNotFoundError as error:
    raise SourceError(
        "the rendered simulation needs JuPedSim, which is not installed: pip install 'vilina[demo]'"
    ) from error

BEYOND: Final = 4.0
"""The floor goes on for so many metres on either side of what is seen."""
EXIT_DEPTH: Final = 0.4
LANES: Final = 6
"""Where across the hall people may be heading for."""


class Way(NamedTuple):
    """To a place across the hall: the simulator's numbers of its end and of the way to it."""

    across: float
    stage: int
    journey: int


class Paths:
    """The ways to both ends of the hall."""

    def __init__(self, simulation: jps.Simulation, scene: Scene) -> None:
        self._simulation = simulation
        self._scene = scene
        self._ways: dict[Direction, list[Way]] = {"entered": self._exits(True), "left": self._exits(False)}

    def to(self, direction: Direction, y: float) -> Way:
        """To the end of the hall that lies in that direction, at about the place `y` across it."""
        return min(self._ways[direction], key=lambda way: abs(way.across - y))

    def _exits(self, right: bool) -> list[Way]:
        near = self._scene.width + BEYOND - EXIT_DEPTH if right else -BEYOND
        edges = np.linspace(0, self._scene.depth, LANES + 1)
        exits = []
        for top, bottom in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            corners = [(near, top), (near + EXIT_DEPTH, top), (near + EXIT_DEPTH, bottom), (near, bottom)]
            stage = self._simulation.add_exit_stage(corners)
            journey = self._simulation.add_journey(jps.JourneyDescription([stage]))
            exits.append(Way((top + bottom) / 2, stage, journey))
        return exits


def hall(scene: Scene) -> list[tuple[float, float]]:
    """The floor to walk on: both halls and the door between them, as corners in order."""
    left, right = scene.wall - WALL_THICKNESS / 2, scene.wall + WALL_THICKNESS / 2
    first, last = scene.opening
    return [
        (-BEYOND, 0), (left, 0), (left, first), (right, first), (right, 0), (scene.width + BEYOND, 0),
        (scene.width + BEYOND, scene.depth), (right, scene.depth), (right, last), (left, last),
        (left, scene.depth), (-BEYOND, scene.depth),
    ]  # fmt: skip
