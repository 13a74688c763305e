"""The smallest site there is, as a file and as a value."""

from pathlib import Path
from typing import Any, Final

from vilina_ingest.site import Site

SQUARE: Final[dict[str, Any]] = {
    "id": "square",
    "name": "Test square",
    "time_zone": "Europe/Helsinki",
    "country": "FI",
    "capacity": 100,
    "opening": {day: {"opens": "07:00", "closes": "20:00"} for day in ("mon", "tue", "wed", "thu", "fri")},
    "floors": [{"id": "1", "name": "Ground floor", "size": [20, 10]}],
    "zones": [
        {
            "id": "hall",
            "name": "Hall",
            "floor": "1",
            "polygon": [[0, 0], [20, 0], [20, 10], [0, 10]],
            "capacity": 100,
        }
    ],
    "counters": [{"id": "counter-a", "name": "Door A", "floor": "1", "at": [10, 1]}],
    "lines": [
        {
            "id": name,
            "name": f"Line {name}",
            "counter": "counter-a",
            "from": "outside",
            "to": "hall",
            "at": [[x, 0], [x + 4, 0]],
            "door": True,
        }
        for name, x in (("middle", 2), ("across", 12))
    ],
}


def square() -> Site:
    return Site.model_validate(SQUARE)


def write_square(directory: Path) -> Path:
    """The square as a site file (YAML contains JSON)."""
    path = directory / "site.yaml"
    path.write_text(square().model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    return path
