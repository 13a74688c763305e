"""What a site's forecast is worth beyond its method, and what it costs the API: `python -m tests.bench.site_forecast`.

Following the day, quarters told from hours, and the first days, on real counts where there are any; CPU seconds and how
long the API's other work waits, on the demo's square.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from tests.bench.forecast import SETS, Set
from tests.bench.report import Row, publish
from tests.clocks import TestClock
from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats, weekdays
from vilina_api.forecasting.forecast import HIGH, LOW, MEDIAN
from vilina_api.forecasting.profiles import Profiles
from vilina_api.site_forecast.intraday import levels
from vilina_api.site_forecast.quarters import QUARTERS, hours_of, quarter_quantiles, quarter_shares
from vilina_api.site_forecast.serving import SiteOutlook
from vilina_api.site_forecast.site_model import Planned, place_of
from vilina_deploy.demo.history import history
from vilina_deploy.example import example_site
from vilina_ingest.points import points
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

DAYS: Final = 56
HOURS: Final = (10, 12, 14, 16)
WEEKS: Final = 40
SQUARE_WEEKS: Final = 26
TICK_S: Final = 0.005
Day = tuple[Floats, Floats]
"""What was said of a day at midnight, and what came, (S, 24) each."""


def following_the_day(one: Set) -> Iterator[Row]:
    """Errors over the rest of the day, moved by what came, against those of the forecast of midnight."""
    counts, calendar = one.read()
    days = list(_days(counts.before(counts.end, weeks=WEEKS), calendar))
    for hour in HOURS:
        plain, followed, people = (
            sum(each) for each in zip(*(_rest(day, hour) for day in days), strict=True)
        )
        yield Row(
            work=f"{one.name}: the rest of the day at {hour} h, WAPE", measured=100 * followed / people, unit="%",
            peer=f"as it was said at midnight {100 * plain / people:.2f}",
        )  # fmt: skip


def _days(counts: Counts, calendar: Calendar) -> Iterator[Day]:
    fitted = None
    for n in range(DAYS):
        origin = counts.end - timedelta(days=DAYS - n)
        if fitted is None or n % WEEK == 0:
            fitted = Profiles().fit(counts.before(origin), calendar)
        yield fitted.predict(counts.before(origin), 1).median[:, 0], counts.of(origin, 1)[:, 0]


def _rest(day: Day, hour: int) -> tuple[float, float, float]:
    said, came = day
    factor = levels(said, came[:, :hour], len(said))
    rest = came[:, hour:]
    plain, followed = (np.nansum(np.abs(rest - each[:, hour:])) for each in (said, factor[:, None] * said))
    return float(plain), float(followed), float(np.nansum(rest))


def quarters_from_hours(one: Set) -> Iterator[Row]:
    """Quarters of an hour are told from hours: do as many come within their intervals as should?"""
    counts = one.source(15)
    calendar = Calendar(opens=60 * one.hours[0], closes=60 * (one.hours[1] + 1))
    hours = hours_of(counts)
    inside = slots = 0.0
    error = {"hours": 0.0, "quarters": 0.0}
    people = 0.0
    for n in range(4, 0, -1):
        origin = counts.end - timedelta(days=14 * n)
        past = hours.before(origin)
        said = Profiles().fit(past, calendar).predict(past, 14).people
        opened = calendar.is_open(origin, days=WEEK, slots=96)
        shares = quarter_shares(counts.before(origin), opened)[:, weekdays(origin, 14)]
        medians = np.repeat(said[..., MEDIAN], QUARTERS, axis=2) * shares
        told, came = quarter_quantiles(said, medians), counts.of(origin, 14)
        known = np.isfinite(came) & calendar.is_open(origin, days=14, slots=96)
        inside += float((known & (came >= told[..., LOW]) & (came <= told[..., HIGH])).sum())
        slots += float(known.sum())
        people += float(np.where(known, came, 0).sum())
        error["quarters"] += float(np.abs(np.where(known, came - medians, 0)).sum())
        by_hour = hours.of(origin, 14)
        error["hours"] += float(np.nansum(np.abs(by_hour - said[..., MEDIAN])))
    yield Row(
        work=f"{one.name}: 15 minutes told from hours, coverage of the 80 % interval", measured=100 * inside / slots,
        unit="%", peer=f"WAPE {100 * error['quarters'] / people:.1f}, of its hours {100 * error['hours'] / people:.1f}",
    )  # fmt: skip


def what_it_costs() -> Iterator[Row]:
    """In an API process, on the demo's square: CPU, and the longest that anything else had to wait."""
    site, until = example_site(), datetime(2026, 3, 3, 10, 31, tzinfo=UTC)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "vilina.db"
        store = SqliteStore.open(path)
        start = date(2026, 3, 3) - timedelta(weeks=SQUARE_WEEKS)
        for reports in history(site, start=start, until=until, seed=1):
            store.write(Batch([point for report in reports for point in points(report, site)]))
        store.close()
        clock = TestClock(until)
        reader = SqliteStore.open(path, read_only=True)
        outlook = SiteOutlook(place=place_of(site, Planned()), reader=reader, clock=clock)
        for what, minutes, goal in (
            ("after a start", 0, None), ("each quarter of an hour", 15, 0.1), ("each new day", 24 * 60, None),
        ):  # fmt: skip
            clock.advance(minutes=minutes)
            cpu, waited = asyncio.run(_watched(outlook))
            note = f"other work waited {1000 * waited:.0f} ms at most"
            yield Row(work=f"the square's forecast, {what}", measured=cpu, unit="CPU s", goal=goal, peer=note)
        reader.close()


async def _watched(outlook: SiteOutlook) -> tuple[float, float]:
    """CPU seconds of a look at the outlook, and how much too late the event loop woke at worst."""
    late = [0.0]

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK_S)
            late.append(time.perf_counter() - before - TICK_S)

    ticking = asyncio.create_task(tick())
    begin = time.process_time()
    await outlook.view()
    spent = time.process_time() - begin
    ticking.cancel()
    return spent, max(late)


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows: list[Row] = []
    for one in SETS:
        try:
            rows += following_the_day(one)
            rows += quarters_from_hours(one) if one.name == "Bank" else ()
        except FileNotFoundError as error:
            print(error, file=sys.stderr)
    rows += what_it_costs()
    return 0 if publish("site_forecast", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
