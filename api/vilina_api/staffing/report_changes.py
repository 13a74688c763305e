"""What a change would do, and who should move, as people read it, and as programs do."""

from collections.abc import Iterator, Sequence
from typing import Any

from vilina_api.staffing.cost import cost_of
from vilina_api.staffing.moving import Move, Stay
from vilina_api.staffing.plan import StaffPlan
from vilina_api.staffing.what_if import Difference, worst_slot


def change_table(found: Sequence[Difference]) -> Iterator[str]:
    """A sentence for each unit, and their sum."""
    yield from (one.reason() for one in found)
    if len(found) > 1:
        before, after = cost_of([one.before for one in found]), cost_of([one.after for one in found])
        yield (
            f"all {len(found)} units: {after.paid_hours - before.paid_hours:+.1f} h paid and "
            f"{after.eur - before.eur:+.0f} € ({after.paid_hours:.1f} h instead of {before.paid_hours:.1f}), "
            f"{100 * after.within:.0f} % in time instead of {100 * before.within:.0f} %"
        )


def change_document(found: Difference) -> dict[str, Any]:
    """The same for programs."""
    return {
        "unit": found.after.demand.unit,
        "change": found.change.said(),
        "before": _sums(found.before),
        "after": _sums(found.after),
        "unchanged": None if found.unchanged is None else _sums(found.unchanged),
        "paid_hours": round(found.paid_hours, 2),
        "eur": round(found.eur, 2),
        "why": found.reason(),
    }


def move_document(found: Move | Stay) -> dict[str, Any]:
    """Who should move, and what it changes; nobody is null."""
    if isinstance(found, Stay):
        return {"move": None, "why": found.reason()}
    origin, to = found.origin_within, found.to_within
    return {
        "move": {
            "from": found.origin.unit,
            "to": found.to.unit,
            "gain": round(found.gain, 2),
            "from_in_time": {"now": round(origin[0], 4), "then": round(origin[1], 4)},
            "to_in_time": {"now": round(to[0], 4), "then": round(to[1], 4)},
        },
        "why": found.reason(),
    }


def _sums(made: StaffPlan) -> dict[str, Any]:
    worst = worst_slot(made)
    visit = made.eur_per_visit
    return {
        "paid_hours": round(made.paid_hours, 2),
        "eur": round(made.eur, 2),
        "eur_per_visit": None if visit is None else round(visit, 3),
        "visits": round(made.visits, 1),
        "in_time": round(made.within, 4),
        "worst_slot": {"start": worst.start.isoformat(), "in_time": round(worst.within, 4)},
    }
