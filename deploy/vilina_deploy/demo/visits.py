"""Everyone who visits the square on a day, as agents: who goes where, and which lines they cross when.

Each visitor comes in through a door, sees one to three units, and leaves through a door before the square is empty, so
people are conserved in every zone. The mean over open days is 4,500 visits.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import numpy as np
import numpy.typing as npt

from vilina_ingest.calendar import hours_of
from vilina_ingest.site import Line, Site

MEAN_VISITS: Final = 4500
WEEKDAY: Final = (1.14, 1.12, 1.05, 1.08, 0.99, 0.62, 0.62)
"""Monday to Sunday, relative to the mean of Monday to Saturday: usually the square is closed on Sundays."""
SEASON: Final = 0.10
"""How much fuller the end of January is than the mean, and the end of July emptier."""
DAY_SPREAD: Final = 0.08
ARRIVALS: Final = np.array([0.3, 0.7, 1.1, 1.6, 1.7, 1.35, 1.2, 1.45, 1.6, 1.4, 1.0, 0.6, 0.25])
"""Relative arrivals through the opening hours, stretched over them: a hump before noon and one after."""
DOORS: Final = (0.45, 0.35, 0.20)
UNITS: Final = {
    # share of first choices, median minutes of a stay
    "library": (0.27, 30.0),
    "citizen": (0.13, 16.0),
    "health": (0.14, 32.0),
    "child": (0.05, 35.0),
    "mental": (0.03, 45.0),
    "insurance": (0.10, 20.0),
    "laboratory": (0.11, 14.0),
    "imaging": (0.04, 28.0),
    "youth": (0.06, 35.0),
    "employment": (0.07, 28.0),
}
UNITS_SEEN: Final = (0.62, 0.28, 0.10)
"""Shares of visitors who see one, two and three units."""
STAY_SPREAD: Final = 0.5
WALK_S: Final = (30.0, 110.0)
BY_LIFT: Final = 0.2
GOING_HOME_S: Final = (-600.0, 300.0)
"""Relative to closing: when those leave who would have stayed longer."""
LAST_ARRIVAL_S: Final = 1200.0

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The crossings of one local day in the order of time.

    `at_ms` is UTC (ms since 1970); `line` counts in `site.lines`; `entered` is the direction. Each is (N,).
    """

    at_ms: Ints
    line: Ints
    entered: Bools


def day_plan(site: Site, day: date, *, seed: int, stays: float = 1.0) -> DayPlan:
    """The same day of the same seed is always the same. `stays` times as long as usual is each stay at a unit."""
    hours = hours_of(site, day)
    if hours is None:
        return DayPlan(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))
    rng = np.random.default_rng([seed, day.toordinal()])
    opens, closes = (_utc_s(site, day, clock) for clock in (hours.opens, hours.closes))
    visitors = rng.poisson(_expected_visits(day) * rng.lognormal(-(DAY_SPREAD**2) / 2, DAY_SPREAD))
    arrivals = opens + _arrival_shares(rng, visitors) * (closes - opens - LAST_ARRIVAL_S)
    return _Walks(site, rng, arrivals, closes=closes, stays=stays).plan()


