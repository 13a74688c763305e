"""What plays of staff came to, as people read it, and as programs do."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from vilina_api.staffing.played import Played, PlayedSum, sum_of
from vilina_api.staffing.report import interval_document, percent, spoken


def play_table(found: Sequence[Played], *, slots: bool) -> Iterator[str]:
    """Unit after unit, with all slots if they are asked for, and the sum of the units."""
    for one in found:
        yield from _unit(one, slots=slots)
    if len(found) > 1:
        yield f"all {len(found)} units: {_sum(sum_of(found))}"


def play_document(found: Sequence[Played]) -> dict[str, Any]:
    """The same for programs."""
    return {"units": [_unit_document(one) for one in found], "all": _sum_document(sum_of(found))}


def verdict(one: Played) -> str:
    """One sentence: whether the target held, and where it did not."""
    judged, target = one.judged, one.by.target
    unit = one.manned.demand.unit
    if not judged.visits:
        return f"{unit}: nobody came in any play."
    asked = f"{percent(target.share)} within {target.within_min:g} min"
    came = (
        f"{unit}: {spoken(judged.within, 100)} % within {target.within_min:g} min, and {asked} is the target"
    )
    if not one.short:
        held = judged.within.value >= target.share
        return f"{came}; it holds." if held else f"{came}; it does not hold, but in no slot is that sure."
    worst = one.short[0]
    many = f"{len(one.short)} of {len(judged.slots)} slots it does not hold, the worst is"
    if len(one.short) == 1:
        many = "one slot it does not hold,"
    return (
        f"{came}; in {many} {one.manned.demand.starts[worst]:%a %H:%M} "
        f"with {percent(judged.slots[worst].value)} and {one.manned.staff[worst]} staff."
    )


def _unit(one: Played, *, slots: bool) -> Iterator[str]:
    judged = one.judged
    yield verdict(one)
    visit = f", {one.eur / one.served:.2f} € per visit served" if one.served else ""
    yield f"  {one.desk_hours:.1f} h at desks, {one.paid_hours:.1f} h paid, {one.eur:.0f} €{visit}"
    yield (
        f"  {judged.visits:.0f} visits in each of {judged.plays} plays: {spoken(judged.wait_min)} min waited, "
        f"{spoken(judged.gave_up, 100)} % not served"
    )
    yield f"  staff idle {spoken(judged.idle_hours)} h, stayed on {spoken(judged.over_hours)} h"
    if one.manned.outside_hours:
        yield f"  {one.manned.outside_hours:.1f} h of staff are at times at which nobody is expected"
    if slots:
        yield f"  {'slot from':<17}{'staff':>6}  in time"
        for at, staff, level in zip(one.manned.demand.starts, one.manned.staff, judged.slots, strict=True):
            told = f"{spoken(level, 100)} %" if isfinite(level.value) else "nobody came"
            yield f"  {at:%Y-%m-%d %H:%M} {staff:>6}  {told}"


def _sum(found: PlayedSum) -> str:
    visit = "" if found.eur_per_visit is None else f", {found.eur_per_visit:.2f} € per visit served"
    return (
        f"{found.paid_hours:.1f} h paid, {found.eur:.0f} €{visit}; {found.visits:.0f} visits, "
        f"{spoken(found.within, 100)} % in time"
    )


def _unit_document(one: Played) -> dict[str, Any]:
    judged, demand = one.judged, one.manned.demand
    return {
        "unit": demand.unit,
        "target": {"share": one.by.target.share, "within_min": one.by.target.within_min},
        "slot_min": demand.slot_min,
        "plays": judged.plays,
        "paid_hours": round(one.paid_hours, 2),
        "eur": round(one.eur, 2),
        "outside_hours": round(one.manned.outside_hours, 2),
        "visits": round(judged.visits, 1),
        "served": round(one.served, 1),
        "eur_per_visit": round(one.eur / one.served, 3) if one.served else None,
        "in_time": interval_document(judged.within),
        "wait_min": interval_document(judged.wait_min),
        "gave_up": interval_document(judged.gave_up),
        "idle_hours": interval_document(judged.idle_hours),
        "over_hours": interval_document(judged.over_hours),
        "slots": [
            {"start": at.isoformat(), "staff": staff, "in_time": interval_document(level)}
            for at, staff, level in zip(demand.starts, one.manned.staff, judged.slots, strict=True)
        ],
        "short_slots": [demand.starts[i].isoformat() for i in one.short],
        "why": verdict(one),
    }


def _sum_document(found: PlayedSum) -> dict[str, Any]:
    visit = found.eur_per_visit
    return {
        "paid_hours": round(found.paid_hours, 2),
        "eur": round(found.eur, 2),
        "eur_per_visit": None if visit is None else round(visit, 3),
        "visits": round(found.visits, 1),
        "served": round(found.served, 1),
        "in_time": interval_document(found.within),
    }
