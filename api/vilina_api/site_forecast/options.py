"""Options that several commands have for forecasts of a site."""

from pathlib import Path

import click

from vilina_api.site_forecast.planned_file import read_planned
from vilina_api.site_forecast.site_model import Planned
from vilina_ingest.site import Site

models_option = click.option(
    "--models", type=click.Path(path_type=Path, file_okay=False),
    help="The directory of trained models (`vilina forecast train`); what was forecast is kept there, too.",
)  # fmt: skip
planned_option = click.option(
    "--planned", "planned_path", type=click.Path(path_type=Path),
    help="A CSV file of closures, school holidays, events and pop-ups beside those of the site file: columns kind,"
    " name, first, last, zone, spot, percent. It is read once, at the start.",
)  # fmt: skip


def planned_of(path: Path | None, site: Site) -> Planned:
    """What the file says, if there is one.

    Raises:
        PlannedError: it cannot be read, or a row cannot be meant.
    """
    return Planned() if path is None else read_planned(path, site)
