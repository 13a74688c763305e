"""From the broker into the store: a batch at a time, and acknowledged only when it is on disk.

The network's thread only hands messages over. MQTT's receive maximum bounds how many can be under way, so memory
stays flat when the store is down: nothing is acknowledged, and the broker sends no more.
"""

import logging
import queue
from collections.abc import Callable, Iterator
from typing import Final

from vilina_edge.clock import Clock
from vilina_edge.delivery.mqtt import (
    Arrived,
    BrokerAddress,
    Client,
    Connected,
    Died,
    Disconnected,
    Event,
    Refused,
)
from vilina_edge.wire import PREFIX, Topic, encode
from vilina_ingest.errors import BrokerError, StoreError
from vilina_ingest.intake import Intake, batch_of, commit_acks, take_in
from vilina_ingest.quarantine import Quarantine
from vilina_ingest.site import Site
from vilina_ingest.store import Store

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Messages under way at once, and so the most that one transaction holds."""
WAIT_S: Final = 0.25
RETRY_S: Final = 1.0
SESSION_S: Final = 3600
CHANNELS: Final = ("report", "status", "health", "config/ack", "validation")


class Ingest:
    """Runs in the thread that calls `run`, until `stop`."""

    def __init__(
        self, *, site: Site, store: Store, quarantine: Quarantine, broker: BrokerAddress, clock: Clock
    ) -> None:
        self._site = site
        self._store = store
        self._quarantine = quarantine
        self._clock = clock
        self._broker = broker
        self._not_before = 0.0
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._client = Client(
            client_id=f"vilina-ingest-{site.id}", broker=broker, on_event=self._events.put,
            session_expiry_s=SESSION_S, receive_maximum=BATCH, manual_ack=True,
        )  # fmt: skip

    def stop(self) -> None:
        """End `run` after the batch in hand; may be called from a signal handler or another thread."""
        self._events.put(None)

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Store what arrives, until stopped. `on_ready` is called at each connection.

        Raises:
            BrokerError: the connection died for good, or the broker refuses us.
        """
        pending: list[Arrived] = []
        self._client.open()
        try:
            while True:
                for event in self._next_events():
                    match event:
                        case None:
                            return
                        case Arrived():
                            pending.append(event)
                        case Connected():
                            # What an older connection left unacknowledged comes again on this one.
                            pending.clear()
                            self._subscribe()
                            on_ready()
                        case Disconnected(reason):
                            log.warning("no connection to the broker at %s: %s", self._broker, reason)
                        case Refused(what, reason):
                            raise BrokerError(f"the broker at {self._broker} refuses {what}: {reason}")
                        case Died(reason):
                            raise BrokerError(
                                f"the connection to the broker at {self._broker} is over: {reason}"
                            )
                if pending and self._clock.monotonic() >= self._not_before:
                    self._commit(pending)
        finally:
            self._client.close()

    def _subscribe(self) -> None:
        self._client.subscribe(*(f"{PREFIX}/{self._site.id}/+/{channel}" for channel in CHANNELS))

    def _next_events(self) -> Iterator[Event | None]:
        """What has happened: waits a little for the first event, then takes what is there."""
        try:
            yield self._events.get(timeout=WAIT_S)
            for _ in range(BATCH - 1):
                yield self._events.get_nowait()
        except queue.Empty:
            return

    def _commit(self, pending: list[Arrived]) -> None:
        """Store what is pending and acknowledge it, first to the counters, then to the broker.

        If the store will not have it, all of it stays pending, unacknowledged, and is tried again.
        """
        intake = take_in(((m.topic, m.payload) for m in pending), self._site, self._clock.now())
        try:
            self._keep(intake)
        except StoreError as error:
            self._not_before = self._clock.monotonic() + RETRY_S
            log.error("%s; %d messages wait", error, len(pending))  # noqa: TRY400 - the text says it all
            return
        for counter, ack in commit_acks(intake.stored):
            self._client.publish(str(Topic(self._site.id, counter, "ack")), encode(ack))
        for message in pending:
            self._client.acknowledge(message)
        pending.clear()

    def _keep(self, intake: Intake) -> None:
        if intake.refused:
            self._quarantine.add(intake.refused)
            for message in intake.refused:
                log.warning("quarantined a message on %s: %s", message.topic, message.reason)
        self._store.write(batch_of(intake, self._site.id))
