"""What a change would do, and what a plan costs against the same days without it."""

from datetime import time

import pytest

from tests.api.staffed import HUMPS, demand, staffed
from vilina_api.errors import StaffingError
from vilina_api.staffing.cost import against, cost_of, present
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import StaffPlan, plan
from vilina_api.staffing.rules import Rules
from vilina_api.staffing.what_if import Change, Difference, what_if
from vilina_ingest.site import Target

BY = staffed(rules=Rules(hour_eur=30.0))


@pytest.fixture(scope="module")
def coming() -> Demand:
    return demand(HUMPS)


@pytest.fixture(scope="module")
def made(coming: Demand) -> StaffPlan:
    return plan(coming, BY)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (Change(demand_times=1.3), True),
        (Change(demand_times=0.7), False),
        (Change(service_min=16.0), True),
        (Change(target=Target(share=0.95, within_min=5)), True),
        (Change(target=Target(share=0.5, within_min=20)), False),
    ],
)
def test_a_change_is_planned_anew_and_its_hours_and_euros_are_the_difference(
    coming: Demand, made: StaffPlan, change: Change, more: bool
) -> None:
    found = what_if(coming, BY, change, before=made)
    assert (found.paid_hours > 0) is more
    assert found.eur == pytest.approx(30 * found.paid_hours)
    assert found.unchanged is not None
    assert (found.unchanged.within < found.after.within) is more
    assert found.reason().startswith(
        f"desk, {change.said()}: {found.paid_hours:+.1f} h paid and {found.eur:+.0f} €"
    )
    assert "with the staff of before it would be" in found.reason()


def test_without_a_change_nothing_differs(coming: Demand, made: StaffPlan) -> None:
    found = what_if(coming, BY, Change(), before=made)
    assert found.after.staff == made.staff
    assert found.reason().startswith("desk, nothing changed: +0.0 h paid and +0 €")


def test_a_plan_that_is_not_given_is_made(coming: Demand, made: StaffPlan) -> None:
    assert what_if(coming, BY, Change()).before.staff == made.staff


def _hours(found: Difference) -> tuple[str, str, int]:
    starts = found.after.demand.starts
    return f"{starts[0]:%H:%M}", f"{starts[-1]:%H:%M}", len(starts)


@pytest.mark.parametrize(
    ("change", "hours"),
    [
        (Change(closes=time(17)), ("08:00", "16:30", 18)),
        (Change(opens=time(7)), ("07:00", "15:30", 18)),
        (Change(opens=time(9), closes=time(15)), ("09:00", "14:30", 12)),
        (Change(closed=(time(12), time(13))), ("08:00", "15:30", 14)),
    ],
)
def test_other_opening_hours_bring_the_same_people_at_other_times(
    coming: Demand, made: StaffPlan, change: Change, hours: tuple[str, str, int]
) -> None:
    found = what_if(coming, BY, change, before=made)
    assert _hours(found) == hours
    assert found.after.visits == pytest.approx(made.visits, rel=0.01)
    longer = len(found.after.slots) > len(made.slots)
    assert (found.unchanged is None) is longer, "nobody was planned for the new hours"


def test_a_unit_that_would_never_be_open_is_said(coming: Demand, made: StaffPlan) -> None:
    with pytest.raises(StaffingError, match="desk would never be open"):
        what_if(coming, BY, Change(opens=time(20)), before=made)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"demand_times": 0.0}, "0 times the demand cannot be"),
        ({"demand_times": float("nan")}, "nan times the demand"),
        ({"demand_times": 11.0}, "at most 10"),
        ({"opens": time(17), "closes": time(9)}, "hours from 17:00 to 09:00 cannot be"),
        ({"closed": (time(13), time(12))}, "hours from 13:00 to 12:00"),
    ],
)
def test_changes_that_cannot_be_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(StaffingError, match=said):
        Change(**change)  # type: ignore[arg-type]


def test_a_service_that_cannot_be_is_refused(coming: Demand, made: StaffPlan) -> None:
    with pytest.raises(StaffingError, match="a service of 0 minutes"):
        what_if(coming, BY, Change(service_min=0.0), before=made)


def test_a_plan_is_held_against_all_desks_where_nobody_says_who_is_there(
    coming: Demand, made: StaffPlan
) -> None:
    by = staffed(rules=Rules(desks=20, hour_eur=30.0))
    now = present(coming, by, None)
    assert now is not None
    assert now.plan.staff == (20,) * len(HUMPS)
    said = against(cost_of([made]), cost_of([now.plan]), now.name)
    less = made.paid_hours - now.plan.paid_hours
    assert said.startswith(
        f"against all 20 desks staffed: {less:.1f} h paid ({100 * less / now.plan.paid_hours:.0f} %)"
    )
    assert f"{made.eur_per_visit:.2f} € per visit instead of {now.plan.eur_per_visit:.2f} €" in said
    assert present(coming, BY, None) is None, "nobody says how many desks there are"


def test_the_cost_of_units_together_is_their_sum(made: StaffPlan) -> None:
    both = cost_of([made, made])
    assert (both.paid_hours, both.eur) == (2 * made.paid_hours, 2 * made.eur)
    assert both.eur_per_visit == pytest.approx(made.eur_per_visit)
    assert both.within == pytest.approx(made.within)
    assert cost_of([]).eur_per_visit is None
