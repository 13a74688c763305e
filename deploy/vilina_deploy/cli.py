"""The `vilina` command: one group per job."""

from collections.abc import Callable
from typing import Final

import click

from vilina_edge.lazy import LazyGroup, Part

PARTS: Final = {
    "site": Part("vilina_ingest.site_cli", "site", "Check the file that describes a building."),
    "edge": Part("vilina_edge.cli", "edge", "Count people with a camera or in a recording."),
    "ingest": Part("vilina_ingest.cli", "ingest", "Take reports from the broker into the store."),
    "occupancy": Part(
        "vilina_api.occupancy_cli", "occupancy", "People inside: count again, the drift ledger, replay."
    ),
    "staffing": Part(
        "vilina_api.staffing_cli", "staffing", "How many staff each unit needs, why, and at what cost."
    ),
    "roster": Part("vilina_api.roster_cli", "roster", "Who works when: make, repair and export rosters."),
    "forecast": Part(
        "vilina_api.forecast_cli", "forecast", "How many will come, and how well that is known."
    ),
    "api": Part("vilina_api.cli", "api", "Serve the API and the manager's board."),
    "deploy": Part("vilina_deploy.deploy_cli", "deploy", "Set up what Vilina runs on."),
    "demo": Part("vilina_deploy.demo.cli", "demo", "Run the whole of Vilina on this machine."),
}


vilina = click.version_option(package_name="vilina")(
    LazyGroup(
        parts=PARTS,
        help="Vilina counts people without knowing who they are, and turns counts into decisions.",
    )
)
main: Callable[[], None] = vilina
