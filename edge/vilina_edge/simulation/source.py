"""The rendered scene as a source by name: `simulation:30` (people a minute) or `simulation:FILE.csv` (a schedule).

A schedule has a row `instant,direction` for each person, in the order of time; the instant is ISO 8601 with a zone, and
the direction `entered` or `left`.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from vilina_edge.errors import SourceError
from vilina_edge.simulation.arrivals import Arrival, steady
from vilina_edge.types import Direction, Frame

PREFIX: Final = "simulation:"
DIRECTIONS: Final[dict[str, Direction]] = {"entered": "entered", "left": "left"}
MAX_RATE: Final = 120.0


def is_simulation(source: str) -> bool:
    return source.startswith(PREFIX)


def simulated_frames(source: str, *, start: datetime) -> Iterator[Frame]:
    """The rendered frames of a simulation from `start` on; an endless one if it has a rate.

    Raises:
        SourceError: neither a rate nor a schedule, or the simulator is not installed.
    """
    # Only who simulates needs the simulator.
    from vilina_edge.simulation.people import rendered  # noqa: PLC0415

    what = source.removeprefix(PREFIX)
    try:
        rate = float(what)
    except ValueError:
        return rendered(_scheduled(Path(what), start), start=start)
    if not 0 < rate <= MAX_RATE:
        raise SourceError(f"{source}: the door takes more than 0 and at most {MAX_RATE:g} people a minute")
    return rendered(steady(rate, seed=int(start.timestamp())), start=start)


def _scheduled(path: Path, start: datetime) -> Iterator[Arrival]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                try:
                    instant, direction = row
                    seconds = (datetime.fromisoformat(instant) - start).total_seconds()
                    arrival = Arrival(seconds, DIRECTIONS[direction])
                except (ValueError, KeyError, TypeError) as error:
                    raise SourceError(
                        f"{path}, row {number}: expected an instant with its zone and entered or left, found {row}"
                    ) from error
                if seconds >= 0:
                    yield arrival
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"the schedule {path} cannot be read: {error}") from error
