"""What a batch of messages means: pure, from bytes to points, states and refusals."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import msgspec

from vilina_edge.errors import WireError
from vilina_edge.wire import (
    CommitAck,
    Committed,
    ConfigAck,
    Health,
    Status,
    Topic,
    Validation,
    decode,
    decode_report,
)
from vilina_ingest.errors import UnknownName
from vilina_ingest.points import Point, points
from vilina_ingest.quarantine import Quarantined
from vilina_ingest.site import Site
from vilina_ingest.store import Batch, Told

ACK_RANGES = 100


class Stored(NamedTuple):
    """Something of a counter that it forgets when told that it is stored: numbers `first` to `last` of a boot."""

    counter: str
    boot: str
    first: int
    last: int


@dataclass(slots=True)
class Intake:
    """The sum of a batch that arrived `at`: what to store, what to refuse, and whom to tell."""

    at: datetime
    points: list[Point] = field(default_factory=list)
    statuses: list[tuple[str, Status]] = field(default_factory=list)
    healths: list[tuple[str, Health]] = field(default_factory=list)
    refused: list[Quarantined] = field(default_factory=list)
    config_acks: list[tuple[str, ConfigAck]] = field(default_factory=list)
    validations: list[tuple[str, Validation]] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)
    """What is to be acknowledged once it is stored."""


def take_in(messages: Iterable[tuple[str, bytes]], site: Site, at: datetime) -> Intake:
    """Sort messages (topic, payload) that arrived `at`. Never raises for what a message says."""
    intake = Intake(at)
    for topic, payload in messages:
        try:
            _take(intake, Topic.parse(topic), payload, site)
        except (WireError, UnknownName) as error:
            intake.refused.append(Quarantined(at, topic, str(error), payload, times=1))
    return intake


def commit_acks(stored: Iterable[Stored]) -> list[tuple[str, CommitAck]]:
    """The acks (counter, ack) for what is stored, as few and short as they can be."""
    acks = []
    for counter, of_counter in groupby(sorted(stored, key=_order), key=lambda one: one.counter):
        ranges = _ranges(of_counter)
        acks += [
            (counter, CommitAck(committed=tuple(ranges[i : i + ACK_RANGES])))
            for i in range(0, len(ranges), ACK_RANGES)
        ]
    return acks


def batch_of(intake: Intake, site: str) -> Batch:
    """What the store is to keep of an intake; a status that has no time is as old as its arrival."""
    return Batch(
        points=intake.points,
        statuses=[
            Told(site, counter, msgspec.structs.replace(status, at=status.at or intake.at))
            for counter, status in intake.statuses
        ],
        healths=[Told(site, *told) for told in intake.healths],
        config_acks=[Told(site, *told) for told in intake.config_acks],
        validations=[Told(site, *told) for told in intake.validations],
    )


def _take(intake: Intake, topic: Topic, payload: bytes, site: Site) -> None:
    if topic.site != site.id:
        raise UnknownName(f"this is site {site.id!r}, the message is for {topic.site!r}")
    if topic.counter not in {counter.id for counter in site.counters}:
        raise UnknownName(f"site {site.id} has no counter {topic.counter!r}; add it to the site file")
    match topic.channel:
        case "report":
            report = decode_report(topic, payload)
            intake.points += points(report, site)
            intake.stored.append(Stored(topic.counter, report.boot, report.first, report.seq))
        case "status":
            intake.statuses.append((topic.counter, decode(payload, Status)))
        case "health":
            intake.healths.append((topic.counter, decode(payload, Health)))
        case "config/ack":
            intake.config_acks.append((topic.counter, decode(payload, ConfigAck)))
        case "validation":
            validation = decode(payload, Validation)
            if validation.line not in {line.id for line in site.lines_of(topic.counter)}:
                raise UnknownName(
                    f"counter {topic.counter} has no line {validation.line!r} in site {site.id}"
                )
            intake.validations.append((topic.counter, validation))
            intake.stored.append(Stored(topic.counter, validation.id, 1, 1))
        case "ack" | "config":
            raise WireError(f"a counter is sent its {topic.channel}, and does not send it")


def _order(stored: Stored) -> tuple[str, str, int]:
    return (stored.counter, stored.boot, stored.last)


def _ranges(stored: Iterable[Stored]) -> list[Committed]:
    """Sequence numbers as ranges; a range only spans what was stored, so it never acknowledges anything else."""
    ranges: list[Committed] = []
    for one in stored:
        previous = ranges[-1] if ranges else None
        if previous and previous.boot == one.boot and one.first <= previous.last + 1:
            ranges[-1] = Committed(boot=one.boot, first=previous.first, last=max(previous.last, one.last))
        else:
            ranges.append(Committed(boot=one.boot, first=one.first, last=one.last))
    return ranges
