"""Telling the site what a counter counts from now on, and hearing what the counter makes of it."""

import queue
import time
from dataclasses import dataclass
from typing import Final

from vilina_edge.delivery.mqtt import Arrived, BrokerAddress, Client, Connected, Died, Event, Refused
from vilina_edge.errors import WireError
from vilina_edge.wire import Config, ConfigAck, Topic, decode, encode

REACH_S: Final = 4.0
ANSWER_S: Final = 3.0
"""So long the broker may take, and after that the counter, if it runs."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whether the broker has the config, else why not; and what a running counter answered, if one did."""

    taken: bool
    reason: str | None = None
    answer: ConfigAck | None = None


def tell_site(config: Config, *, site: str, counter: str, broker: BrokerAddress) -> Told:
    """Publish a config, retained. The broker has it when it sends it back to us; takes some seconds at most."""
    topic, answers = (str(Topic(site, counter, channel)) for channel in ("config", "config/ack"))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    client = Client(client_id=f"vilina-{site}-{counter}-calibrate", broker=broker, on_event=events.put)
    payload = encode(config)
    client.open()
    try:
        told = Told(taken=False, reason="it cannot be reached")
        until = time.monotonic() + REACH_S
        while (event := _next(events, until)) is not None:
            match event:
                case Connected():
                    client.subscribe(topic, answers)
                    client.publish(topic, payload, retain=True)
                    told = Told(taken=False, reason="it did not answer")
                case Refused(what, reason):
                    return Told(taken=False, reason=f"it refuses {what}: {reason}")
                case Died(reason):
                    return Told(taken=False, reason=reason)
                case Arrived(topic=where, payload=back) if where == topic and back == payload:
                    told = Told(taken=True, answer=told.answer)
                    until = time.monotonic() + ANSWER_S
                case Arrived(topic=where, payload=said) if where == answers:
                    told = Told(told.taken, told.reason, _answer(said, config.version) or told.answer)
            if told.taken and told.answer is not None:
                break
        return told
    finally:
        client.close()


def _next(events: queue.SimpleQueue[Event], until: float) -> Event | None:
    try:
        return events.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        return None


def _answer(payload: bytes, version: int) -> ConfigAck | None:
    """The counter's answer to this version."""
    try:
        ack = decode(payload, ConfigAck)
    except WireError:
        return None
    return ack if ack.version == version else None
