"""The demo's copy of the example square: the same, but open now, whenever now is."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

from vilina_deploy.example import example_site
from vilina_ingest.calendar import is_open
from vilina_ingest.site import Site

ZONES: Final = tuple(f"Etc/GMT{offset:+d}" for offset in range(-14, 13))
"""Every whole hour; in these names plus is west."""
STILL_OPEN: Final = timedelta(hours=1)
BEST: Final = time(13)


def open_square(now: datetime) -> tuple[Site, str | None]:
    """The example square if it is open now, else one that lies where it is about one in the afternoon.

    With a word on what was changed, if anything was. On Sundays, when no part of the world may have the right hour, the
    square keeps Saturday's hours; on public holidays it stays closed.
    """
    site = example_site()
    if _stays_open(site, now):
        return site, None
    for candidate in (
        site,
        site.model_copy(update={"opening": {**site.opening, "sun": site.opening["sat"]}}),
    ):
        moved = sorted(_moved(candidate, now), key=lambda square: _away_from_best(square, now))
        if moved:
            return moved[0], (
                f"It is {site.local(now):%A %H:%M} in Helsinki and the square is closed, so the demo's lies in the time"
                f" zone {moved[0].time_zone}, where it is {moved[0].local(now):%A %H:%M}."
            )
    return site, "Today is a public holiday, and the square is closed. Its history can be seen all the same."


def write_people(rosters: Path) -> None:
    """The example's people into a folder of rosters, as if they had been given on the planner's page."""
    folder = rosters / "people"
    folder.mkdir(parents=True, mode=0o700)
    content = (files("vilina_deploy.example") / "people.csv").read_bytes()
    (folder / "people.csv").write_bytes(content)


def write_square(site: Site, path: Path) -> None:
    """The example's file with the time zone and the hours of a site."""
    yaml = YAML()
    document = yaml.load((files("vilina_deploy.example") / "site.yaml").read_text(encoding="utf-8"))
    document["time_zone"] = site.time_zone
    for day in site.opening:
        document["opening"].setdefault(day, dict(document["opening"]["sat"]))
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)


def _moved(site: Site, now: datetime) -> Iterator[Site]:
    for zone in ZONES:
        moved = site.model_copy(update={"time_zone": zone})
        if _stays_open(moved, now):
            yield moved


def _stays_open(site: Site, now: datetime) -> bool:
    return is_open(site, now) and is_open(site, now + STILL_OPEN)


def _away_from_best(site: Site, now: datetime) -> int:
    local = site.local(now)
    return abs((local.hour - BEST.hour) * 60 + local.minute)
