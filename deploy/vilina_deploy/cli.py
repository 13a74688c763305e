"""The `vilina` command: one group per job, each loaded only when it is asked for.

So a counter never imports the server, a server never imports OpenCV, and a missing extra is named together with
the command that brings it.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple

import click

from vilina_deploy.extras import extra_for


class Part(NamedTuple):
    """Where a command lives, and its line in the help."""

    module: str
    attribute: str
    help: str


PARTS: Final = {
    "site": Part("vilina_ingest.site_cli", "site", "Check the file that describes a building."),
    "edge": Part("vilina_edge.cli", "edge", "Count people with a camera or in a recording."),
    "ingest": Part("vilina_ingest.cli", "ingest", "Take reports from the broker into the store."),
    "api": Part("vilina_api.cli", "api", "Serve the API and the manager's board."),
    "demo": Part("vilina_deploy.demo.cli", "demo", "Run the whole of Vilina on this machine."),
}


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
                f"`vilina {cmd_name}` needs {error.name}, which is not installed: pip install 'vilina[{extra}]'"
            ) from error
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.help) for name, part in self._parts.items()])


vilina = click.version_option(package_name="vilina")(
    LazyGroup(
        parts=PARTS,
        help="Vilina counts people without knowing who they are, and turns counts into decisions.",
    )
)
main: Callable[[], None] = vilina
