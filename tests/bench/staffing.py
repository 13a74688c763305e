"""Every figure of staffing: `make bench-staffing`.

A day with two humps, as in a service square; service is lognormal with a spread of 0.8, and the whole day is busier or
quieter than expected by a lognormal factor. What is said of a plan is what the simulator plays, with days that none of
them was made from. The plan that others are held against is tuned here, against the simulator itself.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Final

import numpy as np

from tests.bench.report import Row, publish
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.judge import Judged, judge
from vilina_api.staffing.plan import plan, settled
from vilina_api.staffing.pooling import pool
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.service import Service
from vilina_api.staffing.what_if import Change, what_if
from vilina_ingest.site import Target

SLOTS: Final = 28
SLOT_MIN: Final = 30.0
OPENS: Final = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SPREAD: Final = 0.15
SHARE: Final = 0.8
BY: Final = Staffed(service=Service(12.0, 0.8), target=Target(share=SHARE, within_min=10))
JUDGED_DAYS: Final = 1000
TUNED_DAYS: Final = 250
WEEK_UNITS: Final = ((450, 4.0), (450, 9.0), (450, 14.0), (300, 20.0), (150, 30.0), (450, 12.0), (600, 6.0),
                     (300, 15.0), (450, 12.0), (450, 18.0))  # fmt: skip
"""Visits a day and minutes of service of ten units; 4,050 visits to desks."""
UNLIKE_DAYS: Final = (1.1, 1.0, 0.95, 1.0, 1.15, 0.6, 0.4)
"""How busy days of a week are beside each other."""
UNLIKE: Final = (
    (60.0, Staffed(service=Service(4.0), target=Target(share=0.8, within_min=5))),
    (60.0, Staffed(service=Service(14.0), target=Target(share=0.8, within_min=15))),
    (20.0, Staffed(service=Service(30.0), target=Target(share=0.8, within_min=20))),
    (100.0, Staffed(service=Service(6.0), target=Target(share=0.9, within_min=5))),
    (60.0, Staffed(service=Service(12.0), target=Target(share=0.5, within_min=3))),
    (60.0, Staffed(service=Service(12.0), target=Target(share=0.8, within_min=10), patience_min=15.0)),
)
"""Arrivals in the busiest hour, and units as unlike as those of a square; the last one's customers give up."""


def day(
    busiest: float, spread: float, *, days: int = 1, unit: str = "desk", slot_min: float = SLOT_MIN
) -> Demand:
    """Two humps in 14 hours, with so many arrivals in the busiest hour."""
    slots = round(SLOTS * SLOT_MIN / slot_min)
    x = (np.arange(slots) + 0.5) / slots
    shape = 0.35 + np.exp(-(((x - 0.3) / 0.12) ** 2)) + 0.8 * np.exp(-(((x - 0.7) / 0.12) ** 2))
    starts = [OPENS + timedelta(days=d, minutes=slot_min * i) for d in range(days) for i in range(slots)]
    mean = np.tile(shape / shape.max() * busiest * slot_min / 60, days)
    return Demand.around(unit, tuple(starts), slot_min=slot_min, mean=mean, spread=spread)


def worst(judged: Judged) -> float:
    return 100 * min(slot.value for slot in judged.slots)


def hours(staff: tuple[int, ...]) -> float:
    return sum(staff) * SLOT_MIN / 60


def tuned(demand: Demand, start: tuple[int, ...]) -> tuple[int, ...]:
    """Against the simulator: one more where it is short, one fewer, again and again, wherever no slot becomes short."""
    staff = list(start)

    def levels() -> list[float]:
        played = judge(demand, BY, tuple(staff), plays=TUNED_DAYS, seed=11)
        return [slot.value for slot in played.slots]

    while min(found := levels()) < SHARE:
        for i in [i for i, level in enumerate(found) if level < SHARE]:
            staff[i] += 1
    removed = True
    while removed:
        removed = False
        for i in np.argsort(levels())[::-1]:
            staff[i] -= 1
            if staff[i] and min(levels()) >= SHARE:
                removed = True
            else:
                staff[i] += 1
    return tuple(staff)


