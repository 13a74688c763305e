"""`vilina edge validate`: a technician counts by hand what a counter counts, and the site is told how they agree."""

import logging
import queue
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from vilina_edge.clock import Clock, SystemClock
from vilina_edge.delivery.durable import write_whole
from vilina_edge.delivery.mqtt import Arrived, Client, Connected, Died, Disconnected, Event, Refused
from vilina_edge.errors import EdgeError, WireError
from vilina_edge.remote import KEPT, newest
from vilina_edge.settings import CounterSettings
from vilina_edge.technician.hand_count import PATIENCE_S, Comparison, Session, Stage
from vilina_edge.technician.hand_count_page import routes, table
from vilina_edge.technician.local_page import serve
from vilina_edge.wire import (
    Channel,
    CommitAck,
    LineConfig,
    Status,
    StatusState,
    Topic,
    Validation,
    decode,
    decode_report,
    encode,
)

log = logging.getLogger(__name__)

CONNECT_S: Final = 10.0
SESSION_S: Final = 300
"""So long the broker keeps reports for us while the connection is broken."""
AGAIN_S: Final = 10.0
"""What was not acknowledged is published again after so long."""
STORE_S: Final = 30.0
"""So long the end waits for the site."""
TICK_S: Final = 0.25
CHANNELS: Final[tuple[Channel, ...]] = ("report", "status", "ack", "validation")
NOT_RUNNING: Final[dict[StatusState, str]] = {
    "offline": "The counter is not connected.",
    "stopped": "The counter is not running.",
    "blind": "The counter cannot see now.",
}


class NoBrokerError(EdgeError):
    """The broker through which the counter reports cannot be used."""


def kept(folder: Path) -> list[Validation]:
    """Results that the site has not stored yet, the oldest first; what cannot be read is left where it is."""
    found = []
    for path in folder.glob("validation-*.json"):
        try:
            found.append(decode(path.read_bytes(), Validation))
        except (OSError, WireError) as error:
            log.error("%s is not sent: %s", path, error)  # noqa: TRY400 - the text says it all
    return sorted(found, key=lambda one: one.end)


