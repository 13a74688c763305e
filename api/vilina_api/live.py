"""The live document: what the store says, as one immutable value that all pages and listeners share."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from vilina_api.models import AreaLive, Attention, CounterLive, DoorLive, Level, Live, State, ZoneLive
from vilina_api.usual import UsualDay
from vilina_edge.wire import BlindReason
from vilina_ingest.calendar import is_open, quarters_of_day
from vilina_ingest.occupancy.around import gaps
from vilina_ingest.occupancy.coherent import whole_people
from vilina_ingest.occupancy.counts import SITE, Bools, Floats
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.knowledge import Seen
from vilina_ingest.records import SiteEvent
from vilina_ingest.site import Area, Counter, Line, Site, Zone
from vilina_ingest.store import Bins, CounterState, FlowSeries, PresenceSeries

SILENT_AFTER: Final = timedelta(seconds=180)
"""A counter reports at least every 60 s; after three times that, it is silent."""
RECENT: Final = 12
"""Quarter hours that a door shows."""
WATCH: Final = 0.8
DRIFTS_NAMED: Final = 3
USUAL_ENOUGH: Final = 5.0
"""People; below, a percentage says nothing."""


def live_document(
    site: Site,
    *,
    seen: Seen,
    estimates: Estimates,
    presence: Mapping[str, PresenceSeries],
    states: Mapping[str, CounterState],
    usual: UsualDay | None,
    events: Sequence[SiteEvent],
    now: datetime,
) -> tuple[Live, tuple[int | None, ...]]:
    """The document, and the day's curve of the whole site (None in gaps); what was `seen` today until now.

    Rows of the estimates are the site and its zones in their order; `presence` has one bin, which is now.
    """
    blind = gaps(seen.flows, site)
    blind[:, -1] = False  # the open bin has no report yet in its first minute; that is no gap
    inside = _inside(estimates, _still_unsure(blind, seen.recounted), seen.bins)
    whole = inside[SITE]
    zones = tuple(_zone(zone, one) for zone, one in zip(site.zones, inside[SITE + 1 :], strict=True))
    counters = tuple(counter_live(counter, states.get(counter.id), now) for counter in site.counters)
    slot = len(seen.bins) - 1
    usually = usual.curve[slot] if usual is not None and slot < len(usual.curve) else None
    comparable = usually is not None and usually >= USUAL_ENOUGH
    share = whole.people / site.capacity
    document = Live(
        site=site.id,
        name=site.name,
        as_of=now,
        open=is_open(site, now),
        people=whole.people,
        low=whole.low,
        high=whole.high,
        capacity=site.capacity,
        share=round(share, 3),
        level=level_of(share),
        uncertain_since=whole.uncertain_since,
        usual_people=usually,
        versus_usual_percent=round(100 * (whole.people / usually - 1)) if comparable and usually else None,
        last_report=max((c.last_report for c in counters if c.last_report), default=None),
        zones=zones,
        areas=tuple(_area(area, presence[area.id]) for area in site.areas),
        doors=tuple(_door(line, seen.flows[line.id]) for line in site.doors()),
        counters=counters,
        attention=tuple(_attention(site, whole.people, zones, counters, now))
        + tuple(_of_events(site, events)),
    )
    return document, tuple(
        None if gap else round(float(people))
        for gap, people in zip(blind[SITE], estimates.people[SITE], strict=True)
    )


def _still_unsure(blind: Bools, recounted: Floats | None) -> Bools:
    """(Z, N): gaps since a person has last counted; what was not seen before does not matter any more."""
    if recounted is None:
        return blind
    counted_later = np.cumsum(~np.isnan(recounted)[:, ::-1], axis=1)[:, ::-1] - ~np.isnan(recounted)
    unsure: Bools = blind & (counted_later == 0)
    return unsure


class Inside(NamedTuple):
    """People inside now, with the 90 % interval, and since when of today that is uncertain by a gap."""

    people: int
    low: int
    high: int
    uncertain_since: datetime | None


def _inside(estimates: Estimates, blind: Bools, bins: Bins) -> list[Inside]:
    """For the site and each zone; whole numbers that add up."""
    people = whole_people(estimates.people[:, -1])
    low, high = estimates.low[:, -1], estimates.high[:, -1]
    return [
        Inside(
            people=count,
            low=min(count, math.floor(low[row])),
            high=max(count, math.ceil(high[row])),
            uncertain_since=bins.edges[int(blind[row].argmax())] if blind[row].any() else None,
        )
        for row, count in enumerate(people)
    ]


def counter_live(counter: Counter, state: CounterState | None, now: datetime) -> CounterLive:
    """How a counter is, from the last that was heard of it."""
    condition, since = _condition(state, now)
    health = state.health if state else None
    return CounterLive(
        counter=counter.id,
        name=counter.name,
        floor=counter.floor,
        state=condition,
        since=since,
        reason=state.status.reason if condition == "blind" and state and state.status else None,
        last_report=state.last_report_end if state else None,
        frames_per_second=health.frames_per_second if health else None,
        inference_ms=health.inference_ms if health else None,
        outbox_depth=health.outbox_depth if health else None,
        temperature_c=health.temperature_c if health else None,
        throttled=health.throttled if health else None,
        disk_free_mb=health.disk_free_mb if health else None,
        clock_offset_s=health.clock_offset_s if health else None,
        brightness=health.brightness if health else None,
        sharpness=health.sharpness if health else None,
        config_version=state.config_ack.version if state and state.config_ack else None,
        config_accepted=state.config_ack.accepted if state and state.config_ack else None,
    )


def level_of(share: float) -> Level:
    """How full, in words."""
    return "full" if share >= 1 else "crowded" if share >= WATCH else "busy" if share >= 0.5 else "calm"


def today(site: Site, now: datetime) -> Bins:
    """The quarter hours of the local day until now."""
    return quarters_of_day(site, site.local(now).date(), until=now)


def _condition(state: CounterState | None, now: datetime) -> tuple[State, datetime | None]:
    if state is None or (state.status is None and state.last_report_end is None):
        return "unknown", None
    if state.status is not None and state.status.state != "online":
        return state.status.state, state.status.at
    if state.last_report_end is None:
        return "unknown", None
    if now - state.last_report_end > SILENT_AFTER:
        return "silent", state.last_report_end
    return "online", None


def _zone(zone: Zone, inside: Inside) -> ZoneLive:
    share = inside.people / zone.capacity
    return ZoneLive(
        zone=zone.id,
        name=zone.name,
        floor=zone.floor,
        people=inside.people,
        low=inside.low,
        high=inside.high,
        capacity=zone.capacity,
        share=round(share, 3),
        level=level_of(share),
        uncertain_since=inside.uncertain_since,
    )


def _area(area: Area, series: PresenceSeries) -> AreaLive:
    return AreaLive(
        area=area.id,
        name=area.name,
        zone=area.zone,
        people=_rounded(series.mean[-1]),
        waiting=_rounded(series.waiting_mean[-1]) if area.queue else None,
        queue=area.queue,
    )


def _rounded(people: float | None) -> int | None:
    return None if people is None else round(people)


def _door(line: Line, series: FlowSeries) -> DoorLive:
    return DoorLive(
        line=line.id,
        name=line.name,
        entered=sum(filter(None, series.entered)),
        left=sum(filter(None, series.left)),
        recent_entered=series.entered[-RECENT:],
        recent_left=series.left[-RECENT:],
    )


SAYS: Final[dict[State, str]] = {
    "silent": "silent",
    "blind": "sees nothing",
    "stopped": "switched off",
    "offline": "not connected",
    "unknown": "never heard of",
}


BLIND: Final[dict[BlindReason, str]] = {
    "no_frames": "gets no pictures",
    "frozen": "sees a frozen picture",
    "dark": "sees nothing: too dark",
    "blurred": "sees nothing: out of focus",
    "blocked": "sees nothing: something covers the view",
    "moved": "has been moved",
}


def _attention(
    site: Site, people: int, zones: Sequence[ZoneLive], counters: Sequence[CounterLive], now: datetime
) -> Iterator[Attention]:
    if people >= WATCH * site.capacity:
        yield _crowded(site.id, site.name, people / site.capacity)
    for zone in zones:
        if zone.people >= WATCH * zone.capacity:
            yield _crowded(zone.zone, zone.name, zone.people / zone.capacity)
    for counter in counters:
        if counter.state != "online":
            since = f" since {_clock(site, counter.since, now)}" if counter.since else ""
            yield Attention(
                kind="counter",
                level="watch" if counter.state in ("unknown", "stopped") else "act",
                about=counter.counter,
                text=f"{counter.name} {BLIND[counter.reason] if counter.reason else SAYS[counter.state]}{since}",
            )


def _of_events(site: Site, events: Sequence[SiteEvent]) -> Iterator[Attention]:
    """What the keeper found: clocks that are wrong, and yesterday's drift, largest first."""
    for event in events:
        if event.kind == "clock" and event.until is None and event.value is not None:
            text = f"The clock of {site.name_of(event.subject)} is {event.value:.0f} s wrong"
            yield Attention(kind="clock", level="watch", about=event.subject, text=text)
    drifts = sorted((e for e in events if e.kind == "drift"), key=lambda e: -abs(e.value or 0.0))
    if drifts:
        parts = [f"{site.name_of(e.subject)} {100 * (e.value or 0.0):+.0f} %" for e in drifts[:DRIFTS_NAMED]]
        text = f"In and out did not balance yesterday: {', '.join(parts)}"
        yield Attention(kind="drift", level="watch", about=drifts[0].subject, text=text)


def _crowded(about: str, name: str, share: float) -> Attention:
    text = f"{name} at {100 * share:.0f} % of capacity"
    return Attention(kind="capacity", level="act" if share >= 1 else "watch", about=about, text=text)


def _clock(site: Site, at: datetime, now: datetime) -> str:
    """14:32, with the weekday if that was not today."""
    local = site.local(at)
    return f"{local:%H:%M}" if local.date() == site.local(now).date() else f"{local:%a %H:%M}"
