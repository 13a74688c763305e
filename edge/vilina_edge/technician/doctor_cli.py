"""`vilina edge doctor`."""

from pathlib import Path

import click

from vilina_edge.errors import EdgeError
from vilina_edge.settings import CounterSettings
from vilina_edge.technician.doctor import Finding, findings

WIDTH = 12


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.pass_context
def doctor(context: click.Context, config: Path) -> None:
    """Look at everything that the counter of CONFIG needs, and say what is well and what to do about the rest.

    Takes up to half a minute. The counter itself must not be running: a camera shows itself to one only.
    """
    try:
        settings = CounterSettings.load(config)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'well':<6}{'settings':<{WIDTH}}{config} can be used")
    click.echo("looking through the camera ...", err=True)
    found = []
    for finding in findings(settings):
        found.append(finding)
        click.echo(_line(finding))
    ill = sum(not finding.well for finding in found)
    click.echo("All is well." if not ill else f"{ill} of {len(found) + 1} need something done.")
    context.exit(1 if ill else 0)


def _line(finding: Finding) -> str:
    mark = click.style("well", fg="green") if finding.well else click.style("DO", fg="red", bold=True)
    return mark + " " * (2 if finding.well else 4) + f"{finding.what:<{WIDTH}}{finding.text}"
