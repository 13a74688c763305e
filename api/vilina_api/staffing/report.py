"""A plan as people read it, and as programs do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from vilina_api.staffing.cost import Cost, Present, against, cost_of
from vilina_api.staffing.judge import Interval, Judged
from vilina_api.staffing.plan import StaffPlan
from vilina_api.staffing.pooling import Pooled
from vilina_api.staffing.wording import reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUnit:
    """A unit's plan; what is to be expected of its staff `now`, and what plays of the plan came to, if known."""

    plan: StaffPlan
    now: Present | None
    judged: Judged | None


def table(units: Sequence[PlannedUnit], shared: Pooled | None) -> Iterator[str]:
    """Unit after unit, and what sharing saves, if that is asked."""
    for number, unit in enumerate(units):
        if number:
            yield ""
        yield from _unit_table(unit)
    if len(units) > 1:
        yield ""
        yield from _all_units(units)
    if shared is not None:
        yield ""
        yield shared.reason()
        yield f"together: {_sums(shared.together)}"


def document(units: Sequence[PlannedUnit], shared: Pooled | None) -> dict[str, Any]:
    """The same for programs."""
    together = None if shared is None else {
        **_sums_document(shared.together),
        "slots": [{"start": slot.start.isoformat(), "staff": slot.staff} for slot in shared.together.slots],
        "saved_hours": round(shared.saved_hours, 2),
        "saved_eur": round(shared.saved_eur, 2),
        "why": shared.reason(),
    }  # fmt: skip
    now = cost_now(units)
    return {
        "units": [_unit_document(unit) for unit in units],
        "all": cost_document(cost_of([unit.plan for unit in units])),
        "all_now": None if now is None else cost_document(now),
        "together": together,
    }


def cost_now(units: Sequence[PlannedUnit]) -> Cost | None:
    """Of all units without the plan; None if that is not known of one of them."""
    known = [unit.now.plan for unit in units if unit.now is not None]
    return cost_of(known) if len(known) == len(units) else None


def _all_units(units: Sequence[PlannedUnit]) -> Iterator[str]:
    made, now = cost_of([unit.plan for unit in units]), cost_now(units)
    visit = "" if made.eur_per_visit is None else f", {made.eur_per_visit:.2f} € per visit"
    yield (
        f"all {len(units)} units: {made.paid_hours:.1f} h paid, {made.eur:.0f} €{visit}; {made.visits:.0f} visits, "
        f"{percent(made.within)} expected in time"
    )
    if now is not None:
        known = all(unit.now is not None and unit.now.known for unit in units)
        yield f"the plan {against(made, now, 'the staff of now' if known else 'what is there now')}"


def _unit_table(unit: PlannedUnit) -> Iterator[str]:
    made = unit.plan
    by, judged = made.by, unit.judged
    yield (
        f"{made.demand.unit}: {100 * by.target.share:g} % within {by.target.within_min:g} min, "
        f"{by.service.mean_min:g} min of service"
    )
    played = f"{'played':>8}" if judged else ""
    yield f"{'slot from':<17}{'staff':>6}{'paid h':>8}{'€/visit':>9}{'in time':>9}{played}  why"
    for i, slot in enumerate(made.slots):
        hours, visit = made.slot_hours(slot), made.slot_eur_per_visit(slot)
        cost = "-" if visit is None else f"{visit:.2f}"
        one = f"{percent(judged.slots[i].value):>8}" if judged else ""
        yield (
            f"{slot.start:%Y-%m-%d %H:%M} {slot.staff:>6}{hours:>8.1f}{cost:>9}{percent(slot.within):>9}{one}"
            f"  {reason(slot, by)}"
        )
    yield f"plan: {_sums(made)}"
    if unit.now is not None:
        yield f"now:  {_sums(unit.now.plan)}"
        yield f"the plan {against(cost_of([made]), cost_of([unit.now.plan]), unit.now.name)}"
    if judged is not None:
        yield from _judgement(made, judged)


