"""A plan played: sampled demand, customer by customer, and what came of it with 95 % intervals.

Nothing of what the plan was made with is used here but demand and service: neither a formula nor a chain.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import HOUR_MIN
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.service import Floats
from vilina_api.staffing.simulation import customers, serve

NORMAL_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the 95 % interval of what many more plays would come to; NaN where nothing was seen."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was seen. `within`, `gave_up`: shares of all customers. `slots`: share in time of who came in each.

    `visits` and hours are of one play; `over_hours`: how long staff stayed after their time with who was there.
    """

    plays: int
    visits: float
    within: Interval
    slots: tuple[Interval, ...]
    wait_min: Interval
    gave_up: Interval
    idle_hours: Interval
    over_hours: Interval


def judge(demand: Demand, by: Staffed, staff: tuple[int, ...], *, plays: int, seed: int = 1) -> Judged:
    """Play so many times all the slots with so many staff in each; every stretch of each play has demand of its own."""
    many = len(demand.starts)
    dice = np.random.default_rng(seed)
    came, in_time, waited, gone = (np.zeros((plays, many)) for _ in range(4))
    busy, over = np.zeros(plays), np.zeros(plays)
    for stretch in demand.stretches():
        slots = stretch.stop - stretch.start
        rates = demand.at(dice.uniform(1e-9, 1 - 1e-9, plays))[:, stretch]
        for play in range(plays):
            who = customers(
                rates[play],
                slot_min=demand.slot_min,
                service=by.service,
                patience_min=by.patience_min,
                dice=dice,
            )
            done = serve(who, staff[stretch], slot_min=demand.slot_min)
            slot = np.minimum((who.arrives // demand.slot_min).astype(np.int64), slots - 1)
            timely = done.served & (done.waits <= by.target.within_min)
            for table, weights in (
                (came, None),
                (in_time, timely),
                (waited, done.waits),
                (gone, ~done.served),
            ):
                table[play, stretch] = np.bincount(slot, weights=weights, minlength=slots)
            busy[play] += done.busy_min
            over[play] += done.over_min
    idle = sum(staff) * demand.slot_min + over - busy
    return Judged(
        plays=plays,
        visits=float(came.sum() / plays),
        within=_ratio(in_time.sum(axis=1), came.sum(axis=1)),
        slots=tuple(_ratio(in_time[:, i], came[:, i]) for i in range(many)),
        wait_min=_ratio(waited.sum(axis=1), came.sum(axis=1)),
        gave_up=_ratio(gone.sum(axis=1), came.sum(axis=1)),
        idle_hours=_ratio(idle / HOUR_MIN, np.ones(plays)),
        over_hours=_ratio(over / HOUR_MIN, np.ones(plays)),
    )


def _ratio(part: Floats, whole: Floats) -> Interval:
    """Sum over sum of (plays,), with the variance of a ratio estimator: Cochran, Sampling Techniques, chapter 6."""
    if not whole.sum():
        return Interval(np.nan, np.nan, np.nan)
    value = float(part.sum() / whole.sum())
    plays = len(part)
    if plays < 2:
        return Interval(value, np.nan, np.nan)
    error = float(np.sqrt(plays / (plays - 1) * ((part - value * whole) ** 2).sum()) / whole.sum())
    return Interval(value, value - NORMAL_95 * error, value + NORMAL_95 * error)
