"""`vilina edge calibrate`."""

import signal
import threading
from pathlib import Path
from typing import Final

import click

from vilina_edge.clock import SystemClock
from vilina_edge.errors import EdgeError, SourceError
from vilina_edge.remote import KEPT, newest
from vilina_edge.sources import is_live, is_local, without_password
from vilina_edge.technician.calibrate_page import CalibratePage
from vilina_edge.technician.counter_file import open_counter
from vilina_edge.technician.local_page import serve
from vilina_edge.technician.trial import Trial

LOOPBACK: Final = "127.0.0.1"
FIRST_PICTURE_S: Final = 30.0
TICK_S: Final = 0.2
GOODBYE_S: Final = 5.0
BUSY: Final = (
    "If the counter is running it has the camera: stop it with `sudo systemctl stop vilina-edge`, calibrate, and start"
    " it again with `sudo systemctl start vilina-edge`."
)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--source", help="Look at this instead of what the file says.")
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="Address to serve on; 0.0.0.0 lets a phone in."
)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--minutes", default=10.0, show_default=True, type=click.FloatRange(0.1, 120), help="Then it ends."
)
def calibrate(config: Path, source: str | None, *, host: str, port: int, minutes: float) -> None:
    """Draw the lines and areas of CONFIG (a counter.yaml) over a blurred picture, and see them count.

    Who wants in needs the code that is shown here. Lines, areas and the camera's pose are saved into CONFIG and sent to
    the site.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        _calibrate(config, source, host=host, port=port, seconds=60 * minutes, stop=stop)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    finally:
        stop.set()
    click.echo("Calibration is off.")


def _calibrate(
    file: Path, source: str | None, *, host: str, port: int, seconds: float, stop: threading.Event
) -> None:
    settings, drawn = open_counter(file)
    held = None if drawn is None else newest(drawn, settings.outbox.with_name(KEPT))
    source = source or settings.source
    trial = Trial.of(settings, held)
    looking = threading.Thread(
        target=trial.run, args=(source,), kwargs={"stop": stop}, name="trial", daemon=True
    )
    looking.start()
    try:
        _wait_for_picture(trial, source, stop)
        page = CalibratePage(
            trial, file=file, counter=settings.counter, version=settings.version if held is None else held.version,
            clock=SystemClock(),
        )  # fmt: skip

        def tell(address: str, code: str) -> None:
            click.echo(f"Open {address} and enter the code {code[:3]} {code[3:]}")
            click.echo(f"It works for {seconds / 60:g} minutes; Ctrl-C ends it before.")
            if host == LOOPBACK:
                at = address.removeprefix("http://")
                click.echo(f"From another computer, first: ssh -L {at.partition(':')[2]}:{at} THIS-COUNTER")
                click.echo("For a phone, start it with --host 0.0.0.0")
            else:
                click.echo(
                    "It is not encrypted: use a network that you trust. Only blurred pictures are sent."
                )

        serve(
            page.routes, host=host, port=port, seconds=seconds, title=f"Calibrate {settings.counter}",
            on_ready=tell, stop=stop,
        )  # fmt: skip
    finally:
        stop.set()
        looking.join(GOODBYE_S)


def _wait_for_picture(trial: Trial, source: str, stop: threading.Event) -> None:
    """The page is of no use without one.

    Raises:
        SourceError: there is none; the text says what to do.
    """
    clock = SystemClock()
    until = clock.monotonic() + FIRST_PICTURE_S
    while not stop.is_set():
        moment = trial.wait_for_still(TICK_S)
        if moment.still:
            return
        late = clock.monotonic() > until
        if moment.trouble is None and not late:
            continue
        # Here nobody tries again.
        trouble = (moment.trouble or f"{without_password(source)} gives no picture").partition(
            "; trying again"
        )[0]
        raise SourceError(f"{trouble}\n{BUSY}" if is_live(source) and is_local(source) else trouble)