class Counterpart:
    """The counter and the site as they are heard through the broker: reports come in, results go out.

    One thread takes what happens; the page asks and sends from others.
    """

    def __init__(self, settings: CounterSettings, *, session: Session, clock: Clock) -> None:
        self._topics = {channel: Topic(settings.site, settings.counter, channel) for channel in CHANNELS}
        self._broker = settings.broker
        self._session = session
        self._clock = clock
        self._folder = settings.outbox.parent
        self._unsent = {one.id: one for one in kept(self._folder)}
        self._due = 0.0
        self._connected = threading.Event()
        self._lock = threading.Lock()
        self._state: StatusState = "online"
        self._own: str | None = None
        self._failure: str | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._client = Client(
            client_id=f"vilina-{settings.site}-{settings.counter}-validate-{secrets.token_hex(4)}",
            broker=self._broker, on_event=self._events.put, session_expiry_s=SESSION_S,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, name="counterpart", daemon=True)

    def start(self) -> None:
        """Begin to listen.

        Raises:
            NoBrokerError: there is none.
        """
        self._client.open()
        self._thread.start()
        _wait(lambda: self._connected.is_set() or self._failure, CONNECT_S)
        if not self._connected.is_set():
            raise NoBrokerError(
                f"no broker answers at {self._broker}: {self._failure or 'it is silent'}; start it, or correct"
                " broker_host and broker_port in the counter's file"
            )

    def stop(self) -> None:
        self._events.put(None)
        self._thread.join()
        self._client.close()

    @property
    def trouble(self) -> str | None:
        if not self._connected.is_set():
            return "No connection to the broker. Go on: the counter's reports come later."
        return NOT_RUNNING.get(self._state)

    @property
    def stored(self) -> bool | None:
        return None if self._own is None else self._own not in self._unsent

    def send(self, comparison: Comparison) -> None:
        """Have the site store it, now or, if the site does not answer, at the next start."""
        with self._lock:
            if self._own is not None:
                return
            validation = comparison.validation(secrets.token_hex(8))
            try:
                write_whole(self._file(validation.id), encode(validation))
            except OSError as error:
                log.error("the result is not kept on disk: %s", error)  # noqa: TRY400 - the text says it all
            self._unsent[validation.id] = validation
            self._own, self._due = validation.id, 0.0

    def _run(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=TICK_S)
                if event is None:
                    return
                self._handle(event)
            except queue.Empty:
                pass
            if self._connected.is_set() and self._clock.monotonic() >= self._due:
                self._publish()

    def _handle(self, event: Event) -> None:
        match event:
            case Connected():
                self._client.subscribe(*(str(self._topics[name]) for name in CHANNELS[:3]))
                self._due = 0.0
                self._connected.set()
            case Disconnected(reason) | Died(reason):
                self._failure = reason
                self._connected.clear()
            case Refused(what, reason):
                self._failure = f"it refuses {what}: {reason}"
                log.error("the broker refuses %s: %s", what, reason)
            case Arrived(topic=topic, payload=payload):
                try:
                    self._take(topic, payload)
                except WireError as error:
                    log.error("ignored a message on %s: %s", topic, error)  # noqa: TRY400

    def _take(self, topic: str, payload: bytes) -> None:
        match Topic.parse(topic):
            case Topic(channel="report") as of_report:
                self._session.hear(decode_report(of_report, payload))
            case Topic(channel="status"):
                self._state = decode(payload, Status).state
            case Topic(channel="ack"):
                self._forget({one.boot for one in decode(payload, CommitAck).committed})

    def _publish(self) -> None:
        self._due = self._clock.monotonic() + AGAIN_S
        with self._lock:
            waiting = list(self._unsent.values())
        for validation in waiting:
            self._client.publish(str(self._topics["validation"]), encode(validation))

    def _forget(self, names: set[str]) -> None:
        with self._lock:
            for name in names & self._unsent.keys():
                del self._unsent[name]
                self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._folder / f"validation-{name}.json"


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--line", help="The line to count at; else it is chosen on the page.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Serve the page here; 0.0.0.0 for a phone."
)
@click.option("--port", default=8081, show_default=True, help="Serve the page on this port.")
@click.option("--minutes", default=60.0, show_default=True, help="Close the page after so long.")
def validate(config: Path, line: str | None, *, host: str, port: int, minutes: float) -> None:
    """Learn how wrong a counter is: count by hand on a phone, at the door that CONFIG (a counter.yaml) counts.

    The counter keeps running, and its own reports are compared with the taps. The result is shown on the phone and
    here, and the site stores it.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = CounterSettings.load(config)
        lines, clock = _lines(settings, line), SystemClock()
        session = Session(clock)
        counterpart = Counterpart(settings, session=session, clock=clock)
        counterpart.start()
        try:
            serve(
                routes(session, lines=lines, clock=clock, desk=counterpart, on_end=stop.set),
                host=host, port=port, seconds=60 * minutes, title=f"Count at {settings.counter}",
                on_ready=lambda address, code: click.echo(f"Open {address} on the phone. The code is {code}."),
                stop=stop,
            )  # fmt: skip
            _end(session, counterpart, clock=clock, asked=stop.is_set())
        finally:
            counterpart.stop()
    except EdgeError as error:
        raise click.ClickException(str(error)) from error


def _lines(settings: CounterSettings, name: str | None) -> list[LineConfig]:
    """What to choose from on the page."""
    lines = newest(settings.config, settings.outbox.with_name(KEPT)).lines
    if not lines:
        raise click.ClickException("this counter has no lines, only areas: there is nothing to count by hand")
    chosen = [line for line in lines if name in (None, line.line)]
    if not chosen:
        known = ", ".join(line.line for line in lines)
        raise click.UsageError(f"there is no line {name!r}; this counter has: {known}")
    return chosen


def _end(session: Session, counterpart: Counterpart, *, clock: Clock, asked: bool) -> None:
    """Finish what was not finished, show the result, and see that the site has it.

    When the time is up the result is sent; who ends the command before is asked.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session.finish("end", clock.now())
    if session.stage is Stage.READY:
        click.echo("Nothing was counted.")
        return
    _wait_for_reports(session)
    comparison = session.comparison()
    click.echo(table(comparison))
    if counterpart.stored is None and comparison.anybody and (not asked or _wants_to_send()):
        counterpart.send(comparison)
    if counterpart.stored is None:
        click.echo("The result was not sent.")
    elif _wait(lambda: counterpart.stored, STORE_S):
        click.echo("The site has stored the result.")
    else:
        click.echo("The site has not stored it yet. It waits beside the outbox, and validate sends it again.")


def _wants_to_send() -> bool:
    return sys.stdin.isatty() and click.confirm("Send this result to the site?", default=True)


def _wait_for_reports(session: Session) -> None:
    """Reports of the last minute may still come."""
    if session.stage is Stage.WAITING:
        click.echo(f"Waiting for the counter's last reports, at most {session.patience_s:.0f} s.")
        _wait(lambda: session.stage is not Stage.WAITING, 2 * PATIENCE_S)


def _wait(condition: Callable[[], object], seconds: float) -> bool:
    """Whether the condition holds within this time."""
    tick = threading.Event()
    for _ in range(round(seconds / TICK_S)):
        if condition():
            return True
        tick.wait(TICK_S)
    return bool(condition())
