"""What a batch of messages means: pure, from bytes to points, states and refusals."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from vilina_edge.errors import WireError
from vilina_edge.wire import CommitAck, Committed, Health, Report, Status, Topic, decode, decode_report
from vilina_ingest.errors import UnknownName
from vilina_ingest.points import Point, points
from vilina_ingest.quarantine import Quarantined
from vilina_ingest.site import Site

ACK_RANGES = 100


@dataclass(slots=True)
class Intake:
    """The sum of a batch that arrived `at`: what to store, what to refuse, and whom to tell."""

    at: datetime
    points: list[Point] = field(default_factory=list)
    statuses: list[tuple[str, Status]] = field(default_factory=list)
    healths: list[tuple[str, Health]] = field(default_factory=list)
    refused: list[Quarantined] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


def take_in(messages: Iterable[tuple[str, bytes]], site: Site, at: datetime) -> Intake:
    """Sort messages (topic, payload) that arrived `at`. Never raises for what a message says."""
    intake = Intake(at)
    for topic, payload in messages:
        try:
            _take(intake, Topic.parse(topic), payload, site)
        except (WireError, UnknownName) as error:
            intake.refused.append(Quarantined(at, topic, str(error), payload, times=1))
    return intake


def commit_acks(reports: Iterable[Report]) -> list[tuple[str, CommitAck]]:
    """The acks (counter, ack) for reports that are stored, as few and short as they can be."""
    acks = []
    for counter, of_counter in groupby(sorted(reports, key=_identity), key=lambda report: report.counter):
        ranges = _ranges(of_counter)
        acks += [
            (counter, CommitAck(committed=tuple(ranges[i : i + ACK_RANGES])))
            for i in range(0, len(ranges), ACK_RANGES)
        ]
    return acks


def _take(intake: Intake, topic: Topic, payload: bytes, site: Site) -> None:
    if topic.site != site.id:
        raise UnknownName(f"this is site {site.id!r}, the message is for {topic.site!r}")
    if topic.counter not in {counter.id for counter in site.counters}:
        raise UnknownName(f"site {site.id} has no counter {topic.counter!r}; add it to the site file")
    match topic.channel:
        case "report":
            report = decode_report(topic, payload)
            intake.points += points(report, site)
            intake.reports.append(report)
        case "status":
            intake.statuses.append((topic.counter, decode(payload, Status)))
        case "health":
            intake.healths.append((topic.counter, decode(payload, Health)))
        case "ack":
            raise WireError("ingest sends acks, it does not take them")


def _identity(report: Report) -> tuple[str, str, int]:
    return (report.counter, report.boot, report.seq)


def _ranges(reports: Iterable[Report]) -> list[Committed]:
    """Sequence numbers as ranges; a range only spans what was stored, so it never acknowledges anything else."""
    ranges: list[Committed] = []
    for report in reports:
        previous = ranges[-1] if ranges else None
        if previous and previous.boot == report.boot and report.first <= previous.last + 1:
            ranges[-1] = Committed(
                boot=report.boot, first=previous.first, last=max(previous.last, report.seq)
            )
        else:
            ranges.append(Committed(boot=report.boot, first=report.first, last=report.seq))
    return ranges
