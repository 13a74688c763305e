"""`vilina demo`."""

import logging
import signal
import threading
from pathlib import Path

import click

from vilina_deploy.demo.run import Demo
from vilina_deploy.demo.stage import DemoError
from vilina_edge.errors import EdgeError
from vilina_ingest.errors import IngestError


@click.command()
@click.option("--video", type=click.Path(path_type=Path), help="Let the camera at door B see this recording.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="For the board; by default a free one."
)
@click.option(
    "--weeks", type=click.IntRange(1, 156), default=26, show_default=True, help="Of simulated history."
)
def demo(video: Path | None, port: int, weeks: int) -> None:
    """Run the whole of Vilina on this machine, with a simulated service square. Ctrl-C ends all of it."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        Demo(video=video, port=port, weeks=weeks, stop=stop, say=click.echo).run()
    except (DemoError, EdgeError, IngestError) as error:
        raise click.ClickException(str(error)) from error
