"""What it saves when units share their staff: one queue, and whoever is free serves whoever is first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import StaffPlan, expected_of, plan
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import Service
from vilina_ingest.site import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Plans of units apart, and of all of them together, in the slots in which any of them is open."""

    apart: tuple[StaffPlan, ...]
    together: StaffPlan

    @property
    def saved_hours(self) -> float:
        """Paid."""
        return sum(one.paid_hours for one in self.apart) - self.together.paid_hours

    @property
    def saved_eur(self) -> float:
        return sum(one.eur for one in self.apart) - self.together.eur

    def reason(self) -> str:
        """One sentence, with its numbers."""
        names = " and ".join(one.demand.unit for one in self.apart)
        apart = sum(one.paid_hours for one in self.apart)
        if self.saved_hours <= 0:
            return f"{names} need {apart:.1f} h apart, and sharing staff saves none of them."
        return (
            f"{names} need {apart:.1f} h paid apart and {self.together.paid_hours:.1f} h with shared staff, because "
            f"whoever is free serves whoever waits: {self.saved_hours:.1f} h and {self.saved_eur:.0f} € less, "
            f"{100 * self.together.within:.0f} % in time."
        )


def pool(apart: Sequence[StaffPlan]) -> Pooled:
    """Plan units as one.

    All of them are as busy as each other, compared with what was expected: less is saved then, so this is the least
    that sharing saves. Everybody is to have the strictest of their targets. Where that takes more staff than apart,
    they stay apart.

    Raises:
        StaffingError: there are fewer than two, or their slots cannot be laid on each other.
    """
    if len(apart) < 2:
        raise StaffingError("sharing takes two units at least")
    demand = _together([one.demand for one in apart])
    by = _shared(apart)
    needed = plan(demand, by)
    at_most = _sum_of_staff(apart, demand.starts)
    staff = tuple(min(one, most) for one, most in zip(needed.staff, at_most, strict=True))
    return Pooled(
        apart=tuple(apart), together=needed if staff == needed.staff else expected_of(demand, by, staff)
    )


def _together(demands: Sequence[Demand]) -> Demand:
    slot_min = demands[0].slot_min
    if any(one.slot_min != slot_min for one in demands):
        raise StaffingError("units that share staff need slots of the same length")
    starts = tuple(sorted({at for one in demands for at in one.starts}))
    place = {at: i for i, at in enumerate(starts)}
    quantiles = np.zeros((len(starts), len(LEVELS)))
    for one in demands:
        quantiles[[place[at] for at in one.starts]] += one.quantiles
    return Demand(" + ".join(one.unit for one in demands), starts, slot_min, quantiles)


def _shared(apart: Sequence[StaffPlan]) -> Staffed:
    """Service of a customer of any of them, the strictest target, and rules with which all can work at once."""
    visits = np.array([max(one.visits, 1e-9) for one in apart])
    share = visits / visits.sum()
    services = [one.by.service for one in apart]
    mean = float(share @ [one.mean_min for one in services])
    square = float(share @ [one.mean_min**2 * (1 + one.cv**2) for one in services])
    rules = [one.by.rules for one in apart]
    desks = [one.desks for one in rules]
    return Staffed(
        service=Service(mean, float(np.sqrt(max(0.0, square / mean**2 - 1)))),
        target=Target(
            share=max(one.by.target.share for one in apart),
            within_min=min(one.by.target.within_min for one in apart),
        ),
        rules=Rules(
            least=max(one.least for one in rules),
            desks=None if None in desks else sum(one for one in desks if one is not None),
            shrinkage=max(one.shrinkage for one in rules),
            break_share=max(one.break_share for one in rules),
            hour_eur=max(one.hour_eur for one in rules),
        ),
        patience_min=min(one.by.patience_min for one in apart),
    )


def _sum_of_staff(apart: Sequence[StaffPlan], starts: tuple[datetime, ...]) -> list[int]:
    found = dict.fromkeys(starts, 0)
    for one in apart:
        for slot in one.slots:
            found[slot.start] += slot.staff
    return list(found.values())
