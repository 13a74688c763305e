"""`vilina site`: the file that describes a building."""

import json
from pathlib import Path

import click

from vilina_edge.geometry import area
from vilina_ingest.errors import SiteError
from vilina_ingest.site import WEEKDAYS, Hours, Site
from vilina_ingest.site_file import load_site


@click.group()
def site() -> None:
    """Check the file that describes a building."""


@site.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print the whole site as JSON, with everything that is implied."
)
def check(file: Path, *, as_json: bool) -> None:
    """Check the site file FILE: print what it describes, or everything that is wrong with it."""
    try:
        found = load_site(file)
    except SiteError as error:
        raise click.ClickException(str(error)) from error
    click.echo(found.model_dump_json(by_alias=True, indent=2) if as_json else _summary(found))


@site.command()
def schema() -> None:
    """Print the JSON Schema of site files, for editors that complete and check as one types."""
    click.echo(json.dumps(Site.model_json_schema(), indent=2))


def _summary(found: Site) -> str:
    metres = sum(area(zone.polygon) for zone in found.zones)
    rows = [
        ("site", f"{found.name} ({found.id}), {found.time_zone}, {found.country}"),
        ("floors", ", ".join(floor.name for floor in found.floors)),
        ("zones", f"{len(found.zones)} on {metres:,.0f} m2; {found.capacity} people allowed at once"),
        (
            "counters",
            f"{len(found.counters)} with {len(found.lines)} lines, {len(found.doors())} of them doors",
        ),
        ("units", ", ".join(unit.name for unit in found.units) or "none"),
        ("spots", f"{len(found.spots)} for pop-ups"),
        ("open", ", ".join(f"{day} {_hours(found.opening.get(day))}" for day in WEEKDAYS)),
    ]
    return "\n".join(f"{name:<9} {text}" for name, text in rows)


def _hours(hours: Hours | None) -> str:
    return f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours else "closed"
