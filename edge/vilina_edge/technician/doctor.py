"""Whether a counter can work, one thing after the other: each is well, or says what to do."""

import queue
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from vilina_edge import machine
from vilina_edge.delivery.dating import TRUSTED_SINCE
from vilina_edge.delivery.mqtt import Client, Connected, Disconnected, Event, Refused
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.errors import ConfigError, OutboxError
from vilina_edge.eye.messages import VITALS_EVERY, Blind, Ended, Message, Seen, Task, Trouble, Vitals
from vilina_edge.eye.messages import Refused as EyeRefused
from vilina_edge.eye.process import EyeProcess, Gone
from vilina_edge.settings import CounterSettings
from vilina_edge.sources import is_local
from vilina_edge.wire import BlindReason

LOOK_S: Final = 30.0
"""So long the eye may take until it has told how it feels."""
ANSWER_S: Final = 5.0
FEW_FRAMES: Final = 5.0
"""Frames a second: with fewer, somebody in a hurry is seen too seldom around the line."""
LITTLE_ROOM_MB: Final = 200
HOT_C: Final = 80.0
OFFSET_S: Final = 1.0
REMEDIES: Final[dict[BlindReason, str]] = {
    "no_frames": "check the cable, the power and the address; is another program using the camera?",
    "frozen": "always the same picture: restart the camera",
    "dark": "too dark to see people: switch on the light, or turn up the exposure",
    "blurred": "out of focus: clean the lens, then turn it until the picture is sharp",
    "blocked": "something covers the view: take it away",
    "moved": "the camera has moved since it was calibrated: turn it back, or calibrate again",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing; the text of what is not well says what to do."""

    what: str
    well: bool
    text: str


def findings(settings: CounterSettings) -> Iterator[Finding]:
    """Everything, as it is found out."""
    yield from camera(settings)
    yield clock(datetime.now(UTC), machine.clock_offset_s())
    yield disk(settings)
    yield outbox(settings)
    yield heat(machine.temperature_c(), throttled=machine.throttled())
    yield broker(settings)
    yield certificate(settings)


def camera(settings: CounterSettings) -> Iterator[Finding]:
    """The camera, the model and the plan, by letting an eye look for some seconds."""
    try:
        task = Task(
            source=settings.source, config=settings.config, detector=settings.detector, threads=settings.threads,
            detail=settings.detail, pose=settings.pose_text(), utc=datetime.now(UTC), repeat=True,
        )  # fmt: skip
    except ConfigError as error:
        yield Finding("camera", False, str(error))
        return
    with EyeProcess(task) as eye:
        yield from looked(_messages(eye.next))


def looked(messages: Iterator[Message]) -> Iterator[Finding]:
    """What an eye said, up to its first vitals."""
    seen = False
    trouble = "it gives no pictures; " + REMEDIES["no_frames"]
    for message in messages:
        match message:
            case Seen():
                seen = True
            case Blind(reason=reason):
                trouble = REMEDIES[reason]
                if reason != "no_frames":
                    break
            case Trouble(text):
                trouble = text
            case EyeRefused(text):
                trouble = text
                break
            case Vitals() if seen:
                yield from _vitals(message)
                return
            case _:
                pass
    yield Finding("camera", False, trouble)


def _vitals(vitals: Vitals) -> Iterator[Finding]:
    per_second = vitals.frames / VITALS_EVERY.total_seconds()
    told = f"{per_second:.1f} frames a second, brightness {vitals.brightness or 0:.0f} of 255"
    if per_second < FEW_FRAMES:
        told += "; that is few: `vilina edge bench` says which settings are faster here"
    yield Finding("camera", per_second >= FEW_FRAMES, told)
    ms = 1000 * vitals.detect_s / max(vitals.detected, 1)
    yield Finding("model", True, f"{ms:.0f} ms for each frame it looks at")


def _messages(listen: Callable[[float], Message | Gone | None]) -> Iterator[Message]:
    for _ in range(round(LOOK_S)):
        message = listen(1.0)
        while message is not None and not isinstance(message, Gone | Ended):
            yield message
            message = listen(1.0)
        if message is not None:
            return


def clock(now: datetime, offset_s: float | None) -> Finding:
    """Whether reports will be dated right."""
    if now < TRUSTED_SINCE:
        return Finding(
            "clock", False, f"it shows {now:%Y-%m-%d}: set it, or let it be set: timedatectl set-ntp true"
        )
    if offset_s is None:
        return Finding("clock", False, "nobody keeps it in time: sudo timedatectl set-ntp true")
    if abs(offset_s) > OFFSET_S:
        return Finding("clock", False, f"it is off by {offset_s:+.1f} s: is the time server reached?")
    return Finding("clock", True, f"in time, within {abs(offset_s) * 1000:.1f} ms")


def disk(settings: CounterSettings) -> Finding:
    """Whether the outbox has room."""
    folder = settings.outbox.absolute().parent
    free = machine.disk_free_mb(folder)
    if free is None:
        return Finding("disk", False, f"there is no folder {folder}: make it, or name another `outbox`")
    if free < LITTLE_ROOM_MB:
        return Finding("disk", False, f"only {free} MB free: make room, the outbox may need {LITTLE_ROOM_MB}")
    return Finding("disk", True, f"{free} MB free")


def outbox(settings: CounterSettings) -> Finding:
    """Whether reports can be kept, and how many wait."""
    try:
        box = Outbox.open(settings.outbox)
        waiting = len(box)
        box.close()
    except (OutboxError, sqlite3.Error) as error:
        return Finding("outbox", False, str(error))
    return Finding("outbox", True, f"{waiting} reports wait for the site" if waiting else "nothing waits")


def heat(temperature_c: float | None, *, throttled: bool | None) -> Finding:
    """Whether the processor may work as fast as it can."""
    if throttled:
        return Finding("heat", False, "the processor is slowed down: better power supply, or more air")
    if temperature_c is None:
        return Finding("heat", True, "this computer does not tell")
    if temperature_c > HOT_C:
        return Finding("heat", False, f"{temperature_c:.0f} °C: more air, or out of the sun")
    return Finding("heat", True, f"{temperature_c:.0f} °C")


def broker(settings: CounterSettings) -> Finding:
    """Whether reports can go out: the broker lets us in, and lets us hear our acks and configs."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    name = f"vilina-doctor-{secrets.token_hex(4)}"
    client = Client(client_id=name, broker=settings.broker, on_event=events.put)
    client.open()
    try:
        event = events.get(timeout=ANSWER_S)
    except queue.Empty:
        event = Disconnected("it does not answer")
    finally:
        client.close()
    match event:
        case Connected():
            return Finding("broker", True, f"{settings.broker} lets us in")
        case Refused(_, reason):
            return Finding(
                "broker", False, f"{settings.broker} refuses us: {reason}; check its users and rights"
            )
        case Disconnected(reason):
            text = f"{settings.broker}: {reason}; is it running, is the address right, does a firewall stand between?"
            return Finding("broker", False, text)
        case _:
            return Finding("broker", False, f"{settings.broker} hangs up: {event}")


def certificate(settings: CounterSettings) -> Finding:
    """Whether the way to the broker is protected."""
    if settings.broker_host in {"127.0.0.1", "::1", "localhost"}:
        return Finding("certificate", True, "none, and none is needed: the broker is on this machine")
    network = "" if is_local(settings.source) else " as the camera's is"
    text = f"none: the way to the broker is not encrypted{network}; keep both in a network of their own"
    return Finding("certificate", False, text)