class _Walks:
    """All visitors of a day walking at once: each step of the walk is an array over them."""

    def __init__(
        self,
        site: Site,
        rng: np.random.Generator,
        arrivals: npt.NDArray[np.float64],
        *,
        closes: float,
        stays: float,
    ) -> None:
        self._rng = rng
        self._stays = stays
        self._arrivals = arrivals
        self._now = arrivals.copy()
        self._home_by = closes + rng.uniform(*GOING_HOME_S, len(arrivals))
        self._floor = np.zeros(len(arrivals), np.int64)
        storeys = {floor.id: storey for storey, floor in enumerate(site.floors)}
        self._floors = {zone.id: storeys[zone.floor] for zone in site.zones}
        self._lines = site.lines
        self._crossings: list[tuple[Ints, npt.NDArray[np.float64], int, bool]] = []

    def plan(self) -> DayPlan:
        everyone = np.arange(len(self._arrivals))
        doors = [i for i, line in enumerate(self._lines) if line.door]
        self._come(doors, self._rng.choice(len(doors), len(everyone), p=DOORS))
        count = self._rng.choice([1, 2, 3], len(everyone), p=UNITS_SEEN)
        names = list(UNITS)
        weights = np.log([share for share, _ in UNITS.values()])
        # Gumbel-max: the best three are drawn without replacement, by their shares.
        choices = np.argsort(-(weights + self._rng.gumbel(size=(len(everyone), len(names)))), axis=1)
        for turn in range(3):
            for index, name in enumerate(names):
                self._visit(np.flatnonzero((count > turn) & (choices[:, turn] == index)), name)
        exits = self._rng.choice(len(doors), len(everyone), p=DOORS)
        self._leave(doors, exits)
        return self._sorted()

    def _come(self, doors: list[int], entrances: Ints) -> None:
        for index, door in enumerate(doors):
            who = np.flatnonzero(entrances == index)
            self._cross(who, door, entered=True)
            self._floor[who] = self._floors[self._lines[door].to]

    def _visit(self, who: Ints, unit: str) -> None:
        line = next(i for i, candidate in enumerate(self._lines) if candidate.to == unit)
        self._walk_to_floor(who, self._floors[unit])
        self._cross(who, line, entered=True)
        self._now[who] += 60 * self._stays * UNITS[unit][1] * self._rng.lognormal(0.0, STAY_SPREAD, len(who))
        self._cross(who, line, entered=False)

    def _walk_to_floor(self, who: Ints, floor: int) -> None:
        """Walk through the hall, by stairs or lift where the floor is another one."""
        self._walk(who)
        elsewhere = who[self._floor[who] != floor]
        by_lift = self._rng.random(len(elsewhere)) < BY_LIFT
        stairs, lift = (i for i, line in enumerate(self._lines) if self._joins_floors(line))
        for line, group in ((stairs, elsewhere[~by_lift]), (lift, elsewhere[by_lift])):
            self._cross(group, line, entered=floor > 0)
            self._walk(group)
        self._floor[elsewhere] = floor

    def _leave(self, doors: list[int], exits: Ints) -> None:
        for index, door in enumerate(doors):
            who = np.flatnonzero(exits == index)
            self._walk_to_floor(who, self._floors[self._lines[door].to])
            self._cross(who, door, entered=False)

    def _joins_floors(self, line: Line) -> bool:
        floors = {self._floors.get(line.origin), self._floors.get(line.to)}
        return None not in floors and len(floors) == 2

    def _walk(self, who: Ints) -> None:
        self._now[who] += self._rng.uniform(*WALK_S, len(who))

    def _cross(self, who: Ints, line: int, *, entered: bool) -> None:
        self._crossings.append((who, self._now[who].copy(), line, entered))

    def _sorted(self) -> DayPlan:
        who = np.concatenate([w for w, _, _, _ in self._crossings])
        at = np.concatenate([t for _, t, _, _ in self._crossings])
        line = np.concatenate([np.full(len(w), i, np.int64) for w, _, i, _ in self._crossings])
        entered = np.concatenate([np.full(len(w), e, np.bool_) for w, _, _, e in self._crossings])
        # Who would stay for too long hurries: their whole visit is compressed.
        stay = self._now - self._arrivals
        hurry = np.minimum(1.0, (self._home_by - self._arrivals) / np.maximum(stay, 1.0))
        at = self._arrivals[who] + (at - self._arrivals[who]) * hurry[who]
        order = np.argsort(at, kind="stable")
        return DayPlan(np.round(at[order] * 1000).astype(np.int64), line[order], entered[order])


def _expected_visits(day: date) -> float:
    season = 1 + SEASON * np.cos(2 * np.pi * (day.timetuple().tm_yday - 28) / 365.25)
    return float(MEAN_VISITS * WEEKDAY[day.weekday()] * season)


def _arrival_shares(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    """When visitors come, as a share of the opening hours."""
    cumulative = np.concatenate([[0.0], np.cumsum(ARRIVALS)]) / ARRIVALS.sum()
    return np.interp(rng.random(count), cumulative, np.linspace(0, 1, len(cumulative)))


def _utc_s(site: Site, day: date, clock: time) -> float:
    return datetime.combine(day, clock, site.tz).timestamp()
