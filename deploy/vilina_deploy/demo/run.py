"""The demo: half a year of history, a broker, ingest, the API, simulated counters, and one that really sees."""

import csv
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from ruamel.yaml import YAML

from vilina_deploy.demo.broker import embedded_broker
from vilina_deploy.demo.history import history, planned
from vilina_deploy.demo.live import PlannedCrossing, play
from vilina_deploy.demo.square import open_square, write_people, write_square
from vilina_deploy.demo.stage import Child, DemoError, free_port
from vilina_edge.clock import SystemClock
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.settings import CounterSettings, LineSettings
from vilina_edge.simulation.scene import Scene
from vilina_edge.vision.source import probe
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

SEED: Final = 2026
SEEING: Final = "counter-door-b"
"""The counter that runs the true vision pipeline, ..."""
SEEN_LINE: Final = "door-b"
"""... and its line."""
SCHEDULE_AHEAD: Final = timedelta(days=2)
START_S: Final = 30.0
TRAINED_FROM_WEEKS: Final = 4
"""With less history there is nothing to judge a model by; forecasts rest on profiles."""


class Demo:
    """One run of the demo, in a directory that is gone afterwards."""

    def __init__(
        self, *, video: Path | None, port: int, weeks: int, stop: threading.Event, say: Callable[[str], None]
    ) -> None:
        self._video = video
        self._port = port or free_port()
        self._weeks = weeks
        self._stop = stop
        self._say = say
        self._broker = BrokerAddress("127.0.0.1", free_port())
        self._children: list[Child] = []
        self._simulation: Future[None] | None = None
        self._training: Child | None = None

    def run(self) -> None:
        """Build everything up, show where it is, and take everything down when stopped.

        Raises:
            DemoError: a part has ended or did not start.
            SourceError: the recording cannot be played.
        """
        if self._video is not None:
            probe(self._video)  # said before anything else is done, if it cannot be played
        with TemporaryDirectory(prefix="vilina-demo-") as name, ExitStack() as stack:
            directory = Path(name)
            site, moved = open_square(datetime.now(UTC))
            write_square(site, directory / "site.yaml")
            began = self._write_history(site, directory)
            if self._stop.is_set():
                return
            self._start_parts(site, directory, began, stack)
            self._tell(site, moved)
            while not self._stop.wait(0.5):
                for child in self._children:
                    child.check()
                if self._simulation is not None and self._simulation.done():
                    self._simulation.result()
                self._look_at_training()
            self._say("Stopping everything.")

    def _write_history(self, site: Site, directory: Path) -> datetime:
        """The past up to now, and when that was."""
        now = datetime.now(UTC)
        start = site.local(now).date() - timedelta(weeks=self._weeks)
        store = SqliteStore.open(directory / "vilina.db")
        days = history(site, start=start, until=now, seed=SEED)
        label = f"Simulating {self._weeks} weeks of history"
        with click.progressbar(days, length=7 * self._weeks + 1, label=label, width=32) as shown:
            for reports in shown:
                if self._stop.is_set():
                    break
                store.write(Batch([point for report in reports for point in points(report, site)]))
        store.close()
        return now

    def _start_parts(self, site: Site, directory: Path, began: datetime, stack: ExitStack) -> None:
        """Start the parts one after the other; they are stopped the other way round."""
        broker = embedded_broker(directory, self._broker)
        broker.start()
        stack.callback(broker.stop)
        at_broker = ("--broker-port", str(self._broker.port))
        at_site = ("--site", directory / "site.yaml", "--store", directory / "vilina.db")
        ingest = Child("ingest", "ingest", "run", *at_site, *at_broker, log=directory / "ingest.log")
        self._started(ingest, "connected", stack)
        at_models = ("--models", directory / "models")
        write_people(directory / "rosters")
        api = Child(
            "the API", "api", "run", *at_site, *at_models, "--roster-folder", directory / "rosters",
            "--port", str(self._port), log=directory / "api.log",
        )  # fmt: skip
        self._started(api, "The board of", stack)
        self._write_counter(site, directory, began)
        edge = Child(
            "the seeing counter", "edge", "run", directory / "counter.yaml",
            *(["--repeat"] if self._video else []), log=directory / "edge.log",
        )  # fmt: skip
        self._started(edge, "looks at", stack)
        self._simulate(site, directory, began, stack)
        said = Child(
            "forecasts of the past", directory / "site.yaml", directory / "vilina.db", directory / "models",
            log=directory / "said.log", module="vilina_deploy.demo.said", in_the_background=True,
        )  # fmt: skip
        stack.enter_context(said)
        if self._weeks >= TRAINED_FROM_WEEKS:
            self._training = Child(
                "the training", "forecast", "train", *at_site, *at_models, log=directory / "train.log",
                in_the_background=True,
            )  # fmt: skip
            stack.enter_context(self._training)

    def _look_at_training(self) -> None:
        """Until a model is trained the API forecasts by profiles; then it takes the model by itself."""
        if self._training is not None and self._training.ended():
            self._say(f"The forecast's model: {self._training.last_words()}")
            self._training = None

    def _started(self, child: Child, word: str, stack: ExitStack) -> None:
        """Wait until a part says the word."""
        stack.enter_context(child)
        self._children.append(child)
        deadline = SystemClock().monotonic() + START_S
        while not child.said(word):
            child.check()
            if self._stop.wait(0.05):
                return
            if SystemClock().monotonic() > deadline:
                raise DemoError(f"{child.name} did not start within {START_S:.0f} s")

    def _simulate(self, site: Site, directory: Path, began: datetime, stack: ExitStack) -> None:
        """The counters without eyes, in a thread; they go on where the history ends."""
        lines = {c.id: [line.id for line in site.lines_of(c.id)] for c in site.counters if c.id != SEEING}
        done = threading.Event()
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(done.set)
        self._simulation = pool.submit(
            play, planned(site, after=began, seed=SEED), lines,
            site=site.id, broker=self._broker, directory=directory, clock=SystemClock(), start=began, stop=done,
        )  # fmt: skip

    def _write_counter(self, site: Site, directory: Path, began: datetime) -> None:
        """The file of the counter that sees, and for a rendered door the schedule of who comes."""
        if self._video is None:
            with (directory / "people.csv").open("w", encoding="utf-8", newline="") as file:
                rows = _people(planned(site, after=began, seed=SEED), until=began + SCHEDULE_AHEAD)
                csv.writer(file).writerows(rows)
        settings = self._counter_settings(directory)
        with (directory / "counter.yaml").open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(settings.model_dump(mode="json"), file)

    def _counter_settings(self, directory: Path) -> CounterSettings:
        if self._video is None:
            line, source = Scene().line, f"simulation:{directory / 'people.csv'}"
            corners = (line.x1, line.y1, line.x2, line.y2)
        else:
            source, info = str(self._video.absolute()), probe(self._video)
            corners = (info.width / 2, info.height, info.width / 2, 0)
        return CounterSettings(
            site="service-square",
            counter=SEEING,
            source=source,
            lines=(LineSettings(name=SEEN_LINE, points=corners),),
            detector="nanodet" if self._video else "motion",
            reference="foot" if self._video else "centre",
            broker_port=self._broker.port,
        )

    def _tell(self, site: Site, moved: str | None) -> None:
        if moved:
            self._say(moved)
        what = f"counts {self._video}" if self._video else "counts people in a rendered door"
        self._say(
            f"{len(site.counters) - 1} counters are simulated; the one at {SEEN_LINE} really sees: it {what}."
        )
        self._say(
            f"The manager's board: http://127.0.0.1:{self._port}/   (the API: /docs)   Ctrl-C ends everything."
        )


def _people(plan: Iterator[PlannedCrossing], *, until: datetime) -> Iterator[tuple[str, str]]:
    """The schedule of the seen door."""
    for one in takewhile(lambda one: one.crossing.at < until, plan):
        if one.counter == SEEING:
            yield one.crossing.at.isoformat(), one.crossing.direction
