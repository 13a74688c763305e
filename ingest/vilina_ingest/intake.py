"""What a batch of messages means: pure, from bytes to points, states and refusals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from vilina_edge.errors import WireError
from vilina_edge.wire import (
    CommitAck,
    Committed,
    ConfigAck,
    Health,
    Report,
    Status,
    Topic,
    Validation,
    decode,
    decode_report,
)
from vilina_ingest.directory import Directory, Sender
from vilina_ingest.errors import RefusedReport, UnknownName
from vilina_ingest.points import Point, points_of
from vilina_ingest.quarantine import Quarantined, Stranger
from vilina_ingest.sequences import Numbers
from vilina_ingest.store import Batch, Told

ACK_RANGES: Final = 100


@dataclass(slots=True)
class Intake:
    """The sum of a batch that arrived `at`: what to store, what to refuse, and whom to tell."""

    at: datetime
    points: list[Point] = field(default_factory=list)
    statuses: list[Told[Status]] = field(default_factory=list)
    healths: list[Told[Health]] = field(default_factory=list)
    config_acks: list[Told[ConfigAck]] = field(default_factory=list)
    validations: list[Told[Validation]] = field(default_factory=list)
    refused: list[Quarantined] = field(default_factory=list)
    strangers: dict[str, Stranger] = field(default_factory=dict)
    """Counters that the site does not have, by name."""
    kept: dict[str, list[Numbers]] = field(default_factory=dict)
    """By counter, what is to be acknowledged once all of this is on disk."""
    newest: dict[str, datetime] = field(default_factory=dict)
    """By counter, the end of the last report."""
    reports: int = 0

    def batch(self) -> Batch:
        """What the store is to keep."""
        return Batch(self.points, self.statuses, self.healths, self.config_acks, self.validations)


def take_in(messages: Iterable[tuple[str, bytes]], directory: Directory, at: datetime) -> Intake:
    """Sort messages (topic, payload) that arrived `at`. Never raises for what a message says."""
    intake = Intake(at)
    for topic, payload in messages:
        route = directory.routes.get(topic)
        try:
            if route is None:
                _take_unrouted(intake, topic, directory)
                continue
            sender, known = route
            match known.channel:
                case "report":
                    _take_report(intake, sender, decode_report(known, payload))
                case "status":
                    status = decode(payload, Status)
                    # A last will has no time: it is as old as its arrival.
                    dated = msgspec.structs.replace(status, at=status.at or at)
                    intake.statuses.append(Told(sender.site, sender.counter, dated))
                case "health":
                    intake.healths.append(Told(sender.site, sender.counter, decode(payload, Health)))
                case "config/ack":
                    intake.config_acks.append(Told(sender.site, sender.counter, decode(payload, ConfigAck)))
                case "validation":
                    _take_validation(intake, sender, payload)
        except (WireError, UnknownName) as error:
            counter = None if route is None else route[0].counter
            intake.refused.append(_quarantined(at, counter, topic, str(error), payload))
    return intake


def commit_acks(kept: Mapping[str, Iterable[Numbers]]) -> list[tuple[str, CommitAck]]:
    """The acks (counter, ack) for what is kept, as few and short as they can be."""
    acks = []
    for counter, numbers in kept.items():
        ranges = iter(_ranges(numbers))
        while part := tuple(islice(ranges, ACK_RANGES)):
            acks.append((counter, CommitAck(committed=part)))
    return acks


def refuse(
    intake: Intake,
    reports: Iterable[RefusedReport],
    messages: Iterable[tuple[str, bytes]],
    directory: Directory,
) -> None:
    """Move what the store will never take from what is kept to what is refused.

    Its payload is found again among the batch's `messages`. A report is not acknowledged: its counter keeps it.
    """
    reasons = {(one.counter, one.boot, one.seq): one.reason for one in reports}
    for topic, payload in messages:
        route = directory.routes.get(topic)
        if route is None or route[1].channel not in {"report", "validation"}:
            continue
        counter, of_report = route[0].counter, route[1].channel == "report"
        try:
            said = decode(payload, Report) if of_report else decode(payload, Validation)
        except WireError:
            continue
        number = (
            Numbers(said.boot, said.first, said.seq) if isinstance(said, Report) else Numbers(said.id, 1, 1)
        )
        reason = reasons.get((counter, number.boot, number.last))
        if reason is None:
            continue
        intake.refused.append(_quarantined(intake.at, counter, topic, f"the store: {reason}", payload))
        if of_report and number in intake.kept[counter]:
            intake.kept[counter].remove(number)
            intake.reports -= 1


def _quarantined(at: datetime, counter: str | None, topic: str, reason: str, payload: bytes) -> Quarantined:
    return Quarantined(
        first=at, last=at, counter=counter, topic=topic, reason=reason, payload=payload, times=1
    )


def _take_report(intake: Intake, sender: Sender, report: Report) -> None:
    intake.points += points_of(report, sender)
    intake.kept.setdefault(sender.counter, []).append(Numbers(report.boot, report.first, report.seq))
    intake.newest[sender.counter] = report.end
    intake.reports += 1


def _take_validation(intake: Intake, sender: Sender, payload: bytes) -> None:
    """One of an unknown line is quarantined, and acknowledged: nobody else will ever ask for it again."""
    validation = decode(payload, Validation)
    intake.kept.setdefault(sender.counter, []).append(Numbers(validation.id, 1, 1))
    if validation.line not in sender.lines:
        raise UnknownName(f"counter {sender.counter} has no line {validation.line!r} in site {sender.site}")
    intake.validations.append(Told(sender.site, sender.counter, validation))


def _take_unrouted(intake: Intake, text: str, directory: Directory) -> None:
    """A message of a counter that the site does not have, or one that nobody should send."""
    topic = Topic.parse(text)
    if topic.site != directory.site:
        raise UnknownName(f"this is site {directory.site!r}, the message is for {topic.site!r}")
    if topic.counter in directory.senders:
        raise WireError(f"a counter is sent its {topic.channel}, and does not send it")
    known = intake.strangers.get(topic.counter)
    messages = 1 if known is None else known.messages + 1
    intake.strangers[topic.counter] = Stranger(
        topic.counter, first=intake.at, last=intake.at, messages=messages
    )


def _ranges(numbers: Iterable[Numbers]) -> list[Committed]:
    """Sequence numbers as ranges; a range only spans what was stored, so it never acknowledges anything else."""
    ranges: list[Committed] = []
    boot, first, last = "", 0, -1
    for one in sorted(numbers):
        if one.boot == boot and one.first <= last + 1:
            last = max(last, one.last)
            continue
        if boot:
            ranges.append(Committed(boot=boot, first=first, last=last))
        boot, first, last = one
    if boot:
        ranges.append(Committed(boot=boot, first=first, last=last))
    return ranges
