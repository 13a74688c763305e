"""A counter without an eye, an outbox and a thread, so that a thousand fit into one process of a bench."""

import selectors
import socket
from typing import Final

import mqtt5

from vilina_edge.delivery.publish import WINDOW
from vilina_edge.wire import CommitAck, Message, Topic, decode, encode

SUBSCRIPTION: Final = 65535


class LightCounter:
    """Speaks MQTT through the same library as ingest, and keeps to a counter's rule: at most `WINDOW` reports that are
    not committed. Nothing is sent again: what gets no commit ack is lost, and the bench says so."""

    def __init__(self, name: str, *, site: str, port: int) -> None:
        self.name = name
        self._site = site
        self.sent = 0
        """Reports."""
        self.committed: set[int] = set()
        self._on_the_wire = 0
        self._allowed = 0
        self._packets = 0
        self._incoming, self._outgoing = bytearray(), bytearray()
        self._wire = socket.create_connection(("127.0.0.1", port))
        self._wire.setblocking(False)
        self._outgoing += mqtt5.ConnectPacket(name, clean_start=True, receive_max=1000).write()

    def listen(self, selector: selectors.BaseSelector) -> None:
        """Have the selector say when the broker said something; `hear` it then."""
        selector.register(self._wire, selectors.EVENT_READ, self)

    @property
    def room(self) -> bool:
        """Whether another report may be sent."""
        return self._on_the_wire < self._allowed and self.sent - len(self.committed) < WINDOW

    def report(self, report: Message) -> None:
        self.sent += 1
        self._on_the_wire += 1
        self._packets += 1
        self._put("report", report, mqtt5.QoS.AT_LEAST_ONCE, self._packets % (SUBSCRIPTION - 1) + 1)

    def health(self, health: Message) -> None:
        self._put("health", health, mqtt5.QoS.AT_MOST_ONCE, None)

    def turn(self) -> None:
        """Write what is to be sent."""
        if self._outgoing:
            try:
                del self._outgoing[: self._wire.send(self._outgoing)]
            except BlockingIOError:
                return

    def hear(self) -> None:
        """What the broker says."""
        self._incoming += self._wire.recv(65536)
        position = 0
        with memoryview(self._incoming) as view:
            while position < len(view):
                with view[position:] as rest:
                    try:
                        packet, length = mqtt5.read(rest)
                    except IndexError:
                        break
                position += length
                self._handle(packet)
        del self._incoming[:position]

    def _put(self, channel: str, message: Message, qos: mqtt5.QoS, number: int | None) -> None:
        topic = f"vilina/v1/{self._site}/{self.name}/{channel}"
        self._outgoing += mqtt5.PublishPacket(topic, encode(message), qos=qos, packet_id=number).write()

    def _handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnAckPacket():
                self._allowed = min(packet.receive_max, WINDOW)
                acks = mqtt5.TopicFilter(
                    str(Topic(self._site, self.name, "ack")), max_qos=mqtt5.QoS.AT_LEAST_ONCE
                )
                self._outgoing += mqtt5.SubscribePacket(SUBSCRIPTION, [acks]).write()
            case mqtt5.PubAckPacket():
                self._on_the_wire -= 1
            case mqtt5.PublishPacket():
                for part in decode(packet.payload, CommitAck).committed:
                    self.committed.update(range(part.first, part.last + 1))
                if packet.packet_id is not None:
                    self._outgoing += mqtt5.PubAckPacket(packet.packet_id).write()
