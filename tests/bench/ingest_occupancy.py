"""Occupancy, live and settled, against known truth: the example square's visitors, of whose crossings some are missed.

Each line's each direction misses its own share of a day's crossings: the mean, plus a normal deviation of that day.
Estimates of a week come from what the four weeks before it taught; errors are mean absolute errors of people inside
at the end of each quarter hour, in percent of the mean of those who truly were. Peers count on from day to day
(carry-over), or anew from nobody each morning (night reset).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from tests.bench.report import Row
from vilina_deploy.demo.visits import day_plan
from vilina_deploy.example import example_site
from vilina_ingest.calendar import WEEKDAYS, quarters_of_day
from vilina_ingest.occupancy.around import SLOTS, sides_of
from vilina_ingest.occupancy.counts import Counts, Floats
from vilina_ingest.occupancy.hindcast import taught
from vilina_ingest.occupancy.learned import balanced_inside
from vilina_ingest.occupancy.live import Live, Midnight, first_midnight
from vilina_ingest.occupancy.recording import everybody_left, parse_opening, read_recording
from vilina_ingest.occupancy.replay import LEARN_DAYS, replay
from vilina_ingest.occupancy.settled import settle

SEEDS: Final = (1, 2, 3)
FIRST: Final = date(2025, 4, 7)
MEASURED_DAYS: Final = 28
DATA: Final = Path(__file__).parents[2].parent / "shared" / "data"
"""Where the tests have it, too; see tests/conftest.py."""


class Conditions(NamedTuple):
    """What is missed of entries and of exits, how much that differs from day to day, and how much stays do."""

    name: str
    miss: tuple[float, float]
    spread: float
    stays: float = 0.0
    by_line: bool = False


SPREAD: Final = Conditions("misses 2/4 % with 1 % daily spread", (0.02, 0.04), 0.01)
"""All lines miss alike on a day, which is the hardest: nothing averages out."""
STEADY: Final = Conditions("steady misses 2/2 %", (0.02, 0.02), 0.0)
LINES: Final = Conditions("misses 2/4 % with 1 % spread of each line", (0.02, 0.04), 0.01, by_line=True)
MOODS: Final = Conditions(
    "misses 2/4 %, and stays 20 % longer or shorter on a day", (0.02, 0.04), 0.01, stays=0.2
)
LATER_ZONES: Final = ("library", "laboratory", "hall-1")


class Measured(NamedTuple):
    """Sums over days of absolute errors (Z,) by method, of true people (Z,), and the share of truth in the interval."""

    wrong: dict[str, Floats]
    true: Floats
    covered: float

    def percent(self, method: str, row: int = 0) -> float:
        return float(100 * self.wrong[method][row] / self.true[row])


def measure() -> list[Row]:
    """Every figure of occupancy."""
    found: list[Row] = []
    for conditions, goal in ((SPREAD, 12.0), (STEADY, 6.0), (LINES, 12.0), (MOODS, 12.0)):
        found += _simulated_rows(conditions, [measured(conditions, seed) for seed in SEEDS], goal)
    found += _recorded_rows()
    return found


def measured(conditions: Conditions, seed: int) -> Measured:
    """Four weeks, after four weeks of learning; learned anew each week."""
    site = example_site()
    zones = sides_of(site).zones
    true, seen = zip(*simulated(conditions, seed, LEARN_DAYS + MEASURED_DAYS), strict=True)
    wrong = {
        method: np.zeros(len(zones)) for method in ("live", "settled", "carry-over", "night reset", "scaled")
    }
    people, covered, asked = np.zeros(len(zones)), 0.0, 0
    carried = np.zeros((len(zones), 1))
    midnight: Midnight | None = None
    for number, (truly, counts) in enumerate(zip(true, seen, strict=True)):
        inside = np.cumsum(truly.entered - truly.left, axis=1)
        reset = np.cumsum(counts.entered - counts.left, axis=1)
        carry, carried = carried + reset, carried + reset[:, -1:]
        if number < LEARN_DAYS:
            continue
        if number % 7 == 0:
            learned = taught(seen[number - LEARN_DAYS : number], zones, SLOTS)
        live = Live(learned, midnight or first_midnight(learned))
        estimates, midnight = live.estimate(counts), live.midnight
        curves = {
            "live": estimates.people,
            "settled": settle(counts, learned).people,
            "carry-over": carry,
            "night reset": reset,
            "scaled": np.array([_scaled(*sides) for sides in zip(counts.entered, counts.left, strict=True)]),
        }
        for method, curve in curves.items():
            wrong[method] += np.abs(curve - inside).sum(axis=1)
        people += inside.sum(axis=1)
        busy = inside[0] > 10
        covered += float(((estimates.low[0] <= inside[0]) & (inside[0] <= estimates.high[0]))[busy].sum())
        asked += int(busy.sum())
    return Measured(wrong, people, 100 * covered / asked)


def simulated(conditions: Conditions, seed: int, days: int) -> Iterator[tuple[Counts, Counts]]:
    """Local days of the example square: as they are, and as they are counted; rows as in `sides_of`."""
    site, dice = example_site(), np.random.default_rng([seed, 7])
    sides, lines = sides_of(site), len(site.lines)
    for number in range(days):
        day = FIRST + timedelta(days=number)
        stays = float(dice.lognormal(-(conditions.stays**2) / 2, conditions.stays))
        plan = day_plan(site, day, seed=seed, stays=stays)
        bins = quarters_of_day(site, day)
        edges = np.array([edge.timestamp() * 1000 for edge in bins.edges])
        slot = np.searchsorted(edges, plan.at_ms, side="right") - 1
        flat = (plan.line * 2 + ~plan.entered) * len(bins) + slot
        crossed = np.bincount(flat, minlength=lines * 2 * len(bins)).reshape(lines, 2, len(bins))
        of_line = dice.standard_normal((lines if conditions.by_line else 1, 2))
        missed = np.clip(np.array(conditions.miss) + conditions.spread * of_line, 0, 1)
        counted = dice.binomial(crossed, 1 - np.broadcast_to(missed, (lines, 2))[:, :, None])
        local = [site.local(start) for start in bins.edges[:-1]]
        closed = everybody_left(local, site.opening.get(WEEKDAYS[day.weekday()]))
        clock = np.array([(at.hour * 60 + at.minute) // 15 for at in local])
        yield tuple(  # type: ignore[misc]  # it has two members
            Counts.of(
                sides.zones,
                sides.inward @ one[:, 0] + sides.outward @ one[:, 1],
                sides.inward @ one[:, 1] + sides.outward @ one[:, 0],
                clock=clock, slots=SLOTS, closed=closed,
            )
            for one in (crossed.astype(float), counted.astype(float))
        )  # fmt: skip


def _scaled(entered: Floats, left: Floats) -> Floats:
    """What a spreadsheet does in the evening: all exits times one number, so that the day ends at nobody."""
    if not left.sum():
        return np.zeros_like(left)
    return np.maximum(0, balanced_inside(entered, left, exits_short=True))


def _simulated_rows(conditions: Conditions, runs: list[Measured], goal: float) -> Iterator[Row]:
    def mean(method: str, row: int = 0) -> float:
        return float(np.mean([run.percent(method, row) for run in runs]))

    peers = (
        f"carry-over {mean('carry-over'):.0f}, night reset {mean('night reset'):.0f}, best filter known 12"
    )
    unit, work = "% of mean people", f"simulated, {conditions.name}"
    yield Row(work=f"{work}: live", measured=mean("live"), unit=unit, peer=peers, goal=goal)
    yield Row(work=f"{work}: settled", measured=mean("settled"), unit=unit, goal=4.0,
              peer=f"exits scaled to the day {mean('scaled'):.1f}, known 4")  # fmt: skip
    yield Row(
        work=f"{work}: truth in the live 90 % interval",
        measured=float(np.mean([r.covered for r in runs])),
        unit="%",
    )
    zones = sides_of(example_site()).zones
    for zone in LATER_ZONES if conditions is SPREAD else ():
        row = zones.index(zone)
        for method in ("live", "settled"):
            yield Row(work=f"{work}: {method}, {zone}", measured=mean(method, row), unit=unit,
                      peer=f"night reset {mean('night reset', row):.0f}, scaled {mean('scaled', row):.0f}")  # fmt: skip


def _recorded_rows() -> Iterator[Row]:
    """CalIt2: a real building of which only the counts are known, in half hours, and in which nobody sleeps.

    From October on its two columns are exchanged on most days: people leave before they come. Nothing is done about it.
    """
    path = DATA / "footfall" / "calit2_in_out_30min.csv"
    days = list(replay(read_recording(path, zone=ZoneInfo("UTC"), opening=parse_opening("07:00-22:00"))))
    live = np.stack([day.live.people[0] for day in days])
    settled = np.stack([day.settled.people[0] for day in days])
    crossed = np.stack([np.nan_to_num(day.recorded.entered + day.recorded.left) for day in days])
    net = np.stack([np.nan_to_num(day.recorded.entered - day.recorded.left) for day in days])
    work = f"CalIt2, {len(days)} days"
    night = live[:, 8]
    # What those who crossed in the first bin of a day cannot explain is a step.
    step = np.maximum(0, np.abs(live[1:, 0] - live[:-1, -1]) - crossed[1:, 0])
    jumps = np.abs(net.sum(axis=1))[:-1]
    first = next(i for i, day in enumerate(days) if day.looks_reversed) - 1
    peer = f"night reset: mean {jumps.mean():.1f}, largest {jumps.max():.0f}"
    fewest = float(min(live.min(), settled.min()))
    yield Row(work=f"{work}: fewest people, live or settled", measured=fewest, unit="people",
              goal=0.0, at_least=True, peer=f"night reset {np.cumsum(net, axis=1).min():.0f}")  # fmt: skip
    yield Row(work=f"{work}: live at 04:30, mean", measured=float(night.mean()), unit="people", goal=0.5)
    yield Row(
        work=f"{work}: settled at midnight, most",
        measured=float(settled[:, -1].max()),
        unit="people",
        goal=0.5,
    )
    yield Row(
        work=f"{work}: step at midnight, mean",
        measured=float(step.mean()),
        unit="people",
        goal=0.5,
        peer=peer,
    )
    yield Row(work=f"{work}: step at midnight, largest of {first} nights before the first exchanged day",
              measured=float(step[:first].max()), unit="people", goal=1.0, peer=peer)  # fmt: skip
    yield Row(work=f"{work}: step at midnight, largest", measured=float(step.max()), unit="people", peer=peer)
