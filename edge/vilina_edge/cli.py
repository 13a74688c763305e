"""`vilina edge`: what a counter does."""

from typing import Final

from vilina_edge.lazy import LazyGroup, Part

PARTS: Final = {
    "count": Part("vilina_edge.recordings.count_cli", "count", "Count people in a recording."),
    "run": Part("vilina_edge.run_cli", "run", "Be a counter: count what a camera shows, and report it."),
    "bench": Part("vilina_edge.technician.speed_cli", "bench", "Measure how fast this computer looks."),
    "doctor": Part("vilina_edge.technician.doctor_cli", "doctor", "Say what is well and what needs doing."),
    "calibrate": Part(
        "vilina_edge.technician.calibrate_cli", "calibrate", "Draw lines and areas, with a phone."
    ),
    "validate": Part(
        "vilina_edge.technician.validate_cli", "validate", "Learn how wrong a counter is, with a phone."
    ),
    "schema": Part(
        "vilina_edge.schema", "schema", "Print the schema of all that a counter sends and receives."
    ),
}

edge = LazyGroup(parts=PARTS, help="Count people with a camera or in a recording.")
