"""Units at this moment: what was expected of today, what has come of it so far, and who is where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy.special import ndtri

from vilina_api.forecasting.forecast import HIGH, LEVELS, LOW
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.moving import UnitNow
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.service import Floats

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """Who is at a unit: staff at its desks, what they can do, and customers who wait."""

    staff: int
    waiting: int
    skills: frozenset[str]


def units_now(
    demands: Sequence[Demand],
    by: Mapping[str, Staffed],
    *,
    came: Mapping[str, Floats],
    present: Mapping[str, AtWork],
    at: datetime,
    moved: bool = False,
) -> list[UnitNow]:
    """The units that are open in the next hour and of which it is known who is there.

    `came`: people in each slot (N,) of a unit's demand; NaN where nobody counted, which neither they nor the plan are
    then held against. Of the slot of now they are those so far. `moved`: the forecast knows of them already.
    """
    return [
        _now(one, by[one.unit], came[one.unit], present[one.unit], at, moved=moved)
        for one in demands
        if one.unit in present and _overlap(one, at, at + HOUR).any()
    ]


def _now(demand: Demand, by: Staffed, came: Floats, present: AtWork, at: datetime, *, moved: bool) -> UnitNow:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    so_far, coming = _overlap(demand, midnight, at), _overlap(demand, at, at + HOUR)
    mean, known = demand.mean(), np.isfinite(came)
    day = (so_far + coming)[:, None] * demand.quantiles
    away = float((day[:, HIGH] - day[:, LOW]).sum() / (2 * ndtri(LEVELS[HIGH])))
    expected = float(((so_far + coming) * mean).sum())
    return UnitNow(
        unit=demand.unit, by=by, skills=present.skills, staff=present.staff, waiting=present.waiting,
        came=float(came[known & (so_far > 0)].sum()), planned_so_far=float((so_far * mean)[known].sum()),
        planned_next_hour=float((coming * mean).sum()), spread=away / expected if expected and not moved else 0.0,
    )  # fmt: skip


def _overlap(demand: Demand, begin: datetime, end: datetime) -> Floats:
    """(N,): the share of each slot that lies from one time to another."""
    shares = [
        (min(start + demand.slot, end) - max(start, begin)) / demand.slot if begin < end else 0.0
        for start in demand.starts
    ]
    return np.clip(np.array(shares, np.float64), 0.0, 1.0)
