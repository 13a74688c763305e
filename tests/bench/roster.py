"""Every figure of rosters: `make bench-roster`.

Ten units of the example site for seven days of 7 to 20, staffed by the staffing planner for demand with two humps and
quieter weekends, and 40 people with one to four skills, contracts of 22.5 to 37.5 hours, days off and wishes. Each
instance has its own demand, peaks and people. What is said of a roster is counted from its shifts here, not by the
programs that made it; the bound is HiGHS' own.

Time: `make` alone may take 60 s on two cores. Where other work shares the machine, wall time says little; CPU seconds
of all its threads, divided by two, are what it takes at least.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic, process_time
from typing import Final

import numpy as np

from tests.bench.report import Row, publish
from vilina_api.rostering.making import make
from vilina_api.rostering.people import Person, Time
from vilina_api.rostering.repair import repair
from vilina_api.rostering.required import UnitNeed, from_plans, required
from vilina_api.rostering.roster import Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.search import Stage
from vilina_api.rostering.shifts import Week
from vilina_api.rostering.told import stage_line
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import plan
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import Service
from vilina_deploy.example import example_site
from vilina_ingest.site import Site

MONDAY: Final = date(2026, 3, 2)
LIMIT_S: Final = 55.0
"""For the search; desks of seven days take the rest of the minute."""
VISITS: Final = {"library": 450, "citizen": 450, "health": 450, "child": 300, "mental": 150, "insurance": 450,
                 "laboratory": 600, "imaging": 300, "youth": 450, "employment": 450}  # fmt: skip
"""A day, of a square with 140 staff."""
OF_WEEKDAY: Final = (1.1, 1.0, 1.0, 1.0, 0.95, 0.6, 0.45)
KINDS: Final = (
    (4, "nurse"), (6, "nurse counselling"), (3, "nurse laboratory"), (2, "laboratory"), (3, "laboratory imaging"),
    (3, "imaging"), (2, "guidance library"), (4, "guidance library youth"), (2, "guidance permits"),
    (4, "guidance permits benefits"), (3, "guidance employment"), (2, "guidance employment benefits"),
    (2, "guidance employment youth library"),
)  # fmt: skip
MIXED: Final = (
    (5, "nurse"), (5, "nurse counselling"), (3, "nurse laboratory"), (3, "nurse imaging laboratory"), (2, "laboratory"),
    (4, "imaging"), (3, "guidance library"), (3, "guidance library permits"), (4, "guidance permits benefits"),
    (3, "guidance employment"), (3, "guidance employment benefits"), (2, "guidance youth nurse counselling"),
)  # fmt: skip
"""Nobody is apart from anybody: two people have skills of both halves of the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One week: how much of the square's demand, at what slots, and who there is."""

    seed: int
    share: float
    slot_min: float
    kinds: tuple[tuple[int, str], ...]


INSTANCES: Final = (
    Instance(seed=1, share=0.05, slot_min=30.0, kinds=KINDS),
    Instance(seed=2, share=0.06, slot_min=30.0, kinds=KINDS),
    Instance(seed=3, share=0.05, slot_min=15.0, kinds=KINDS),
    Instance(seed=4, share=0.04, slot_min=30.0, kinds=MIXED),
    Instance(seed=5, share=0.09, slot_min=30.0, kinds=KINDS),
)
"""The last one needs more than there is."""


def staffed(site: Site, of: Instance) -> tuple[UnitNeed, ...]:
    """What the staffing planner asks for."""
    dice, plans = np.random.default_rng(of.seed), []
    slots = round(13 * 60 / of.slot_min)
    x = (np.arange(slots) + 0.5) / slots
    for unit in site.units:
        first, second = dice.uniform(0.2, 0.4), dice.uniform(0.55, 0.8)
        starts: list[datetime] = []
        people: list[float] = []
        for day, share in enumerate(OF_WEEKDAY):
            hump = 0.35 + np.exp(-(((x - first) / 0.12) ** 2))
            hump += dice.uniform(0.5, 1) * np.exp(-(((x - second) / 0.12) ** 2))
            people += list(hump / hump.sum() * VISITS[unit.id] * of.share * share * dice.uniform(0.85, 1.15))
            opens = datetime.combine(MONDAY + timedelta(days=day), datetime.min.time()) + timedelta(hours=7)
            starts += [opens + timedelta(minutes=of.slot_min * n) for n in range(slots)]
        demand = Demand.around(
            unit.id, tuple(starts), slot_min=of.slot_min, mean=np.array(people), spread=0.15
        )
        by = Staffed(service=Service(unit.service_min), target=unit.target, rules=Rules(desks=unit.desks))
        plans.append(plan(demand, by))
    return from_plans(plans)


