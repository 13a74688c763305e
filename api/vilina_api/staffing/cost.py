"""What staff cost: hours and euros per visit served, of plans, and against the same days without them."""

from collections.abc import Sequence
from dataclasses import dataclass

from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import StaffPlan, expected_of
from vilina_api.staffing.rules import Staffed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one plan or more; `visits` are expected, `within` is the share of them that is served in time."""

    paid_hours: float
    eur: float
    visits: float
    within: float

    @property
    def eur_per_visit(self) -> float | None:
        """None where nobody is expected."""
        return self.eur / self.visits if self.visits else None

    @property
    def min_per_visit(self) -> float | None:
        """Paid minutes; None where nobody is expected."""
        return 60 * self.paid_hours / self.visits if self.visits else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is to be expected without a plan: of the staff that are there now, or of all desks if nobody said."""

    plan: StaffPlan
    known: bool

    @property
    def name(self) -> str:
        return "the staff of now" if self.known else f"all {self.plan.by.rules.desks} desks staffed"


def cost_of(plans: Sequence[StaffPlan]) -> Cost:
    """The sum of them."""
    visits = sum(one.visits for one in plans)
    return Cost(
        paid_hours=sum(one.paid_hours for one in plans),
        eur=sum(one.eur for one in plans),
        visits=visits,
        within=sum(one.within * one.visits for one in plans) / visits if visits else 1.0,
    )


def present(demand: Demand, by: Staffed, staff: tuple[int, ...] | None) -> Present | None:
    """None where nobody says how many there are now, nor how many desks."""
    if staff is not None:
        return Present(plan=expected_of(demand, by, staff), known=True)
    if by.rules.desks is None:
        return None
    every = (by.rules.desks,) * len(demand.starts)
    return Present(plan=expected_of(demand, by, every), known=False)


def against(made: Cost, now: Cost, name: str) -> str:
    """One sentence, with its numbers."""
    hours, eur = made.paid_hours - now.paid_hours, made.eur - now.eur
    change = f" ({100 * hours / now.paid_hours:+.0f} %)" if now.paid_hours else ""
    visit = ""
    if made.eur_per_visit is not None and now.eur_per_visit is not None:
        visit = f", {made.eur_per_visit:.2f} € per visit instead of {now.eur_per_visit:.2f} €"
    return (
        f"against {name}: {hours:+.1f} h paid{change}, {eur:+.0f} €{visit}, "
        f"{100 * made.within:.0f} % in time instead of {100 * now.within:.0f} %"
    )
