"""`vilina edge bench`."""

from itertools import islice
from pathlib import Path

import click

from vilina_edge.clock import BEGINNING
from vilina_edge.errors import EdgeError
from vilina_edge.machine import resident_mb
from vilina_edge.technician.speed import COMFORTABLE_PER_S, ENOUGH_PER_S, Speed, best, speeds, street
from vilina_edge.types import Image
from vilina_edge.vision.source import recording

FRAMES = 100


@click.command()
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="A recording from this camera, instead of drawn pictures.",
)
@click.option(
    "--seconds", type=click.FloatRange(0.5, 600), default=4.0, show_default=True, help="For each setting."
)
def bench(source: Path | None, seconds: float) -> None:
    """Measure how many frames a second this computer can look at, and say which settings to use."""
    try:
        pictures = street() if source is None else _first(source)
        found = list(
            speeds(
                pictures, seconds=seconds, on_begin=lambda what: click.echo(f"measuring {what} ...", err=True)
            )
        )
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    height, width = pictures[0].shape[:2]
    click.echo(f"pictures of {width}x{height}; {resident_mb():.0f} MB of memory\n")
    click.echo(f"{'detector':<10}{'threads':>8}{'detail':>8}{'frames a second':>18}{'of all processors':>20}")
    for speed in found:
        click.echo(
            f"{speed.detector:<10}{speed.threads:>8}{speed.detail:>8}{speed.per_second:>18.1f}{speed.cpu_share:>20.0%}"
        )
    click.echo("\n" + _advice(best(found)))


def _tell(what: str) -> None:
    click.echo(f"measuring {what} ...", err=True)


def _first(source: Path) -> list[Image]:
    return [frame.image for frame in islice(recording(source, start=BEGINNING), FRAMES)]


def _advice(speed: Speed) -> str:
    lines = [
        "Use this in counter.yaml:",
        f"  detector: {speed.detector}",
        f"  threads: {speed.threads}",
        f"  detail: {speed.detail}",
    ]
    if speed.detector == "motion":
        lines.append(
            "and hang the camera straight above the way (reference: centre): this computer is too slow for a model."
        )
    elif speed.per_second < ENOUGH_PER_S:
        lines.append(
            f"This is slow: people in a hurry need {ENOUGH_PER_S:.0f} frames a second. Hang the camera straight above"
        )
        lines.append("the way and use detector: motion with reference: centre, or take a faster computer.")
    elif speed.per_second < COMFORTABLE_PER_S:
        lines.append(
            "That is enough for people who walk; at a door where they run, a faster computer sees more."
        )
    return "\n".join(lines)