def people(of: Instance) -> tuple[Person, ...]:
    """Forty people, each with an own contract; a third has a day off, half have wishes."""
    dice, found = np.random.default_rng(100 + of.seed), []
    for count, skills in of.kinds:
        for _ in range(count):
            avoids = (Time(int(dice.integers(7))),) if dice.random() < 0.5 else ()
            avoids += ((), (), (Time(None, 16 * 60),), (Time(None, 0, 10 * 60),))[int(dice.integers(4))]
            found.append(
                Person(
                    id=f"p{len(found)}", name=f"Person {len(found)}", skills=frozenset(skills.split()),
                    hours=float(dice.choice([37.5, 37.5, 37.5, 30.0, 22.5])), avoids=avoids,
                    away=(Time(int(dice.integers(7))),) if dice.random() < 0.3 else (),
                    prefers=(Time(int(dice.integers(5)), 0, 12 * 60),) if dice.random() < 0.3 else (),
                )
            )  # fmt: skip
    return tuple(found)


def covered(of: Week, made: Roster) -> int:
    """Blocks that lack staff, counted from the shifts."""
    lacks, block = of.required.need.copy(), of.required.block_min
    for shift in made.shifts:
        for stint in shift.stints:
            if stint.unit is not None:
                unit, day = of.required.units.index(stint.unit), made.days.index(shift.day)
                lacks[unit, day, stint.start_min // block : stint.end_min // block] -= 1
    return int(np.maximum(0, lacks).sum())


def figures(site: Site, of: Instance) -> Iterator[Row]:
    """One week: its roster, and ten absences in it."""
    rules = ShiftRules()
    needs = required(staffed(site, of), site, first=MONDAY, block_min=rules.block_min)
    week = Week(site, people(of), needs, rules)
    began, cpu = monotonic(), process_time()
    seen: list[Stage] = []

    def tell(stage: Stage) -> None:
        seen.append(stage)
        print(
            f"{of.seed}: {stage_line(stage, monotonic() - began)}, {process_time() - cpu:.0f} CPU s",
            file=sys.stderr,
        )

    def stop() -> bool:
        # Half of the CPU time is what two cores take at least, whoever else is there.
        return min(monotonic() - began, (process_time() - cpu) / 2) > LIMIT_S

    made = make(week, tell=tell, stop=stop)
    took, worked = monotonic() - began, process_time() - cpu
    work = f"week {of.seed}: {needs.hours:.0f} h for 40 people with {sum(one.hours for one in week.people):.0f} h"
    first = next(stage for stage in seen if stage.best is not None)
    yield Row(work=f"{work}: gap to the bound, with fairness", measured=100 * made.quality.gap, unit="%", goal=2.0,
              peer=f"CP-SAT alone 70-81 %; the first roster {100 * (first.gap or 0):.2f} %")  # fmt: skip
    yield Row(work=f"{work}: uncovered, of which it is not proven that nobody can", unit="blocks", goal=0.0,
              measured=covered(week, made) - made.quality.unavoidable,
              peer=f"{covered(week, made)} of {int(needs.need.sum())} uncovered")  # fmt: skip
    yield Row(work=f"{work}: time, wall", measured=took, unit="s", peer=f"{worked:.0f} CPU s")
    asked, kept = sum(one.wishes for one in made.workers), sum(one.wishes_kept for one in made.workers)
    yield Row(work=f"{work}: wishes kept", measured=100 * kept / asked, unit="%",
              peer=f"{min(one.unpopular for one in made.workers)} to "
                   f"{max(one.unpopular for one in made.workers)} evenings and weekend days each")  # fmt: skip
    yield from repairs(week, made, work)


def repairs(week: Week, made: Roster, work: str) -> Iterator[Row]:
    """Four single days, and a whole week of absence."""
    dice = np.random.default_rng(7)
    took, others, lacks = [], [], []
    busy = [worker.id for worker in made.workers if made.by_person[worker.id]]
    for number in range(5):
        absent = busy[int(dice.integers(len(busy)))]
        days = sorted(made.by_person[absent])
        began = monotonic()
        repaired = repair(
            week, made, absent=absent, days=days if number == 4 else [days[int(dice.integers(len(days)))]]
        )
        took.append(monotonic() - began)
        others.append(repaired.others)
        lacks.append(repaired.roster.quality.uncovered - made.quality.uncovered)
    yield Row(work=f"{work}: repair of an absence, slowest of five", measured=max(took), unit="s", goal=5.0,
              peer="the last is of all days")  # fmt: skip
    yield Row(work=f"{work}: others who change, most", measured=max(others), unit="people", goal=3.0,
              peer=f"{', '.join(map(str, others))}; {', '.join(map(str, lacks))} blocks more uncovered")  # fmt: skip


def main() -> int:
    site = example_site()
    chosen = {int(one) for one in sys.argv[1:]} or {one.seed for one in INSTANCES}
    rows = [row for of in INSTANCES if of.seed in chosen for row in figures(site, of)]
    return 0 if publish("roster", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
