"""Events of the building: what began, what lasts and what is over, from what is known now. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

from vilina_ingest.calendar import day_start
from vilina_ingest.records import EventKind, SettledDay, SiteEvent
from vilina_ingest.site import Site
from vilina_ingest.store import CounterState

SITE: Final = "site"
"""The subject that is the whole building."""
SILENT_AFTER: Final = timedelta(seconds=180)
"""A counter reports at least every 60 s; after three times that, it is silent."""
CLOCK_OFF_S: Final = 2.0
DRIFT_SHARE: Final = 0.05
DRIFT_PEOPLE: Final = 100
"""Who has to have entered before a share of them says something."""


class Limit(NamedTuple):
    """An event begins when a share of the capacity is reached, and is over when it is under the lower one again."""

    kind: EventKind
    begins: float
    ends: float


LIMITS: Final = (Limit("capacity_80", 0.80, 0.75), Limit("capacity_100", 1.00, 0.95))


@dataclass(frozen=True, slots=True)
class Condition:
    """What may be an event: `on` begins it, and it lasts until it is `off`; neither of them changes nothing."""

    kind: EventKind
    subject: str
    on: bool
    off: bool
    since: datetime
    value: float | None


def changed_events(
    lasting: Sequence[SiteEvent], conditions: Sequence[Condition], now: datetime
) -> list[SiteEvent]:
    """The events to be written: those that begin, those that are over, and those that have reached a new height."""
    known = {(event.kind, event.subject): event for event in lasting}
    changed = []
    for one in conditions:
        event = known.get((one.kind, one.subject))
        if event is None and one.on:
            changed.append(begun(one.kind, one.subject, one.since, value=one.value))
        elif event is not None and one.off:
            changed.append(replace(event, until=now))
        elif event is not None and one.value is not None and one.value > (event.value or 0.0):
            changed.append(replace(event, value=one.value))
    return changed


def begun(kind: EventKind, subject: str, since: datetime, *, value: float | None) -> SiteEvent:
    """An event that lasts; the same beginning is the same event."""
    key = f"{kind} {subject} {since.isoformat()}"
    return SiteEvent(blake2b(key.encode(), digest_size=8).hexdigest(), kind, subject, since, None, value)


def crowding(site: Site, people: Mapping[str | None, float], now: datetime) -> Iterator[Condition]:
    """The site and each zone against its capacity, by live estimates."""
    capacities: dict[str | None, int] = {
        None: site.capacity,
        **{zone.id: zone.capacity for zone in site.zones},
    }
    for zone, capacity in capacities.items():
        share = round(people[zone] / capacity, 3)
        for limit in LIMITS:
            yield Condition(limit.kind, zone or SITE, share >= limit.begins, share < limit.ends, now, share)


def counters(site: Site, states: Mapping[str, CounterState], now: datetime) -> Iterator[Condition]:
    """Counters that are not heard of, and clocks that are wrong. One that was never heard of is not silent yet."""
    for counter in site.counters:
        state = states.get(counter.id)
        if state is None or state.last_report_end is None:
            continue
        silent = now - state.last_report_end > SILENT_AFTER
        yield Condition("silent_counter", counter.id, silent, not silent, state.last_report_end, None)
        offset = state.health.clock_offset_s if state.health else None
        if offset is not None:
            wrong = abs(offset) > CLOCK_OFF_S
            yield Condition("clock", counter.id, wrong, not wrong, now, abs(offset) if wrong else None)


def drifted(site: Site, day: SettledDay) -> SiteEvent | None:
    """The event of a settled day on which more than a twentieth of those who entered did not leave, or the reverse.

    A day that was not seen whole has no drift that could be told from its gaps.
    """
    if day.entered < DRIFT_PEOPLE or any(people is None for people in day.people):
        return None
    share = abs(day.drift) / day.entered
    if share <= DRIFT_SHARE:
        return None
    event = begun(
        "drift", day.zone or SITE, day_start(site, day.day), value=round(day.drift / day.entered, 4)
    )
    return replace(event, until=day_start(site, day.day + timedelta(days=1)))
