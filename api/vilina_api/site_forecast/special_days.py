"""Days unlike others without being holidays: school holidays, events, pop-ups. What they change is learned, or said.

A past day like it is held against the days of the same weekday around it. What it changed is taken out of the past
before anything is learned from it, and put onto days to come: so methods need not know of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Bools, Calendar, Counts, Floats
from vilina_api.site_forecast.hierarchy import Hierarchy
from vilina_ingest.site import Days, Event, PopUp, Site

AROUND: Final = 4
"""Known days of the same weekday before, and as many after, that a special day is held against."""
WITHIN: Final = 12
"""Weeks in which they are looked for."""
PRIOR_DAYS: Final = 4
"""What was said, or that nothing changes, counts like so many days of the whole site, ..."""
OWN_DAYS: Final = 8
"""... and that like so many of a part of it."""
FEWEST: Final = 10
"""People on a usual day of a part below which a day of it tells nothing."""
MOST: Final = 3.0
"""A day is at most so many times, or one in so many of, a usual one."""
SCHOOL: Final = "school holidays"


@dataclass(frozen=True, slots=True)
class Special:
    """Days of one kind. `zone` None: the whole site; `percent` is what somebody expects."""

    name: str
    days: frozenset[date]
    zone: str | None = None
    percent: float | None = None


def specials(
    site: Site, *, school: Iterable[Days] = (), events: Iterable[Event] = (), pop_ups: Iterable[PopUp] = ()
) -> tuple[Special, ...]:
    """Of the site file and of a file beside it; events of one name and zone are one kind, and so are pop-ups."""
    holidays = frozenset(day for one in (*site.school_holidays, *school) for day in one.each())
    found = [Special(SCHOOL, holidays)] if holidays else []
    zones = {spot.id: spot.zone for spot in site.spots}
    kinds: dict[tuple[str, str | None], list[Event | PopUp]] = {}
    for event in (*site.events, *events):
        kinds.setdefault((event.name, event.zone), []).append(event)
    for one in (*site.pop_ups, *pop_ups):
        kinds.setdefault((one.name, zones[one.spot]), []).append(one)
    for (name, zone), same in kinds.items():
        said = [event.percent for event in same if event.percent is not None]
        days = frozenset(day for event in same for day in event.each())
        found.append(Special(name, days, zone, said[-1] if said else None))
    return tuple(found)


def special_factors(
    past: Counts, calendar: Calendar, kinds: Iterable[Special], found: Hierarchy, *, days: int
) -> Floats:
    """(N, D + days) of all series, for the days of the past (N, D, H) and those that follow: 1 on other days."""
    total = past.days + days
    dates = [past.first + timedelta(days=n) for n in range(total)]
    kinds = [kind for kind in kinds if not kind.days.isdisjoint(dates)]
    parts = len(found.parts)
    factors = np.ones((parts, total))
    if kinds:
        usual, came = _usual(past, calendar, kinds, parts)
        for kind in kinds:
            on = np.array([day in kind.days for day in dates], np.bool_)
            within = np.array([kind.zone in (None, part.zone) for part in found.parts], np.bool_)
            change = _change(usual[:, on[: past.days]], came[:, on[: past.days]], within, kind.percent)
            factors[np.ix_(within, on)] *= np.exp(change[within])[:, None]
    known = np.isfinite(past.people[:parts])
    size = np.where(known, past.people[:parts], 0).sum(axis=(1, 2)) / np.maximum(
        known.any(axis=2).sum(axis=1), 1
    )
    weighted = found.matrix * np.maximum(size, 1e-9)
    return np.asarray((weighted / weighted.sum(axis=1, keepdims=True)) @ factors)


def _usual(past: Counts, calendar: Calendar, kinds: list[Special], parts: int) -> tuple[Floats, Floats]:
    """(B, D) people usual on a day, and how many came, over the slots that are known on both sides; NaN if unknown."""
    dates = [past.first + timedelta(days=n) for n in range(past.days)]
    special = {day for kind in kinds for day in kind.days}
    plain: Bools = np.array([d not in special and d not in calendar.holidays for d in dates], np.bool_)
    people = past.people[:parts]
    usual, came = np.full((parts, past.days), np.nan), np.full((parts, past.days), np.nan)
    for n in [n for n, day in enumerate(dates) if day in special and day not in calendar.holidays]:
        before = [d for d in range(n - WEEK, max(-1, n - WEEK * WITHIN), -WEEK) if plain[d]][:AROUND]
        after = [d for d in range(n + WEEK, min(past.days, n + WEEK * WITHIN), WEEK) if plain[d]][:AROUND]
        if not before and not after:
            continue
        around = people[:, before + after]
        known = np.isfinite(around)
        count = known.sum(axis=1)
        mean = np.where(known, around, 0).sum(axis=1) / np.maximum(count, 1)
        both = np.isfinite(people[:, n]) & (count > 0)
        usual[:, n] = np.where(both, mean, 0).sum(axis=1)
        came[:, n] = np.where(both, people[:, n], 0).sum(axis=1)
    return usual, came


def _change(usual: Floats, came: Floats, within: Bools, percent: float | None) -> Floats:
    """(B,) log ratios of special days to usual ones, from days (B, K): a part's leaned to that of all it is about."""
    said = np.log1p((percent or 0.0) / 100)
    all_usual, all_came = (np.nansum(each[within], axis=0) for each in (usual, came))
    whole = _leaned(all_usual[None], all_came[None], np.array([said]), PRIOR_DAYS)
    return _leaned(usual, came, np.repeat(whole, len(usual)), OWN_DAYS)


def _leaned(usual: Floats, came: Floats, prior: Floats, weight: float) -> Floats:
    told = np.nan_to_num(usual) >= FEWEST
    ratio = np.log(np.clip(came / np.where(told, usual, 1), 1 / MOST, MOST))
    return np.asarray((np.where(told, ratio, 0).sum(axis=1) + weight * prior) / (told.sum(axis=1) + weight))
