"""From a report to points, the rows that every store keeps."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from vilina_edge.wire import GapReason, Report
from vilina_ingest.directory import Sender
from vilina_ingest.errors import UnknownName
from vilina_ingest.site import Site

NS_PER_MS: Final = 1_000_000
Quality = Literal["good", "time_uncertain", GapReason]


class CrossingsPoint(msgspec.Struct, frozen=True, gc=False):
    """What one report says of one line.

    `at_ns` (UTC, ns since 1970) is the last millisecond of the interval plus `boot + seq` mod 1,000,000 ns:
    unique for its line, the same each time the report comes, and inside the interval, so that every store's
    time buckets put it into the slot it was counted in. `seconds` of the interval were observed: 0 in a gap.
    """

    site: str
    counter: str
    line: str
    origin: str
    to: str
    at_ns: int
    entered: int
    left: int
    seconds: float
    boot: str
    seq: int
    first_seq: int
    quality: Quality


class PresencePoint(msgspec.Struct, frozen=True, gc=False):
    """What one report says of one area; time as in `CrossingsPoint`."""

    site: str
    counter: str
    area: str
    at_ns: int
    mean: float
    most: int
    waiting_mean: float | None
    waiting_most: int | None
    dwell: tuple[int, ...]
    seconds: float
    boot: str
    seq: int
    first_seq: int
    quality: Quality


Point = CrossingsPoint | PresencePoint


def points(report: Report, site: Site) -> list[Point]:
    """The points of a report.

    Raises:
        UnknownName: the counter has no such line or area in this site.
    """
    return points_of(report, Sender.of(site, report.counter))


def points_of(report: Report, sender: Sender) -> list[Point]:
    """The points of a report of this sender.

    Raises:
        UnknownName: it has no such line or area.
    """
    at_ns = point_time(report.end, boot=report.boot, seq=report.seq)
    seconds = 0.0 if report.gap else report.seconds
    quality = _quality(report)
    found: list[Point] = []
    for count in report.lines:
        line = sender.lines.get(count.line)
        if line is None:
            raise UnknownName(f"counter {sender.counter} has no line {count.line!r} in site {sender.site}")
        found.append(
            CrossingsPoint(
                site=sender.site,
                counter=sender.counter,
                line=line.id,
                origin=line.origin,
                to=line.to,
                at_ns=at_ns,
                entered=count.entered,
                left=count.left,
                seconds=seconds,
                boot=report.boot,
                seq=report.seq,
                first_seq=report.first,
                quality=quality,
            )
        )
    for presence in report.areas:
        if presence.area not in sender.areas:
            raise UnknownName(f"counter {sender.counter} has no area {presence.area!r} in site {sender.site}")
        found.append(
            PresencePoint(
                site=sender.site,
                counter=sender.counter,
                area=presence.area,
                at_ns=at_ns,
                mean=presence.mean,
                most=presence.most,
                waiting_mean=presence.waiting_mean,
                waiting_most=presence.waiting_most,
                dwell=presence.dwell,
                seconds=seconds,
                boot=report.boot,
                seq=report.seq,
                first_seq=report.first,
                quality=quality,
            )
        )
    return found


def point_time(end: datetime, *, boot: str, seq: int) -> int:
    """Nanoseconds since 1970 at which the points of a report stand; see `CrossingsPoint`.

    The boot takes part, so that a clock that was set back between two starts cannot make reports coincide.
    """
    end_ms = round(end.timestamp() * 1000)
    return (end_ms - 1) * NS_PER_MS + (int(boot, 16) + seq) % NS_PER_MS


def _quality(report: Report) -> Quality:
    gap: GapReason | None = report.gap
    if gap is not None:
        return gap
    return "time_uncertain" if report.time_uncertain else "good"
