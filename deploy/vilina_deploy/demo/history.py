"""The simulated past, as the reports that counters would have sent, and the simulated rest of today."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from vilina_deploy.demo.live import PlannedCrossing
from vilina_deploy.demo.visits import DayPlan, Ints, day_plan
from vilina_edge.types import Crossing
from vilina_edge.wire import SLOT, GapReason, LineCount, Report
from vilina_ingest.calendar import day_start
from vilina_ingest.site import Site

SLOT_MS: Final = int(SLOT.total_seconds() * 1000)
OUTAGES_PER_WEEK: Final = 0.5
OUTAGE_HOURS: Final = (1.0, 30.0)
BLIND_SHARE: Final = 0.4
"""Outages in which the counter runs without frames; in the others it is silent."""


class Outage(NamedTuple):
    """Time in which a counter saw nothing."""

    counter: str
    start: datetime
    end: datetime
    reason: GapReason | None


def history(site: Site, *, start: date, until: datetime, seed: int) -> Iterator[list[Report]]:
    """Day by day, a report of each counter for each quarter of an hour, the last one up to `until`."""
    missing = outages(site, start=start, until=until, seed=seed)
    for day in days(start):
        begin, end = day_start(site, day), day_start(site, day + timedelta(days=1))
        if begin >= until:
            return
        yield list(_reports(site, day_plan(site, day, seed=seed), begin, min(end, until), missing))


def outages(site: Site, *, start: date, until: datetime, seed: int) -> list[Outage]:
    """A few outages, the last one over a day ago, so that today is whole."""
    rng = np.random.default_rng([seed, 1])
    begin = day_start(site, start)
    weeks = max(0.0, (until - begin) / timedelta(weeks=1) - 0.6)
    found = []
    for _ in range(round(weeks * OUTAGES_PER_WEEK)):
        at = begin + timedelta(weeks=float(rng.random()) * weeks)
        length = timedelta(hours=float(rng.uniform(*OUTAGE_HOURS)))
        counter = site.counters[int(rng.integers(len(site.counters)))].id
        found.append(Outage(counter, at, at + length, "no_frames" if rng.random() < BLIND_SHARE else None))
    return found


def planned(site: Site, *, after: datetime, seed: int) -> Iterator[PlannedCrossing]:
    """Every crossing from an instant on, in the order of time, without end: those that `history` until then lacks."""
    after_ms = _ms(after)
    for day in days(site.local(after).date()):
        plan = day_plan(site, day, seed=seed)
        for index in np.flatnonzero(plan.at_ms >= after_ms).tolist():
            line = site.lines[plan.line[index]]
            at = datetime.fromtimestamp(plan.at_ms[index] / 1000, UTC)
            yield PlannedCrossing(
                line.counter, Crossing(line.id, "entered" if plan.entered[index] else "left", at)
            )


def days(start: date) -> Iterator[date]:
    return (start + timedelta(days=offset) for offset in count())


def _reports(
    site: Site, plan: DayPlan, start: datetime, end: datetime, missing: list[Outage]
) -> Iterator[Report]:
    start_ms, end_ms = _ms(start), _ms(end)
    edges = [*range(start_ms, end_ms, SLOT_MS), end_ms]
    instants = [datetime.fromtimestamp(edge / 1000, UTC) for edge in edges]
    counted = _counted(plan, np.array(edges), lines=len(site.lines))
    for number, counter in enumerate(site.counters):
        boot, seq = "", 0
        lines = [(i, line.id) for i, line in enumerate(site.lines) if line.counter == counter.id]
        gaps = [outage for outage in missing if outage.counter == counter.id and outage.start < end]
        for slot in range(len(edges) - 1):
            outage = next((o for o in gaps if o.start <= instants[slot] < o.end), None)
            if outage is not None and outage.reason is None:
                seq = 0  # it is off, and starts anew
                continue
            seq += 1
            if seq == 1:
                boot = f"{edges[slot]:012x}{number:04x}"
            people = np.zeros_like(counted) if outage else counted
            yield Report(
                counter=counter.id,
                boot=boot,
                seq=seq,
                start=instants[slot],
                end=instants[slot + 1],
                lines=tuple(
                    LineCount(line=name, entered=int(people[i, 1, slot]), left=int(people[i, 0, slot]))
                    for i, name in lines
                ),
                gap=outage.reason if outage else None,
            )


def _ms(at: datetime) -> int:
    """Whole milliseconds since 1970, the past ones: the grid of reports and crossings alike."""
    return int(at.timestamp() * 1000)


def _counted(plan: DayPlan, edges: Ints, *, lines: int) -> Ints:
    """Crossings (lines, 2, slots); of the two, the first are those who left, the second those who entered."""
    slots = len(edges) - 1
    slot = np.searchsorted(edges, plan.at_ms, side="right") - 1
    known = (slot >= 0) & (slot < slots)
    flat = (plan.line[known] * 2 + plan.entered[known]) * slots + slot[known]
    return np.bincount(flat, minlength=lines * 2 * slots).reshape(lines, 2, slots)
