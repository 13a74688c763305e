"""`vilina deploy`: what is set up once, where Vilina is to run."""

from typing import Final

from vilina_edge.lazy import LazyGroup, Part

PARTS: Final = {
    "influx": Part("vilina_deploy.influx_cli", "influx", "Set up an InfluxDB 2 as the store."),
}

deploy = LazyGroup(parts=PARTS, help="Set up what Vilina runs on.")
