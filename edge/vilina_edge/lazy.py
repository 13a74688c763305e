"""Command groups whose members are loaded only when they are asked for.

So a counter never imports the server, a server never imports OpenCV, and a missing extra is named together with
the command that brings it.
"""

from importlib import import_module
from typing import NamedTuple

import click

from vilina_edge.extras import extra_for


class Part(NamedTuple):
    """Where a command lives, and its line in the help."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group whose members are imported when they are used."""

    def __init__(self, *, parts: dict[str, Part], help: str) -> None:  # noqa: A002 - click's own word
        super().__init__(help=help)
        self._parts = parts

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._parts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        part = self._parts.get(cmd_name)
        if part is None:
            return None
        try:
            command = getattr(import_module(part.module), part.attribute)
        except ModuleNotFoundError as error:
            extra = extra_for(error.name)
            if extra is None:
                raise
            raise click.ClickException(
                f"`{ctx.command_path} {cmd_name}` needs {error.name}, which is not installed:"
                f" pip install 'vilina[{extra}]'"
            ) from error
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.help) for name, part in self._parts.items()])
