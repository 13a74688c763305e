"""MQTT 5 on one connection: spoken by the library `mqtt5`, which does no I/O, through a socket of ours."""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import mqtt5

from vilina_edge.delivery.mqtt import Connected, Died, Disconnected, Refused

KEEP_ALIVE_S: Final = 15
READ_BYTES: Final = 256 * 1024
LETTERS: Final = 10_000
FAILURE: Final = 0x80
"""MQTT reason codes from here on are refusals."""
FOR_NOW: Final = (
    mqtt5.ConnAckReasonCode.SERVER_UNAVAILABLE,
    mqtt5.ConnAckReasonCode.SERVER_BUSY,
    mqtt5.ConnAckReasonCode.QUOTA_EXCEEDED,
    mqtt5.ConnAckReasonCode.CONNECTION_RATE_EXCEEDED,
)
"""Those after which it is worth to come again."""
SUBSCRIPTION: Final = 1
"""The packet id of our only subscription; letters have the others."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Messages, in their order. `connection` counts connections: an acknowledgement is only good on its own."""

    messages: Sequence[mqtt5.PublishPacket]
    connection: int


Event = Connected | Disconnected | Refused | Arrived | Died


class Lost(Exception):  # noqa: N818 - no failure of ours: the connection is made again
    """The connection is of no use any more."""


