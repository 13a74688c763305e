"""A small site to plan: two units that are open for four hours a day, and an hour of people this morning."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.api.conftest import BOOT, Served, serving_square
from tests.clocks import TestClock
from tests.sites import SQUARE
from vilina_edge.wire import SLOT, LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

NOW: Final = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)
"""A Tuesday of week 10, 11:05 in Helsinki."""
OPENED: Final = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
OPEN: Final = {"opens": "10:00", "closes": "14:00"}
COMMON: Final = {"zone": "hall", "target": {"share": 0.8, "within_min": 10}, "skills": ["guidance"]}
UNITS: Final = [
    {**COMMON, "id": "desk", "name": "Desk", "share": 0.4, "desks": 9, "service_min": 12},
    {**COMMON, "id": "info", "name": "Info", "share": 0.2, "desks": 1, "service_min": 20},
]
PEOPLE: Final = "name,skills,hours,away\n" + "".join(
    f"{name},guidance,20,{away}\n"
    for name, away in (
        ("Aino", ""),
        ("Eino", ""),
        ("Helmi", ""),
        ("Onni", "mon"),
        ("Oiva", ""),
        ("Saima", "wed"),
    )
)


def offices() -> Site:
    return Site.model_validate(
        {**SQUARE, "units": UNITS, "opening": dict.fromkeys(("mon", "tue", "wed", "thu"), OPEN)}
    )


@contextmanager
def serving_offices(folder: Path) -> Iterator[Served]:
    """A server of the offices; in each quarter of an hour since opening, 20 came."""
    site = offices()
    store = SqliteStore.open(folder / "vilina.db")
    for seq in range(1, 5):
        end = OPENED + seq * SLOT
        lines = (LineCount(line="middle", entered=20, left=12), LineCount(line="across", entered=0, left=0))
        report = Report(counter="counter-a", boot=BOOT, seq=seq, start=end - SLOT, end=end, lines=lines)
        store.write(Batch(points(report, site)))
    store.close()
    with serving_square(folder, clock=TestClock(NOW), site=site) as served:
        yield served
