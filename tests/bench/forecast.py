"""How good forecasts are, on real counts: `python -m tests.bench.forecast`.

Rolling origins, as `vilina forecast backtest` does it: learned anew at each from nothing but what was known then. The
defaults are the same for every set. Peers are figures of other people's methods under the same protocol.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.auckland import sensors
from tests.bench.report import Row, publish
from vilina_api.forecasting.backtest import Plan, Result, backtest
from vilina_api.forecasting.blend import Blend
from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.forecasting.counts_file import Columns, read_counts
from vilina_api.forecasting.holiday_names import public_holidays
from vilina_api.forecasting.methods import METHODS, OURS
from vilina_api.forecasting.naive import FOUR_WEEKS, SEASONAL
from vilina_api.forecasting.scores import scores

DATA: Final = Path(os.environ.get("VILINA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
HISTORIES: Final = (1, 2, 4, 8, 16)
"""Weeks."""
ZONES: Final = 200
ZONE_DAYS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Counts, how they are judged, and what is good enough; `hours` are the first and the last.

    `source` tells counts in slots of so many minutes, and raises FileNotFoundError with what to do if there are none.
    """

    name: str
    source: Callable[[int], Counts]
    plan: Plan
    region: tuple[str, str | None]
    wape: float
    loss: float
    peer: str
    hours: tuple[int, int] = (0, 23)

    def read(self) -> tuple[Counts, Calendar]:
        counts = self.source(60)
        known = public_holidays(*self.region, counts.first, counts.end)
        return counts, Calendar(opens=60 * self.hours[0], closes=60 * (self.hours[1] + 1), holidays=known)


def recording(file: str, *columns: str) -> Callable[[int], Counts]:
    """Counts in a file among the recordings, from columns of times, values and series."""

    def read(minutes: int) -> Counts:
        if not (DATA / file).is_file():
            raise FileNotFoundError(
                f"there is no {DATA / file}: VILINA_TEST_DATA names the recordings' folder"
            )
        return read_counts(DATA / file, Columns(*columns), minutes=minutes).counts

    return read


SETS: Final = (
    Set(
        name="Auckland", source=lambda _minutes: sensors(),
        plan=Plan(origins=10, every=34, horizon=7, start=date(2025, 1, 20)), region=("NZ", "AUK"), wape=12.5, loss=8.4,
        peer="last week 17.5/12.2, four weeks 15.7/10.9, LightGBM 13.1/8.8",
    ),
    Set(
        name="Melbourne", source=recording("footfall/melbourne_hourly.csv.gz", "local_time", "count", "series"),
        plan=Plan(origins=10, every=34, horizon=7, start=date(2014, 2, 15)), region=("AU", "VIC"), wape=10.1, loss=6.7,
        peer="last week 14.0/10.1, four weeks 13.8/9.5, LightGBM 10.4/6.9",
    ),
    Set(
        name="CalIt2", source=recording("footfall/calit2_in_out_30min.csv", "local_time", "entered"),
        plan=Plan(origins=9, every=6, horizon=7, start=date(2005, 9, 6)), region=("US", "CA"), wape=37, loss=25.5,
        peer="last week 44.1/31.2, four weeks 40.9/27.8, LightGBM 40.6/27.4, MSTL 41.8/28.6", hours=(7, 21),
    ),
    Set(
        name="Bank", source=recording("calls/bank_5min.csv.gz", "local_time", "arrivals"),
        plan=Plan(origins=10, every=13, horizon=7, start=date(2003, 6, 2)), region=("US", None), wape=5.8, loss=4.2,
        peer="last week 12.5/10.2, four weeks 9.2/6.6, MSTL 8.1/11.4, LightGBM 9.6/6.4", hours=(7, 20),
    ),
)  # fmt: skip


def measured(one: Set) -> Iterator[Row]:
    """One set: errors beside those of others, intervals, the worst series, short histories, and what it costs."""
    counts, calendar = one.read()
    results = backtest(counts, calendar, list(METHODS.values()), one.plan)
    ours, name = results[OURS].scores, one.name
    told = f"{one.peer}; here: {_naive(results)}"
    yield Row(work=f"{name}: WAPE, 7 days hourly", measured=ours.wape, unit="%", goal=one.wape, peer=told)
    yield Row(work=f"{name}: weighted quantile loss", measured=ours.loss, unit="%", goal=one.loss)
    yield Row(
        work=f"{name}: coverage of the 80 % interval, off by", measured=abs(ours.coverage - 80), unit="points", goal=3
    )  # fmt: skip
    worst = max(
        scores(results[OURS].sums, index).wape / scores(results[FOUR_WEEKS.name].sums, index).wape
        for index in range(len(counts.names))
    )
    yield Row(
        work=f"{name}: worst series against its mean of four weeks", measured=worst, unit="x", goal=1.02
    )
    cpu = results[OURS].fit_s / one.plan.origins / len(counts.names)
    yield Row(work=f"{name}: a retrain", measured=cpu, unit="CPU s/series", goal=2)
    for weeks in HISTORIES:
        yield short(one, counts, calendar, weeks)


def short(one: Set, counts: Counts, calendar: Calendar, weeks: int) -> Row:
    """With so many weeks of history: our error against that of the better naive method."""
    plan = Plan(
        origins=one.plan.origins, every=one.plan.every, horizon=one.plan.horizon, start=one.plan.start, weeks=weeks
    )  # fmt: skip
    results = backtest(counts, calendar, [SEASONAL, FOUR_WEEKS, METHODS[OURS]], plan)
    better = min(results[method.name].scores.wape for method in (SEASONAL, FOUR_WEEKS))
    return Row(
        work=f"{one.name}: {weeks} weeks known, against the better naive method",
        measured=results[OURS].scores.wape / better,
        unit="x",
        goal=1,
        peer=_naive(results),
    )


def many_zones() -> Iterator[Row]:
    """A forecast of two weeks for as many zones as a large site has, by a model that is already trained."""
    streets, calendar = SETS[1].read()
    people = np.tile(streets.people, (ZONES // len(streets.names), 1, 1))
    site = Counts(names=tuple(f"zone {n}" for n in range(len(people))), first=streets.first, people=people)
    begin = time.process_time()
    fitted = Blend().fit(site, calendar)
    learned = time.process_time()
    fitted.predict(site, ZONE_DAYS)
    spent = time.process_time() - learned
    yield Row(
        work=f"a retrain, {ZONES} zones", measured=(learned - begin) / ZONES, unit="CPU s/series", goal=2
    )
    yield Row(work=f"{ZONES} zones x {ZONE_DAYS} days predicted", measured=spent, unit="CPU s", goal=5)


def _naive(results: Mapping[str, Result]) -> str:
    found = ((name, results[name].scores) for name in (SEASONAL.name, FOUR_WEEKS.name))
    return ", ".join(f"{name} {score.wape:.1f}/{score.loss:.1f}" for name, score in found)


def main() -> int:
    rows: list[Row] = []
    for measure in (*(partial(measured, one) for one in SETS), many_zones):
        try:
            rows += measure()
        except FileNotFoundError as error:
            print(f"not measured: {error}", file=sys.stderr)
    return 0 if publish("forecast", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
