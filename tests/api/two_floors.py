"""A small site on two floors, and weeks of counts in a real store: for tests of forecasts of a site.

It is open every day, and no holidays are known of its country, so that nothing depends on when a test runs.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from vilina_edge.wire import SLOT, LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.site import WEEKDAYS, Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

OPENS, CLOSES = 8, 18
DOOR, STAIRS, LIBRARY, LAB = "door", "stairs", "library", "lab"
BUSY: Final = {DOOR: 30.0, STAIRS: 9.0, LIBRARY: 12.0, LAB: 6.0}
"""People who pass a line each way in a usual quarter of an hour."""
SHAPE: Final = np.array([0.5, 0.8, 1.2, 1.4, 1.1, 0.9, 1.1, 1.3, 1.1, 0.6])
"""By hour of the opening time."""
WEEKEND: Final = 0.5


def _zone(name: str, floor: str, x: float) -> dict[str, Any]:
    corners = [[x, 0], [x + 10, 0], [x + 10, 10], [x, 10]]
    return {"id": name, "name": name.capitalize(), "floor": floor, "polygon": corners, "capacity": 60}


def _line(name: str, counter: str, ways: tuple[str, str], at: list[list[float]]) -> dict[str, Any]:
    return {
        "id": name, "name": name.capitalize(), "counter": counter, "from": ways[0], "to": ways[1], "at": at,
        "door": ways[0] == "outside",
    }  # fmt: skip


def two_floors(**more: Any) -> Site:
    hours = {"opens": f"{OPENS:02d}:00", "closes": f"{CLOSES}:00"}
    document = {
        "id": "house", "name": "House", "time_zone": "Europe/Helsinki", "country": "XX", "capacity": 150,
        "opening": dict.fromkeys(WEEKDAYS, hours),
        "floors": [{"id": floor, "name": f"Floor {floor}", "size": [20, 10]} for floor in ("1", "2")],
        "zones": [_zone("hall", "1", 0), _zone("library", "1", 10), _zone("landing", "2", 0), _zone("lab", "2", 10)],
        "counters": [
            {"id": f"counter-{floor}", "name": f"Counter {floor}", "floor": floor, "at": [5, 5]} for floor in ("1", "2")
        ],
        "lines": [
            _line(DOOR, "counter-1", ("outside", "hall"), [[0, 8], [0, 2]]),
            _line(STAIRS, "counter-1", ("hall", "landing"), [[3, 5], [4, 5]]),
            _line(LIBRARY, "counter-1", ("hall", "library"), [[10, 2], [10, 8]][::-1]),
            _line(LAB, "counter-2", ("landing", "lab"), [[10, 2], [10, 8]][::-1]),
        ],
        "units": [
            {
                "id": "lab", "name": "Lab", "zone": "lab", "desks": 3, "kind": "laboratory", "service_min": 6,
                "target": {"share": 0.8, "within_min": 10},
            }
        ],
        **more,
    }  # fmt: skip
    return Site.model_validate(document)


def write_site(directory: Path, site: Site) -> Path:
    path = directory / "site.yaml"
    path.write_text(site.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    return path


def usual(day: date, hour: int) -> float:
    """How busy an hour is, against BUSY."""
    if not OPENS <= hour < CLOSES:
        return 0.0
    return float(SHAPE[hour - OPENS]) * (WEEKEND if day.weekday() >= 5 else 1.0)


def reports_of(
    site: Site, day: date, *, hours: range = range(24), level: float = 1.0, seed: int = 1
) -> Iterator[Report]:
    """What both counters say of a local day, by the quarter of an hour; the same each time."""
    random = np.random.default_rng([seed, day.toordinal()])
    level *= float(random.lognormal(0, 0.08))
    for hour in hours:
        for quarter in range(4):
            start = datetime.combine(day, time(hour, 15 * quarter), site.tz)
            for counter in site.counters:
                yield Report(
                    counter=counter.id, boot=f"{day.toordinal():016x}", seq=1 + 4 * hour + quarter,
                    start=start.astimezone(), end=(start + SLOT).astimezone(),
                    lines=tuple(
                        LineCount(
                            line=line.id,
                            entered=int(random.poisson(BUSY[line.id] * level * usual(day, hour))),
                            left=int(random.poisson(BUSY[line.id] * level * usual(day, hour))),
                        )
                        for line in site.lines_of(counter.id)
                    ),
                )  # fmt: skip


def write_days(store: SqliteStore, site: Site, first: date, days: int, *, level: float = 1.0) -> None:
    for n in range(days):
        day = first + timedelta(days=n)
        made = reports_of(site, day, hours=range(OPENS, CLOSES), level=level)
        store.write(Batch([point for report in made for point in points(report, site)]))