def figures(busiest: float) -> Iterator[Row]:
    """A plan of ours at so many arrivals in the busiest hour, beside plans on the mean, by formulas, and tuned."""
    demand = day(busiest, SPREAD)
    begun = process_time()
    ours = plan(demand, BY)
    took = process_time() - begun
    print(f"staffing, {busiest:g} an hour: tuning against the simulator", file=sys.stderr)
    by_formulas = settled(demand, BY)
    best = min((tuned(demand, start) for start in (by_formulas, ours.staff)), key=sum)
    on_the_mean = settled(day(busiest, 0.0), BY)
    played = {
        name: (hours(staff), judge(demand, BY, staff, plays=JUDGED_DAYS, seed=5))
        for name, staff in (
            ("ours", ours.staff),
            ("mean", on_the_mean),
            ("formulas", by_formulas),
            ("tuned", best),
        )
    }

    def peers(figure: str) -> str:
        names = (("mean", "on the mean"), ("formulas", "Erlang C on the distribution"), ("tuned", "tuned"))
        return ", ".join(f"{said} {_figure(played[name], figure):.1f}" for name, said in names)

    work = f"{busiest:g} in the busiest hour, spread 15 %"
    level = 100 * played["ours"][1].within.value
    yield Row(work=f"{work}: served in time", measured=level, unit="%", goal=100 * SHARE - 2,
              at_least=True, peer=peers("level"))  # fmt: skip
    yield Row(work=f"{work}: more than the target", measured=level - 100 * SHARE, unit="points", goal=8.0)
    yield Row(work=f"{work}: worst slot", measured=worst(played["ours"][1]), unit="%", goal=100 * SHARE - 5,
              at_least=True, peer=peers("worst"))  # fmt: skip
    yield Row(work=f"{work}: hours of the tuned plan's", measured=100 * played["ours"][0] / played["tuned"][0],
              unit="%", goal=103.0, peer=f"ours {played['ours'][0]:.1f} h, {peers('hours')}")  # fmt: skip
    yield Row(work=f"{work}: as planned, less as played", measured=100 * ours.within - level, unit="points")
    yield Row(work=f"{work}: time to plan", measured=took, unit="CPU s")


def _figure(played: tuple[float, Judged], figure: str) -> float:
    staffed, judged = played
    return {"hours": staffed, "level": 100 * judged.within.value, "worst": worst(judged)}[figure]


def unlike() -> Iterator[Row]:
    """Other units, slots and spreads: is the target of each slot kept, and what was promised?"""
    short, wrong = [], []
    for slot_min in (15.0, 60.0):
        for spread in (SPREAD, 2 * SPREAD):
            for busiest, by in UNLIKE:
                demand = day(busiest, spread, slot_min=slot_min)
                made = plan(demand, by)
                played = judge(demand, by, made.staff, plays=600, seed=5)
                short.append(100 * by.target.share - worst(played))
                wrong.append(100 * abs(made.within - played.within.value))
    work = "6 unlike units, slots of 15 and 60 min, spreads of 15 and 30 %"
    yield Row(work=f"{work}: worst slot, below its target", measured=max(short), unit="points", goal=5.0)
    yield Row(work=f"{work}: planned and played apart, most", measured=max(wrong), unit="points")


def shared() -> Iterator[Row]:
    """Three small units with their staff apart and together."""
    demand = [day(30.0, SPREAD, unit=name) for name in ("one", "two", "three")]
    pooled = pool([plan(one, BY) for one in demand])
    apart = sum(one.desk_hours for one in pooled.apart)
    played = judge(pooled.together.demand, BY, pooled.together.staff, plays=JUDGED_DAYS, seed=5)
    yield Row(work="three units of 30 in the busiest hour share staff: hours saved",
              measured=100 * (1 - pooled.together.desk_hours / apart), unit="%",
              peer=f"{pooled.together.desk_hours:.1f} h instead of {apart:.1f}, "
                   f"{100 * played.within.value:.1f} % in time, worst slot {worst(played):.1f}")  # fmt: skip


def week() -> Iterator[Row]:
    """Ten units for seven days: how long a plan takes, and 200 plays of it."""
    planned, played, customers = 0.0, 0.0, 0.0
    for visits, service_min in WEEK_UNITS:
        one_day = day(60.0, SPREAD)
        busiest = 60.0 * visits / float(one_day.mean().sum())
        demand = day(busiest, SPREAD, days=7)
        by = Staffed(service=Service(service_min), target=Target(share=SHARE, within_min=10))
        begun = process_time()
        staff = plan(demand, by).staff
        between = process_time()
        customers += 200 * judge(demand, by, staff, plays=200).visits
        planned, played = planned + between - begun, played + process_time() - between
    yield Row(work="ten units, 7 days of 28 slots: plan", measured=planned, unit="CPU s", goal=7.5,
              peer="day after day, with 25 days that stand for all: 15")  # fmt: skip
    yield Row(work=f"ten units, 7 days, 200 plays ({customers / 1e6:.1f} million customers)", measured=played,
              unit="CPU s", goal=60.0)  # fmt: skip


def slider() -> Iterator[Row]:
    """One unit, a week of quarter hours whose days differ: how long a plan takes, and what another demand would do."""
    alike = day(60.0, SPREAD, days=7, slot_min=15.0)
    demand = alike.times(np.repeat(UNLIKE_DAYS, len(alike.starts) // 7))
    begun = process_time()
    made = plan(demand, BY)
    between = process_time()
    for percent in (80, 90, 110, 120):
        what_if(demand, BY, Change(demand_times=percent / 100), before=made)
    changed = (process_time() - between) / 4
    work = "one unit, 7 unlike days of 56 slots"
    yield Row(work=f"{work}: plan", measured=between - begun, unit="CPU s", goal=0.75)
    yield Row(work=f"{work}: what another demand would do", measured=changed, unit="CPU s", goal=1.0)


def main() -> int:
    rows = [*figures(120.0), *figures(30.0), *unlike(), *shared(), *week(), *slider()]
    return 0 if publish("staffing", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
