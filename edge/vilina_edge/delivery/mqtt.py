"""A paho MQTT 5 client whose callbacks do nothing but hand over what happened.

An exception in a paho callback ends paho's thread while `is_connected()` stays true. So no work is done in
callbacks, the network loop runs in a thread of ours, and its end, whatever the reason, is an event like any other.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

KEEP_ALIVE_S: Final = 15
RECONNECT_S: Final = (1, 30)
NO_SUBSCRIBERS: Final = 0x10
"""The reason code of MQTT 5 (3.4.2.1) with which a broker may say so; those that do not only make us wait longer."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the MQTT broker listens."""

    host: str = "127.0.0.1"
    port: int = 1883

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker let us in."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker will not do what we asked: connect, subscribe or publish."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """The broker took a message of ours, and had nobody to give it to: it went nowhere."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message. `connection` counts connections: an acknowledgement is only good on its own."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int


@dataclass(frozen=True, slots=True)
class Died:
    """The network thread is over and will not come back."""

    reason: str


Event = Connected | Disconnected | Refused | Unheard | Arrived | Died


class Client:
    """One connection to a broker, made again whenever it breaks, until `close`.

    `on_event` is called in the network's thread; it must only hand over.
    """

    def __init__(
        self,
        *,
        client_id: str,
        broker: BrokerAddress,
        on_event: Callable[[Event], None],
        session_expiry_s: int = 0,
        receive_maximum: int = 100,
        manual_ack: bool = False,
    ) -> None:
        self._on_event = on_event
        self._broker = broker
        self._connection = 0
        self._clean = session_expiry_s == 0
        self._properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        self._properties.SessionExpiryInterval = session_expiry_s
        self._properties.ReceiveMaximum = receive_maximum
        self._paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, manual_ack=manual_ack
        )
        self._paho.reconnect_delay_set(*RECONNECT_S)
        self._paho.max_inflight_messages_set(receive_maximum)
        self._paho.on_connect = self._connected
        self._paho.on_connect_fail = self._unreachable
        self._paho.on_disconnect = self._disconnected
        self._paho.on_message = self._arrived
        self._paho.on_publish = self._published
        self._paho.on_subscribe = self._subscribed
        self._thread = threading.Thread(target=self._loop, name=f"mqtt {client_id}", daemon=True)

    def set_will(self, topic: str, payload: bytes) -> None:
        """What the broker says for us, retained, when we vanish. Before `open`."""
        self._paho.will_set(topic, payload, qos=1, retain=True)

    def open(self) -> None:
        """Begin to connect, in the background and for as long as it takes."""
        self._paho.connect_async(
            self._broker.host,
            self._broker.port,
            keepalive=KEEP_ALIVE_S,
            clean_start=self._clean,
            properties=self._properties,
        )
        self._thread.start()

    def close(self, *, wait_s: float = 2.0) -> None:
        """Take leave; what was published before is sent first."""
        self._paho.disconnect()
        self._thread.join(wait_s)

    def subscribe(self, *topics: str) -> None:
        self._paho.subscribe([(topic, SubscribeOptions(qos=1)) for topic in topics])

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self._paho.publish(topic, payload, qos=qos, retain=retain)

    def acknowledge(self, message: Arrived) -> None:
        """Tell the broker that we have it. Of an older connection it is void: the broker sends it again.

        What came with QoS 0 must not be acknowledged: a broker hangs up on who does.
        """
        if message.qos > 0 and message.connection == self._connection:
            self._paho.ack(message.mid, message.qos)

    def _loop(self) -> None:
        reason = "the connection was closed"
        try:
            self._paho.loop_forever(retry_first_connection=True)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._on_event(Died(reason))

    def _connected(
        self, _c: object, _u: object, flags: paho.ConnectFlags, code: ReasonCode, _p: object
    ) -> None:
        if code.is_failure:
            self._on_event(Refused("the connection", str(code)))
            return
        self._connection += 1
        self._on_event(Connected())

    def _unreachable(self, _c: object, _u: object) -> None:
        self._on_event(Disconnected("it cannot be reached"))

    def _disconnected(self, _c: object, _u: object, _f: object, code: ReasonCode, _p: object) -> None:
        self._on_event(Disconnected(str(code)))

    def _arrived(self, _c: object, _u: object, message: paho.MQTTMessage) -> None:
        self._on_event(
            Arrived(message.topic, bytes(message.payload), message.mid, message.qos, self._connection)
        )

    def _published(self, _c: object, _u: object, _mid: int, code: ReasonCode, _p: object) -> None:
        if code.is_failure:
            self._on_event(Refused("a message", str(code)))
        elif code.value == NO_SUBSCRIBERS:
            self._on_event(Unheard())

    def _subscribed(self, _c: object, _u: object, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        for code in codes:
            if code.is_failure:
                self._on_event(Refused("a subscription", str(code)))
