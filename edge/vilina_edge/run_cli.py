"""`vilina edge run`."""

import logging
import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from vilina_edge.clock import Clock, SystemClock
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.delivery.publish import Courier
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import EdgeError
from vilina_edge.run import Watch, paced
from vilina_edge.settings import CounterSettings
from vilina_edge.simulation.source import is_simulation, simulated_frames
from vilina_edge.types import Frame
from vilina_edge.vision.detectors import make_detector
from vilina_edge.vision.source import is_live, live, probe, recording

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
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        _run(settings, stop=stop, fast=fast, repeat=repeat)
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _run(settings: CounterSettings, *, stop: threading.Event, fast: bool, repeat: bool) -> None:
    clock = SystemClock()
    boot = secrets.token_hex(8)
    lines = [Line(line.name, *line.points) for line in settings.lines]
    play = _Player(settings.source, lines, clock=clock, stop=stop, fast=fast)
    detector = make_detector(settings.detector)
    courier = Courier(
        site=settings.site, counter=settings.counter, boot=boot, broker=settings.broker, clock=clock,
        outbox=Outbox.open(settings.outbox),
    )  # fmt: skip
    watch = Watch(
        boot=boot,
        detector=detector,
        make_counter=lambda: Counter(lines, reference=settings.reference),
        tally=Tally(
            counter=settings.counter, boot=boot, lines=[line.name for line in lines], start=play.start
        ),
        courier=courier,
        clock=clock,
        stop=stop,
    )
    courier.start()
    log.info("counter %s looks at %s and reports to %s", settings.counter, settings.source, settings.broker)
    try:
        if is_live(settings.source):
            watch.live(play.frames)
        else:
            watch.recording(play.frames())
            while repeat and not stop.is_set():
                watch.recording(play.frames())
        _wait_until_stored(courier, stop)
    finally:
        courier.stop()


class _Player:
    """A camera, or a recording or a rendered scene, played at its own pace or as fast as it can be counted."""

    def __init__(
        self, source: str, lines: Sequence[Line], *, clock: Clock, stop: threading.Event, fast: bool
    ) -> None:
        self._source = source
        self._lines = lines
        self._clock = clock
        self._stop = stop
        self._fast = fast
        self.start = clock.now()
        if is_live(source) or is_simulation(source):
            return
        info = probe(Path(source))
        _check(lines, info.width, info.height)
        if fast:
            # A recording that is played fast ends now, so that nothing is dated in the future.
            self.start -= timedelta(seconds=info.seconds)

    def frames(self) -> Iterator[Frame]:
        """The frames from now on.

        Raises:
            SourceError: the source cannot be read.
            LineError: a line lies outside the first frame.
        """
        for index, frame in enumerate(self._opened()):
            if index == 0:
                _check(self._lines, frame.image.shape[1], frame.image.shape[0])
            yield frame

    def _opened(self) -> Iterator[Frame]:
        if is_live(self._source):
            return live(self._source, clock=self._clock)
        start = self.start if self._fast else self._clock.now()
        if is_simulation(self._source):
            frames = simulated_frames(self._source, start=start)
        else:
            frames = recording(Path(self._source), start=start)
        return frames if self._fast else paced(frames, clock=self._clock, stop=self._stop)


def _check(lines: Sequence[Line], width: int, height: int) -> None:
    for line in lines:
        line.check_inside(width, height)


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
