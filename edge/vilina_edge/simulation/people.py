"""A source that needs no camera: simulated people walk through a rendered door, and how many did is known exactly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from vilina_edge.simulation.arrivals import Arrival
from vilina_edge.simulation.crowd import Crowd
from vilina_edge.simulation.files import Files
from vilina_edge.simulation.rendering import Painter
from vilina_edge.simulation.scene import Scene, Walker
from vilina_edge.types import Crossing, Frame


@dataclass(frozen=True, slots=True)
class Step:
    """One instant: who is where, and the true crossings that were completed since the instant before."""

    at: datetime
    walkers: tuple[Walker, ...]
    crossings: tuple[Crossing, ...]


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
    """The truth behind `rendered`: the same people at the same instants, and each crossing of the scene's line.

    Who turns back at the door, even with half the body beyond the line, has not crossed it; who was wholly beyond has.
    """
    arrivals = iter(schedule)
    following = next(arrivals, None)
    crowd = (Files if scene.is_narrow else Crowd)(scene, seconds_per_step=1 / frames_per_second, seed=seed)
    for index in count():
        seconds = index / frames_per_second
        # Who finds the entrance occupied waits, and so do those behind.
        while following is not None and following.seconds <= seconds and crowd.admit(following):
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
