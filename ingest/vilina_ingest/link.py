"""The connection to the broker, made again whenever it breaks.

One thread reads and writes the socket. It only hands over what happened, and whoever it is handed to only hands back
what is to be sent, so neither waits for the other. When the thread ends, whatever the reason, that is an event too:
nobody goes on believing in a connection that nobody serves.
"""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import mqtt5

from vilina_edge.delivery.mqtt import BrokerAddress, Died, Disconnected
from vilina_ingest.conversation import KEEP_ALIVE_S, Arrived, Conversation, Event, Lost, Mailbox

RECONNECT_S: Final = (0.5, 30.0)
LASTING_S: Final = 2.0
"""A connection that ends sooner was none: somebody else of our name may be there, and both would go on for ever."""
CONNECT_S: Final = 10.0
PACKET_BYTES: Final = 256 * 1024
"""The broker keeps anything longer to itself. What is over our own limit but not absurd reaches the quarantine."""


class Link:
    """One connection to a broker, until `close`.

    `on_event` is called in the link's thread; it must only hand over. At each connection the link subscribes to its
    `filters`, and `Connected` says that the broker has agreed.
    """

    def __init__(
        self,
        *,
        client_id: str,
        broker: BrokerAddress,
        filters: Sequence[str],
        on_event: Callable[[Event], None],
        session_expiry_s: int,
        receive_maximum: int,
    ) -> None:
        self._on_event = on_event
        self._broker = broker
        self._hello = mqtt5.ConnectPacket(
            client_id, clean_start=False, keep_alive=KEEP_ALIVE_S, session_expiry_interval=session_expiry_s,
            receive_max=receive_maximum, max_packet_size=PACKET_BYTES,
        )  # fmt: skip
        self._filters = tuple(filters)
        self._mailbox = Mailbox()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mqtt {client_id}", daemon=True)

    def open(self) -> None:
        """Begin to connect, in the background and for as long as it takes."""
        self._thread.start()

    def close(self, *, wait_s: float = 5.0) -> None:
        """Take leave; what was handed over before is sent first."""
        self._closing.set()
        self._mailbox.wake()
        self._thread.join(wait_s)
        self._mailbox.close()

    def acknowledge(self, arrived: Iterable[Arrived]) -> None:
        """Tell the broker that we have these messages. Of an older connection it is void: the broker sends them again.

        What came with QoS 0 must not be acknowledged: a broker hangs up on who does.
        """
        self._mailbox.add_acks(
            (
                batch.connection,
                b"".join(mqtt5.PubAckPacket(m.packet_id).write() for m in batch.messages if m.packet_id),
            )
            for batch in arrived
        )

    def publish(self, letters: Iterable[tuple[str, bytes]]) -> None:
        """Send messages (topic, payload), QoS 1, on the connection there is. If it breaks they may be lost."""
        self._mailbox.add_letters(letters)

    def _run(self) -> None:
        reason, patience = "the connection was closed", RECONNECT_S[0]
        try:
            while not self._closing.is_set():
                began = time.monotonic()
                try:
                    self._converse()
                except (Lost, OSError, ValueError) as error:
                    self._on_event(Disconnected(str(error) or type(error).__name__))
                lasted = time.monotonic() - began > LASTING_S
                patience = RECONNECT_S[0] if lasted else min(2 * patience, RECONNECT_S[1])
                self._closing.wait(patience)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._on_event(Died(reason))

    def _converse(self) -> None:
        """One connection, from its beginning to its end."""
        try:
            wire = socket.create_connection((self._broker.host, self._broker.port), CONNECT_S)
        except OSError as error:
            raise Lost(f"it cannot be reached ({error})") from error
        with wire, selectors.DefaultSelector() as selector:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.setblocking(False)
            Conversation(
                wire=wire, selector=selector, mailbox=self._mailbox, on_event=self._on_event,
                hello=self._hello, filters=self._filters, closing=self._closing.is_set,
            ).hold()  # fmt: skip
