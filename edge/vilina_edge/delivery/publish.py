"""The courier: takes reports, keeps them in the outbox, publishes them, and forgets them when they are stored.

One thread owns the outbox and decides everything; counting and the network only put events into its queue, so
neither waits for a disk or a broker. A broker's own acknowledgement means nothing here: a report is forgotten on
ingest's commit ack, and published again when that does not come.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from vilina_edge.clock import Clock
from vilina_edge.delivery.dating import redated
from vilina_edge.delivery.merging import compacted
from vilina_edge.delivery.mqtt import (
    Arrived,
    BrokerAddress,
    Client,
    Connected,
    Died,
    Disconnected,
    Event,
    Refused,
    Unheard,
)
from vilina_edge.delivery.outbox import Entry, Outbox
from vilina_edge.errors import EdgeError, OutboxError, WireError
from vilina_edge.wire import (
    MESSAGES,
    BlindReason,
    CommitAck,
    ConfigAck,
    Health,
    Report,
    Status,
    StatusState,
    Topic,
    decode,
    encode,
)

log = logging.getLogger(__name__)

WINDOW: Final = 200
"""Reports under way at once. The backlog may use half of it: the other half is for what is live."""
ACK_TIMEOUT_S: Final = (10.0, 60.0)
"""After how long without a commit ack a report is published again: at first, and after several times."""
UNHEARD_S: Final = 1.0
"""The same at first if the broker says that nobody was there: after its restart ingest may come back later than we."""
TICK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Deliver:
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class _Say:
    status: StatusState
    reason: BlindReason | None


@dataclass(frozen=True, slots=True)
class _Redate:
    by: timedelta
    certain: bool


@dataclass(frozen=True, slots=True)
class _Release:
    pass


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


class _Attempt(NamedTuple):
    """How often a report was published on this connection, and when its commit ack is overdue."""

    times: int
    overdue: float


_Order = _Deliver | _Redate | _Release | _Say | Health | _Stop


class Courier:
    """Delivers the reports of one counter. `start` it, `deliver` to it, `stop` it."""

    def __init__(
        self,
        *,
        site: str,
        counter: str,
        boot: str,
        broker: BrokerAddress,
        outbox: Outbox,
        clock: Clock,
        on_config: Callable[[bytes], ConfigAck | None] = lambda _: None,
    ) -> None:
        """`on_config` is given each config that arrives, and returns what to answer."""
        self._outbox = outbox
        self._clock = clock
        self._boot = boot
        self._broker = broker
        self._topics = {channel: str(Topic(site, counter, channel)) for channel in MESSAGES}
        self._status: _Say | None = None
        self._hold = True
        self._on_config = on_config
        self._connected = False
        self._under_way: dict[int, _Attempt] = {}
        self._unkept: list[Report] = []
        self._to_put_right: deque[_Redate | _Release] = deque()
        self._events: queue.SimpleQueue[Event | _Order] = queue.SimpleQueue()
        self._progress = threading.Condition()
        self._handed_over = 0
        self._taken = 0
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"courier {counter}", daemon=True)
        self._client = Client(
            client_id=f"vilina-{site}-{counter}",
            broker=broker,
            on_event=self._events.put,
            receive_maximum=WINDOW,
        )
        self._client.set_will(self._topics["status"], encode(Status(state="offline", boot=boot)))

    def start(self) -> None:
        try:
            # What an earlier boot left behind cannot be dated again: nobody knows how long ago it was.
            self._outbox.release()
        except OutboxError as error:
            log.error("%s", error)  # noqa: TRY400 - the text says it all
        self._client.open()
        self._thread.start()

    def deliver(self, reports: Sequence[Report]) -> None:
        """Take over reports; returns at once.

        Raises:
            EdgeError: the courier has failed and delivers nothing any more.
        """
        if self._failure is not None:
            raise EdgeError("reports can no longer be delivered; the log says why") from self._failure
        if reports:
            with self._progress:
                self._handed_over += len(reports)
            self._events.put(_Deliver(tuple(reports)))

    def redate(self, by: timedelta, *, certain: bool) -> None:
        """The clock was set: what was delivered before and nobody has seen is dated again, `by` so much later.

        Reports of an uncertain clock are held until then; once the clock is `certain` they go.
        """
        self._events.put(_Redate(by, certain))

    def release(self) -> None:
        """Send reports of an uncertain clock, too: it has been waited for long enough."""
        self._events.put(_Release())

    def say(self, status: StatusState, reason: BlindReason | None = None) -> None:
        """Tell the site how the counter is, now and at each new connection. Nothing is told before this is called."""
        self._events.put(_Say(status, reason))

    def tell_health(self, health: Health) -> None:
        self._events.put(health)

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Whether, within this time, everything that was delivered is stored by the site."""
        with self._progress:
            return self._progress.wait_for(lambda: self.depth == 0, timeout_s)

    @property
    def depth(self) -> int:
        """Reports that the site has not acknowledged yet."""
        return len(self._outbox) + self._handed_over

    def stop(self) -> None:
        """Keep what is undelivered, say goodbye, and end. What was not acknowledged is sent at the next start."""
        self._events.put(_Stop())
        self._thread.join()
        self._client.close()
        self._outbox.close()

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            if self._connected:
                self._publish_status(_Say("stopped", None))
        except Exception as error:
            self._failure = error
            raise

    def _turn(self) -> bool:
        """Handle what has happened since the last turn; whether there should be another."""
        go_on = True
        try:
            for event in self._next_events():
                go_on = go_on and not isinstance(event, _Stop)
                if isinstance(event, Event):
                    self._hear(event)
                else:
                    self._do(event)
            self._put_right()
            fresh = self._keep() if self._unkept else []
            if self._connected:
                self._send(fresh)
        except OutboxError as error:
            log.error("%s", error)  # noqa: TRY400 - the text says it all
            if len(self._unkept) > WINDOW:
                self._unkept = compacted(self._unkept)
        with self._progress:
            self._progress.notify_all()
        return go_on

    def _next_events(self) -> Iterable[Event | _Order]:
        """What has happened: waits for the first event until the next tick, then takes what is there."""
        try:
            yield self._events.get(timeout=TICK_S)
            for _ in range(WINDOW):
                yield self._events.get_nowait()
        except queue.Empty:
            return

    def _hear(self, event: Event) -> None:
        """What happened to the connection."""
        match event:
            case Arrived(topic=topic, payload=payload) if topic == self._topics["config"]:
                self._answer(self._on_config(payload))
            case Arrived(topic=topic, payload=payload):
                self._forget(topic, payload)
            case Connected():
                self._connected = True
                self._under_way.clear()
                self._client.subscribe(self._topics["ack"], self._topics["config"])
                if self._status is not None:
                    self._publish_status(self._status)
            case Disconnected(reason):
                self._connected = False
                log.warning("no connection to the broker at %s: %s; reports wait", self._broker, reason)
            case Refused(what, reason):
                log.error("the broker refuses %s: %s", what, reason)
            case Unheard():
                self._be_impatient(self._clock.monotonic())
            case Died(reason):
                self._connected = False
                log.error("the connection to the broker is over: %s", reason)

    def _do(self, order: _Order) -> None:
        """What was asked for."""
        match order:
            case _Deliver(reports):
                self._unkept += reports
                self._taken += len(reports)
            case _Redate(by, certain):
                self._unkept = [redated(report, by, certain=certain) for report in self._unkept]
                self._to_put_right.append(order)
            case _Release():
                self._hold = False
                self._to_put_right.append(order)
            case _Say() as status:
                self._status = status
                if self._connected:
                    self._publish_status(status)
            case Health() as health:
                if self._connected:
                    self._client.publish(self._topics["health"], encode(health), qos=0)
            case _Stop():
                pass

    def _put_right(self) -> None:
        """In the outbox, before anything newer is in it: what the disk refuses is done when it has room."""
        while self._to_put_right:
            match self._to_put_right[0]:
                case _Redate(by, certain):
                    self._outbox.redate(self._boot, by, certain=certain)
                case _Release():
                    self._outbox.release()
            self._to_put_right.popleft()

    def _keep(self) -> list[Entry]:
        """Reports into the outbox; those that the disk will not have stay in memory and are tried each turn."""
        live = self._connected and len(self._under_way) + len(self._unkept) <= WINDOW
        kept = self._outbox.add(self._unkept, sent=live, hold=self._hold)
        with self._progress:
            self._handed_over -= self._taken
        self._taken = 0
        self._unkept.clear()
        return [entry for entry in kept if entry.sent]

    def _send(self, fresh: Sequence[Entry]) -> None:
        """Publish what is fresh, then of the backlog as much as half the window has room for, oldest first."""
        now = self._clock.monotonic()
        self._publish(fresh, now)
        overdue = {i for i, attempt in self._under_way.items() if attempt.overdue <= now}
        waiting = self._under_way.keys() - overdue
        room = WINDOW // 2 - len(waiting)
        if room > 0 and len(self._outbox) > len(waiting):
            backlog = self._outbox.oldest(room, besides=waiting, held=False)
            self._outbox.mark_sent(backlog)
            self._publish(backlog, now)

    def _publish(self, entries: Iterable[Entry], now: float) -> None:
        for entry in entries:
            times = self._under_way[entry.id].times + 1 if entry.id in self._under_way else 1
            self._under_way[entry.id] = _Attempt(times, overdue=now + _patience(ACK_TIMEOUT_S[0], times))
            self._client.publish(self._topics["report"], encode(entry.report))

    def _be_impatient(self, now: float) -> None:
        """What is under way may have gone nowhere; what has not will come twice, which does no harm."""
        for i, (times, overdue) in self._under_way.items():
            self._under_way[i] = _Attempt(times, min(overdue, now + _patience(UNHEARD_S, times)))

    def _forget(self, topic: str, payload: bytes) -> None:
        try:
            ack = decode(payload, CommitAck)
        except WireError as error:
            log.error("ignored a message on %s: %s", topic, error)  # noqa: TRY400 - the text says it all
            return
        for i in self._outbox.acknowledge(ack.committed):
            self._under_way.pop(i, None)

    def _answer(self, ack: ConfigAck | None) -> None:
        if ack is not None:
            self._client.publish(self._topics["config/ack"], encode(ack))

    def _publish_status(self, say: _Say) -> None:
        status = Status(state=say.status, reason=say.reason, boot=self._boot, at=self._clock.now())
        self._client.publish(self._topics["status"], encode(status), retain=True)


def _patience(first_s: float, times: int) -> float:
    """Twice as long after each time, up to a limit."""
    return float(min(first_s * 2 ** (times - 1), ACK_TIMEOUT_S[1]))
