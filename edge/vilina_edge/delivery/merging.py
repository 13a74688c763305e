"""Several reports become one: what an outbox does when a site cannot be reached for long."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import Literal, NamedTuple, Protocol, TypeVar

import msgspec

from vilina_edge.wire import EPOCH, MILLISECOND, SLOT, AreaPresence, Report


class Waiting(Protocol):
    """A report that waits; once sent it may be stored, and is never merged: it would count twice."""

    @property
    def report(self) -> Report: ...
    @property
    def sent(self) -> bool: ...


class Unsent(NamedTuple):
    """A report that nobody has seen."""

    report: Report
    sent: Literal[False] = False


W = TypeVar("W", bound=Waiting)


def merge(reports: Sequence[Report]) -> Report:
    """One report for several that follow each other; counts add up, means are weighted by time.

    Raises:
        ValueError: they do not follow each other, or do not speak of the same things.
    """
    if not all(_alike(earlier, later) for earlier, later in pairwise(reports)):
        raise ValueError("only reports that follow each other and speak of the same things can be merged")
    first, last = reports[0], reports[-1]
    if len(reports) == 1:
        return first
    lines = tuple(
        msgspec.structs.replace(
            counts[0], entered=sum(c.entered for c in counts), left=sum(c.left for c in counts)
        )
        for counts in zip(*(report.lines for report in reports), strict=True)
    )
    areas = tuple(_merged_area(reports, index) for index in range(len(first.areas)))
    return msgspec.structs.replace(last, start=first.start, first_seq=first.first, lines=lines, areas=areas)


def compacted(reports: Iterable[Report]) -> list[Report]:
    """Unsent reports with those that follow each other in a quarter of an hour made one."""
    return [merge([entry.report for entry in run]) for run in quarters(map(Unsent, reports))]


def quarters(waiting: Iterable[W]) -> Iterator[list[W]]:
    """Runs that may be merged and stay within a quarter of an hour; what cannot be merged is a run of one."""
    return _runs(waiting, lambda a, b: _alike(a, b) and _quarter(a) == _quarter(b))


def successions(waiting: Iterable[W]) -> Iterator[list[W]]:
    """Runs of reports that follow each other, whatever they say; what was sent is a run of one."""
    return _runs(waiting, _follows)


def lost(reports: Sequence[Report]) -> Report:
    """The report that says that nothing is known any more of the time of these, which follow each other.

    The only one that may be longer than a quarter of an hour: there is nothing in it to assign to one.
    """
    first, last = reports[0], reports[-1]
    nothing = tuple(msgspec.structs.replace(count, entered=0, left=0) for count in last.lines)
    empty = tuple(AreaPresence(area=area.area, mean=0.0, most=0) for area in last.areas)
    return msgspec.structs.replace(
        last, start=first.start, first_seq=first.first, lines=nothing, areas=empty, gap="outbox_full"
    )


def _runs(waiting: Iterable[W], joins: Callable[[Report, Report], bool]) -> Iterator[list[W]]:
    run: list[W] = []
    for entry in waiting:
        if run and not run[-1].sent and not entry.sent and joins(run[-1].report, entry.report):
            run.append(entry)
            continue
        if run:
            yield run
        run = [entry]
    if run:
        yield run


def _follows(earlier: Report, later: Report) -> bool:
    return (earlier.counter, earlier.boot, earlier.seq + 1) == (later.counter, later.boot, later.first)


def _alike(earlier: Report, later: Report) -> bool:
    return (
        _follows(earlier, later)
        and earlier.end == later.start
        and (earlier.gap, earlier.time_uncertain) == (later.gap, later.time_uncertain)
        and [count.line for count in earlier.lines] == [count.line for count in later.lines]
        and [area.area for area in earlier.areas] == [area.area for area in later.areas]
    )


def _quarter(report: Report) -> int:
    return (report.end - MILLISECOND - EPOCH) // SLOT


def _merged_area(reports: Sequence[Report], index: int) -> AreaPresence:
    parts = [(report.areas[index], report.seconds) for report in reports]
    first = parts[0][0]
    queue = first.waiting_mean is not None
    return AreaPresence(
        area=first.area,
        mean=_mean([(part.mean, seconds) for part, seconds in parts]),
        most=max(part.most for part, _ in parts),
        waiting_mean=_mean([(part.waiting_mean or 0.0, seconds) for part, seconds in parts])
        if queue
        else None,
        waiting_most=max(part.waiting_most or 0 for part, _ in parts) if queue else None,
        dwell=tuple(sum(bins) for bins in zip_longest(*(part.dwell for part, _ in parts), fillvalue=0)),
    )


def _mean(parts: Sequence[tuple[float, float]]) -> float:
    return sum(value * seconds for value, seconds in parts) / sum(seconds for _, seconds in parts)
