"""`vilina edge`: what a counter does."""

from typing import Final

from vilina_edge.lazy import LazyGroup, Part

PARTS: Final = {
    "count": Part("vilina_edge.recordings.count_cli", "count", "Count people in a recording."),
    "run": Part("vilina_edge.run_cli", "run", "Be a counter: count what a camera shows, and report it."),
    "schema": Part(
        "vilina_edge.schema", "schema", "Print the schema of all that a counter sends and receives."
    ),
}

edge = LazyGroup(parts=PARTS, help="Count people with a camera or in a recording.")
