"""From the broker into the store: a batch at a time, and acknowledged only when it is on disk.

The link's thread only hands messages over. MQTT's receive maximum bounds how many can be under way, so memory stays
flat when the store is down: nothing is acknowledged, and the broker sends no more.
"""

import logging
import queue
import secrets
from collections.abc import Callable, Iterator
from typing import Final

from vilina_edge.clock import Clock
from vilina_edge.delivery.mqtt import BrokerAddress, Connected, Died, Disconnected, Refused
from vilina_edge.wire import PREFIX, Topic, encode
from vilina_ingest.conversation import Arrived, Event
from vilina_ingest.directory import CHANNELS, Directory
from vilina_ingest.errors import BrokerError, ReportsRefused, StoreError
from vilina_ingest.intake import Intake, commit_acks, refuse, take_in
from vilina_ingest.link import Link
from vilina_ingest.metrics import Metrics
from vilina_ingest.probes import Condition
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.site import Site
from vilina_ingest.store import Store

log = logging.getLogger(__name__)

BATCH: Final = 1000
"""Messages under way at once, and so the most that one transaction holds."""
WAIT_S: Final = 0.25
RETRY_S: Final = 1.0
PROBE_S: Final = 5.0
SUMMARY_S: Final = 60.0
SESSION_S: Final = 3600
"""So long the broker keeps messages for an ingest that is away, so that nobody has to send them again."""
GROUP: Final = "ingest"


