"""Units to be staffed, as tests want them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import inf

import numpy as np

from vilina_api.staffing.demand import Demand
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import Service
from vilina_ingest.site import Target

OPENS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HUMPS = (5, 8, 14, 24, 30, 26, 17, 11, 9, 12, 18, 22, 19, 12, 8, 5)
"""People in half hours."""


def demand(people: Sequence[float], *, spread: float = 0.15, unit: str = "desk", closed: int = 0) -> Demand:
    """Half hours from 8 on; with `closed` half hours without the unit after the first half of them."""
    half = len(people) // 2
    starts = tuple(
        OPENS + timedelta(minutes=30 * (i + (closed if i >= half else 0))) for i in range(len(people))
    )
    return Demand.around(unit, starts, slot_min=30.0, mean=np.array(people, np.float64), spread=spread)


def staffed(
    service_min: float = 12.0,
    *,
    share: float = 0.8,
    within_min: float = 10.0,
    cv: float = 0.8,
    patience_min: float = inf,
    rules: Rules | None = None,
) -> Staffed:
    return Staffed(
        service=Service(service_min, cv),
        target=Target(share=share, within_min=within_min),
        rules=rules or Rules(),
        patience_min=patience_min,
    )
