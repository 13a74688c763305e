"""Do we have enough people? The largest thing on the planner's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from vilina_api.planner_page.steps import Step, most_at_once
from vilina_api.rostering.roster import Roster
from vilina_api.staffing.cost import Cost, cost_of
from vilina_api.staffing.plan import StaffPlan, StaffSlot


@dataclass(frozen=True, slots=True)
class ShortOfDesks:
    """A unit's slots in which its target cannot hold, because it has too few desks; the worst of them."""

    unit: str
    slots: int
    worst: StaffSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What a week needs: hours and their cost, the most staff at once, and where desks are too few.

    `now` is the cost of all desks staffed, None where a unit does not say how many it has.
    """

    cost: Cost
    now: Cost | None
    most: Step
    short: tuple[ShortOfDesks, ...]


def needed(plans: Sequence[StaffPlan], shown: Sequence[Step], now: Sequence[StaffPlan]) -> Needed | None:
    """Of plans together, and their steps; None where nobody is expected anywhere."""
    most = most_at_once(shown)
    if most is None:
        return None
    return Needed(
        cost=cost_of(plans),
        now=cost_of(now) if len(now) == len(plans) else None,
        most=most,
        short=tuple(sorted(_short(plans), key=lambda one: one.worst.within)),
    )


def lacking(roster: Roster) -> tuple[tuple[str, float], ...]:
    """Hours that nobody covers by the names of their units, the most first."""
    found: dict[str, float] = {}
    for one in roster.uncovered:
        name = roster.units[one.unit]
        found[name] = found.get(name, 0.0) + one.hours
    return tuple(sorted(found.items(), key=lambda unit: -unit[1]))


def _short(plans: Sequence[StaffPlan]) -> list[ShortOfDesks]:
    found = []
    for made in plans:
        slots = [slot for slot in made.slots if slot.because == "desks"]
        if slots:
            worst = min(slots, key=lambda slot: slot.within)
            found.append(ShortOfDesks(made.demand.unit, len(slots), worst))
    return found