class Mailbox:
    """What is to be sent. Any thread may put something in; the link's thread takes it out when it is woken."""

    def __init__(self) -> None:
        self.connection = 0
        self._lock = threading.Lock()
        self._acks: list[tuple[int, bytes]] = []
        self._letters: deque[tuple[str, bytes]] = deque(maxlen=LETTERS)
        self._bell, self.woken = socket.socketpair()
        self._bell.setblocking(False)
        self.woken.setblocking(False)

    def close(self) -> None:
        self._bell.close()
        self.woken.close()

    def add_acks(self, acks: Iterable[tuple[int, bytes]]) -> None:
        """Packets that acknowledge messages, each with the number of the connection they are good on."""
        with self._lock:
            self._acks += acks
        self.wake()

    def add_letters(self, letters: Iterable[tuple[str, bytes]]) -> None:
        with self._lock:
            self._letters.extend(letters)
        self.wake()

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # then it has been woken often enough
            self._bell.send(b"\0")

    def new_connection(self) -> None:
        """What belonged to the one before is void."""
        with self._lock:
            self.connection += 1
            self._acks.clear()
            self._letters.clear()

    def take(self, room: int) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Acknowledgements that are good on this connection, and as many letters as there is room for."""
        with self._lock:
            acks = b"".join(packets for connection, packets in self._acks if connection == self.connection)
            self._acks.clear()
            letters = [self._letters.popleft() for _ in range(min(room, len(self._letters)))]
        return acks, letters


class Conversation:
    """What is under way on one connection, in one thread."""

    def __init__(
        self,
        *,
        wire: socket.socket,
        selector: selectors.BaseSelector,
        mailbox: Mailbox,
        on_event: Callable[[Event], None],
        hello: mqtt5.ConnectPacket,
        filters: Sequence[str],
        closing: Callable[[], bool],
    ) -> None:
        self._wire = wire
        self._selector = selector
        self._mailbox = mailbox
        self._on_event = on_event
        self._filters = filters
        self._closing = closing
        self._incoming = bytearray()
        self._outgoing = bytearray(hello.write())
        self._unconfirmed: set[int] = set()
        self._window = 0
        """How many letters the broker takes before it has confirmed the first; none before it has let us in."""
        self._last_id = SUBSCRIPTION
        self._sent = self._heard = time.monotonic()

    def hold(self) -> None:
        """Until somebody closes it.

        Raises:
            Lost, OSError, ValueError: the connection is broken, or what comes is not MQTT.
        """
        self._selector.register(self._wire, selectors.EVENT_READ)
        self._selector.register(self._mailbox.woken, selectors.EVENT_READ)
        while True:
            if self._window:
                self._collect()
            self._write()
            if self._closing():
                self._say_goodbye()
                return
            for key, events in self._selector.select(timeout=1.0):
                if key.fileobj is self._mailbox.woken:
                    self._mailbox.woken.recv(4096)
                elif events & selectors.EVENT_READ:
                    self._read()
            self._keep_alive()

    def _collect(self) -> None:
        """What is to be sent."""
        acks, letters = self._mailbox.take(self._window - len(self._unconfirmed))
        self._outgoing += acks
        for topic, payload in letters:
            number = self._free_id()
            self._unconfirmed.add(number)
            self._outgoing += mqtt5.PublishPacket(
                topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=number
            ).write()

    def _free_id(self) -> int:
        while True:
            self._last_id = self._last_id + 1 if self._last_id < 0xFFFF else SUBSCRIPTION + 1
            if self._last_id not in self._unconfirmed:
                return self._last_id

    def _write(self) -> None:
        if self._outgoing:
            with contextlib.suppress(BlockingIOError):
                del self._outgoing[: self._wire.send(self._outgoing)]
                self._sent = time.monotonic()
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outgoing else 0)
        if self._selector.get_key(self._wire).events != interest:
            self._selector.modify(self._wire, interest)

    def _read(self) -> None:
        received = self._wire.recv(READ_BYTES)
        if not received:
            raise Lost("the broker hung up")
        self._heard = time.monotonic()
        self._incoming += received
        packets = self._packets()
        for packet in packets:
            self._handle(packet)
        messages = [packet for packet in packets if isinstance(packet, mqtt5.PublishPacket)]
        if messages:
            self._on_event(Arrived(messages, self._mailbox.connection))

    def _packets(self) -> list[mqtt5.Packet]:
        """The packets that have come whole."""
        packets, position = [], 0
        with memoryview(self._incoming) as view:
            while position < len(view):
                with view[position:] as rest:
                    try:
                        packet, length = mqtt5.read(rest)
                    except IndexError:  # its end has not come yet
                        break
                packets.append(packet)
                position += length
        del self._incoming[:position]
        return packets

    def _handle(self, packet: mqtt5.Packet) -> None:
        """What is between us and the broker, and no message."""
        match packet:
            case mqtt5.PubAckPacket():
                self._unconfirmed.discard(packet.packet_id)
                self._check("a message", packet.reason_code)
            case mqtt5.ConnAckPacket():
                if packet.reason_code in FOR_NOW:
                    raise Lost(f"the broker says {_words(packet.reason_code.name)}")
                self._check("the connection", packet.reason_code)
                self._window = packet.receive_max
                self._mailbox.new_connection()
                filters = [mqtt5.TopicFilter(name, max_qos=mqtt5.QoS.AT_LEAST_ONCE) for name in self._filters]
                self._outgoing += mqtt5.SubscribePacket(SUBSCRIPTION, filters).write()
            case mqtt5.SubAckPacket():
                for code in packet.reason_codes:
                    self._check("a subscription", code)
                self._on_event(Connected())
            case mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER):
                self._on_event(Refused("a second ingest of this site", "let both --share the work"))
            case mqtt5.DisconnectPacket():
                raise Lost(f"the broker says {_words(packet.reason_code.name)}")

    def _check(
        self, what: str, code: mqtt5.ConnAckReasonCode | mqtt5.SubAckReasonCode | mqtt5.PubAckReasonCode
    ) -> None:
        if int(code) >= FAILURE:  # the library says IntEnum, but cannot compare it
            self._on_event(Refused(what, _words(code.name)))

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._heard > 2 * KEEP_ALIVE_S:
            raise Lost(f"the broker has said nothing for {2 * KEEP_ALIVE_S} s")
        if now - self._sent >= KEEP_ALIVE_S / 2:
            self._outgoing += mqtt5.PingReqPacket().write()

    def _say_goodbye(self) -> None:
        self._wire.settimeout(1.0)
        self._wire.sendall(self._outgoing + mqtt5.DisconnectPacket().write())


def _words(code: str) -> str:
    return code.lower().replace("_", " ")