class Ingest:
    """Runs in the thread that calls `run`, until `stop`.

    One serves a site alone, or several `share` its reports: then the broker gives each report to one of them, and
    keeps nothing for one that is away, because what it would have got belongs to the others. That is the broker's
    business: mosquitto does it well; the embedded one goes on serving a worker that was killed.
    """

    def __init__(
        self,
        *,
        site: Site,
        store: Store,
        quarantine: Quarantine,
        broker: BrokerAddress,
        clock: Clock,
        share: bool = False,
        metrics: Metrics | None = None,
    ) -> None:
        self._site = site.id
        self._directory = Directory.of(site)
        self._store = store
        self._quarantine = quarantine
        self._clock = clock
        self._broker = broker
        self._metrics = metrics or Metrics()
        self.condition = Condition(clock)
        self._pending: list[Arrived] = []
        self._pending_since = 0.0
        self._not_before = 0.0
        self._probed = self._summed_up = clock.monotonic()
        self._stored = self._refused = 0
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._share = share

    def stop(self) -> None:
        """End `run` after the batch in hand; may be called from a signal handler or another thread."""
        self._events.put(None)

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Store what arrives, until stopped. `on_ready` is called at each connection.

        Raises:
            BrokerError: the connection died for good, or the broker refuses us.
        """
        alone = f"vilina-ingest-{self._site}"
        self._link = Link(
            client_id=f"{alone}-{secrets.token_hex(4)}" if self._share else alone, broker=self._broker,
            filters=filters(self._site, shared=self._share), on_event=self._events.put,
            session_expiry_s=0 if self._share else SESSION_S, receive_maximum=BATCH,
        )  # fmt: skip
        self._link.open()
        try:
            while True:
                self.condition.turn()
                for event in self._next_events():
                    if event is None:
                        return
                    self._handle(event, on_ready)
                if self._clock.monotonic() >= self._not_before:
                    if self._pending:
                        self._commit()
                    else:
                        self._probe()
                self._sum_up()
        finally:
            self._link.close()

    def _next_events(self) -> Iterator[Event | None]:
        """What has happened: waits a little for the first event, then takes what is there."""
        try:
            yield self._events.get(timeout=WAIT_S)
            for _ in range(BATCH - 1):
                yield self._events.get_nowait()
        except queue.Empty:
            return

    def _handle(self, event: Event, on_ready: Callable[[], None]) -> None:
        match event:
            case Arrived():
                if not self._pending:
                    self._pending_since = self._clock.monotonic()
                self._pending.append(event)
            case Connected():
                self.condition.broker = None
                self._metrics.connected.set(1)
                on_ready()
            case Disconnected(reason):
                self.condition.broker = reason
                self._metrics.connected.set(0)
                # What this connection left unacknowledged comes again on the next one.
                self._pending.clear()
                log.warning("no connection to the broker at %s: %s", self._broker, reason)
            case Refused(what, reason):
                raise BrokerError(f"the broker at {self._broker} refuses {what}: {reason}")
            case Died(reason):
                raise BrokerError(f"the connection to the broker at {self._broker} is over: {reason}")

    def _commit(self) -> None:
        """Store what is pending and acknowledge it, first to the counters, then to the broker.

        If the store will not have it, all of it stays pending, unacknowledged, and is tried again.
        """
        messages = [(m.topic, m.payload) for batch in self._pending for m in batch.messages]
        intake = take_in(messages, self._directory, self._clock.now())
        began = self._clock.monotonic()
        try:
            self._keep(intake, messages)
        except StoreError as error:
            self._put_off(error)
            return
        now = self._clock.monotonic()
        self._link.publish(
            (str(Topic(self._site, counter, "ack")), encode(ack)) for counter, ack in commit_acks(intake.kept)
        )
        self._link.acknowledge(self._pending)
        self._pending.clear()
        self.condition.store = None
        self._probed = now
        self._stored += intake.reports
        self._refused += len(intake.refused)
        self._metrics.waiting.set(0)
        self._metrics.stored(
            intake, now=self._clock.now(), messages=len(messages),
            waited_s=now - self._pending_since, commit_s=now - began,
        )  # fmt: skip

    def _keep(self, intake: Intake, messages: list[tuple[str, bytes]]) -> None:
        """All of it on disk."""
        try:
            self._store.write(intake.batch())
        except ReportsRefused as refusal:
            # Everything else is stored; these would be refused for ever, and hold up whatever comes with them.
            refuse(intake, refusal.refused, messages, self._directory)
        if intake.refused or intake.strangers:
            self._quarantine.add(intake.refused, intake.strangers.values())
        for message in intake.refused:
            log.warning(
                "quarantined a message on %s: %s", message.topic, message.reason,
                extra={"counter": message.counter, "topic": message.topic},
            )  # fmt: skip

    def _put_off(self, error: StoreError) -> None:
        self._not_before = self._clock.monotonic() + (error.retry_after_s or RETRY_S)
        self._pending = without_stale(self._pending)
        waiting = sum(len(batch.messages) for batch in self._pending)
        self.condition.store = str(error)
        self._metrics.store_failed()
        self._metrics.waiting.set(waiting)
        log.error("%s; %d messages wait", error, waiting, extra={"messages": waiting})

    def _probe(self) -> None:
        """Ask the store how it is when there is nothing to store: who supervises us wants to know."""
        now = self._clock.monotonic()
        if now - self._probed < PROBE_S:
            return
        self._probed = now
        try:
            self._store.version()
        except StoreError as error:
            self.condition.store = str(error)
        else:
            self.condition.store = None

    def _sum_up(self) -> None:
        now = self._clock.monotonic()
        if now - self._summed_up < SUMMARY_S:
            return
        self._summed_up = now
        if self._stored or self._refused:
            log.info(
                "stored %d reports in the last minute, quarantined %d messages", self._stored, self._refused,
                extra={"reports": self._stored, "quarantined": self._refused},
            )  # fmt: skip
        self._stored = self._refused = 0


def filters(site: str, *, shared: bool) -> list[str]:
    """What a worker subscribes to.

    Only reports are shared. The rest is little, each worker may write it without harm, and what is retained is not
    sent to who shares.
    """
    everybodys = [f"{PREFIX}/{site}/+/{channel}" for channel in CHANNELS if channel != "report"]
    return [f"{f'$share/{GROUP}/' if shared else ''}{PREFIX}/{site}/+/report", *everybodys]


def without_stale(pending: list[Arrived]) -> list[Arrived]:
    """What waits without filling the memory: of what the broker does not hold back, the newest of each topic."""
    seen: set[str] = set()
    kept = []
    for batch in reversed(pending):
        messages = []
        for message in reversed(batch.messages):
            if message.packet_id is not None or message.topic not in seen:
                messages.append(message)
            if message.packet_id is None:
                seen.add(message.topic)
        if messages:
            kept.append(Arrived(messages[::-1], batch.connection))
    return kept[::-1]