def _unit_document(unit: PlannedUnit) -> dict[str, Any]:
    made, judged = unit.plan, unit.judged
    return {
        "unit": made.demand.unit,
        "target": {"share": made.by.target.share, "within_min": made.by.target.within_min},
        "service_min": made.by.service.mean_min,
        "slot_min": made.demand.slot_min,
        "slots": [
            {
                "start": slot.start.isoformat(),
                "staff": slot.staff,
                "paid_hours": round(made.slot_hours(slot), 3),
                "eur_per_visit": _rounded(made.slot_eur_per_visit(slot)),
                "expected": round(slot.expected, 2),
                "load": round(slot.load, 3),
                "in_time": round(slot.within, 4),
                "one_fewer_in_time": None if slot.one_fewer is None else round(slot.one_fewer, 4),
                "because": slot.because,
                "why": reason(slot, made.by),
                **({"played_in_time": interval_document(judged.slots[i])} if judged else {}),
            }
            for i, slot in enumerate(made.slots)
        ],
        "plan": _sums_document(made),
        "now": None if unit.now is None else {
            **_sums_document(unit.now.plan),
            "is": unit.now.name,
            "against": against(cost_of([made]), cost_of([unit.now.plan]), unit.now.name),
        },
        "played": None if judged is None else {
            "plays": judged.plays,
            "in_time": interval_document(judged.within),
            "wait_min": interval_document(judged.wait_min),
            "gave_up": interval_document(judged.gave_up),
            "idle_hours": interval_document(judged.idle_hours),
            "over_hours": interval_document(judged.over_hours),
        },
    }  # fmt: skip


def _sums(made: StaffPlan) -> str:
    cost = "" if made.eur_per_visit is None else f", {made.eur_per_visit:.2f} € per visit"
    return (
        f"{made.desk_hours:.1f} h at desks, {made.paid_hours:.1f} h paid, {made.eur:.0f} €{cost}; "
        f"{made.visits:.0f} visits, {percent(made.within)} expected in time"
    )


def _judgement(made: StaffPlan, judged: Judged) -> Iterator[str]:
    seen = [i for i, slot in enumerate(judged.slots) if isfinite(slot.value)]
    yield (
        f"played {judged.plays} times: {spoken(judged.within, 100)} % in time, {spoken(judged.wait_min)} min waited, "
        f"{spoken(judged.gave_up, 100)} % gave up"
    )
    yield f"  idle {spoken(judged.idle_hours)} h, stayed on {spoken(judged.over_hours)} h"
    if seen:
        worst = min(seen, key=lambda i: judged.slots[i].value)
        yield (
            f"  worst slot {made.slots[worst].start:%Y-%m-%d %H:%M}: {spoken(judged.slots[worst], 100)} % in time"
        )


def spoken(interval: Interval, scale: float = 1.0) -> str:
    """Like 84.2 (83.1 to 85.3), times `scale`."""
    low, high = max(0.0, interval.low * scale), interval.high * scale
    return f"{interval.value * scale:.1f} ({low:.1f} to {high:.1f})"


def percent(share: float) -> str:
    """Whole ones; a dash for what is not known."""
    return f"{100 * share:.0f} %" if isfinite(share) else "-"


def interval_document(interval: Interval) -> dict[str, float | None]:
    """For programs; null for what is not known."""
    ends = (("value", interval.value), ("low", interval.low), ("high", interval.high))
    return {name: round(end, 4) if isfinite(end) else None for name, end in ends}


def _rounded(eur: float | None) -> float | None:
    return None if eur is None else round(eur, 3)


def _sums_document(made: StaffPlan) -> dict[str, float | None]:
    cost = made.eur_per_visit
    return {
        "desk_hours": round(made.desk_hours, 2),
        "paid_hours": round(made.paid_hours, 2),
        "eur": round(made.eur, 2),
        "eur_per_visit": None if cost is None else round(cost, 3),
        "visits": round(made.visits, 1),
        "in_time": round(made.within, 4),
    }


def cost_document(cost: Cost) -> dict[str, float | None]:
    """The same of a sum, for programs."""
    visit = cost.eur_per_visit
    return {
        "paid_hours": round(cost.paid_hours, 2),
        "eur": round(cost.eur, 2),
        "eur_per_visit": None if visit is None else round(visit, 3),
        "visits": round(cost.visits, 1),
        "in_time": round(cost.within, 4),
    }
