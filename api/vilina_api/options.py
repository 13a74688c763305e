"""What options of several commands mean."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from vilina_api.picture import SUFFIXES
from vilina_ingest.site import known_time_zone


def picture(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """A file that a chart can be written into."""
    if path is not None and path.suffix not in SUFFIXES:
        raise click.BadParameter(f"{path} is no picture; give a name that ends in {' or '.join(SUFFIXES)}")
    return path


def zone_named(_context: click.Context, _option: click.Parameter, name: str | None) -> ZoneInfo | None:
    """A time zone by its name."""
    try:
        return None if name is None else ZoneInfo(known_time_zone(name))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
