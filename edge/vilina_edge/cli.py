"""`vilina edge`: what a counter does."""

import click

from vilina_edge.recordings.count_cli import count
from vilina_edge.run_cli import run
from vilina_edge.schema import schema


@click.group()
def edge() -> None:
    """Count people with a camera or in a recording."""


for command in (count, run, schema):
    edge.add_command(command)
