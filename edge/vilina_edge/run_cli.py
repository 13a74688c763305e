"""`vilina edge run`."""

import logging
import secrets
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from vilina_edge.clock import BEGINNING, Clock, SystemClock, Timeline
from vilina_edge.delivery.dating import Dating
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import EdgeError
from vilina_edge.eye.messages import Task
from vilina_edge.eye.process import EyeProcess
from vilina_edge.machine import clock_offset_s
from vilina_edge.pulse import Machine, Pulse
from vilina_edge.remote import KEPT, RemoteConfig
from vilina_edge.run import Watch, area_names, line_names
from vilina_edge.settings import CounterSettings
from vilina_edge.sources import is_live, is_simulation, without_password
from vilina_edge.watchdog import Watchdog
from vilina_edge.wire import Config

log = logging.getLogger(__name__)

PATIENCE_S: Final = 0.5


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--source", help="Look at this instead of what the file says.")
@click.option(
    "--fast", is_flag=True, help="Play a recording as fast as it can be counted, not as it was filmed."
)
@click.option("--repeat", is_flag=True, help="Play a recording again and again.")
def run(config: Path, source: str | None, *, fast: bool, repeat: bool) -> None:
    """Count what the source in CONFIG (a counter.yaml) shows and report it, until Ctrl-C or a recording's end.

    Reports wait in the outbox while the broker cannot be reached, and none is forgotten before the site has stored
    it. After a recording's end the counter waits until everything is stored; Ctrl-C leaves the rest for next time.
    """
    if fast and repeat:
        raise click.UsageError("--fast plays a recording into the past, so it cannot --repeat it")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = CounterSettings.load(config)
        if source is not None:
            settings = settings.model_copy(update={"source": source})
        if (fast or repeat) and _has_own_pace(settings.source):
            raise click.UsageError(
                f"--fast and --repeat are for recordings; {without_password(settings.source)} has its own pace"
            )
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        _run(settings, stop=stop, fast=fast, repeat=repeat)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _run(settings: CounterSettings, *, stop: threading.Event, fast: bool, repeat: bool) -> None:
    clock = SystemClock()
    boot = secrets.token_hex(8)
    timeline = _timeline(settings.source, clock) if fast else Timeline(clock)
    remote = RemoteConfig(settings.config, file=settings.outbox.with_name(KEPT))
    config = remote.current
    pose = settings.pose_text()
    courier = Courier(
        site=settings.site, counter=settings.counter, boot=boot, broker=settings.broker, clock=clock,
        outbox=Outbox.open(settings.outbox), on_config=remote.offer,
    )  # fmt: skip
    watch = Watch(
        tally=Tally(
            counter=settings.counter, boot=boot, lines=line_names(config), areas=area_names(config),
            start=timeline.utc(BEGINNING) if fast else timeline.now(),
        ),
        courier=courier,
        timeline=timeline,
        dating=Dating(
            timeline=timeline, clock=clock, patience_s=settings.wait_for_clock_s,
            in_time=lambda: clock_offset_s() is not None,
        ),
        clock=clock,
        stop=stop,
        pulse=Pulse(boot=boot, clock=clock, machine=Machine(settings.outbox.parent)),
        new_config=remote.take,
        alive=Watchdog(clock).alive,
    )  # fmt: skip

    def open_eye(config: Config) -> EyeProcess:
        task = Task(
            source=settings.source, config=config, detector=settings.detector, threads=settings.threads,
            detail=settings.detail, pose=pose, utc=timeline.now(), fast=fast, repeat=repeat,
        )  # fmt: skip
        return EyeProcess(task)

    courier.start()
    log.info(
        "counter %s looks at %s and reports to %s",
        settings.counter,
        without_password(settings.source),
        settings.broker,
    )
    try:
        watch.run(open_eye, config, once=not (repeat or _has_own_pace(settings.source)))
        _wait_until_stored(courier, stop)
    finally:
        courier.stop()


def _has_own_pace(source: str) -> bool:
    """A camera or a simulation; anything else is a recording."""
    return is_live(source) or is_simulation(source)


def _timeline(recording: str, clock: Clock) -> Timeline:
    """A recording that is played fast ends now, so that nothing is dated in the future."""
    from vilina_edge.vision.source import probe  # noqa: PLC0415  # else this process has no need of OpenCV

    length = timedelta(seconds=probe(Path(recording)).seconds)
    return Timeline.fixed(clock, beginning=clock.now() - length)


def _wait_until_stored(courier: Courier, stop: threading.Event) -> None:
    told = False
    while not courier.wait_until_empty(PATIENCE_S) and not stop.is_set():
        if not told:
            log.info(
                "waiting for the site to store %d reports; Ctrl-C leaves them for next time", courier.depth
            )
            told = True
    if courier.depth:
        log.info("%d reports stay in the outbox for next time", courier.depth)
