"""The embedded store: what a report costs, and how fast a year of 200 zones answers while reports come in.

Each zone has a line and an area, and each says something once a minute. One day is written report by report through
the store; the others are copies of its rows, because 300 million reports would take hours.
"""

import asyncio
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.report import Row
from tests.clocks import TestClock
from tests.sites import SQUARE
from tests.waiting import until
from vilina_api.live import today
from vilina_api.so_far import SoFar
from vilina_api.state import AT_LEAST_EVERY, JUST_NOW, LiveState
from vilina_edge.delivery.durable import transaction
from vilina_ingest.occupancy.knowledge import recounted
from vilina_ingest.points import CrossingsPoint, Point, PresencePoint, point_time
from vilina_ingest.records import OccupancyPoint, SettledDay
from vilina_ingest.site import Retention, Site
from vilina_ingest.store import Batch, Bins
from vilina_ingest.store_sqlite import SqliteStore

SITE: Final = "square"
ZONES: Final = 200
DAYS: Final = 365
KEEP: Final = Retention()
END: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""The end of a day, when there is most to read about it."""
START: Final = END - timedelta(days=DAYS)
MINUTE: Final = timedelta(minutes=1)
SLOT: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
SLOTS_A_DAY: Final = 96
BATCH: Final = 500
BATCHES: Final = 200
ASKED: Final = 100
WRITES_A_SECOND: Final = 4
GIGABYTE: Final = 1e9
DAY_US: Final = 24 * 3600 * 1_000_000
BOOT: Final = "00000000000000aa"
LINES: Final = [f"door-{zone}" for zone in range(ZONES)]
AREAS: Final = [f"area-{zone}" for zone in range(ZONES)]

OF_FIRST: Final = f"WHERE slot < {int(START.timestamp()) // 900 + SLOTS_A_DAY}"
COPY_RAW: Final = (
    "INSERT INTO crossings SELECT slot + :slots, series, within_ns, entered, left, seconds, boot, seq + :days * 1440,"
    f" seq + :days * 1440, quality FROM crossings {OF_FIRST} ORDER BY slot, seq",
    "INSERT INTO presence SELECT slot + :slots, area, within_ns, mean, most, waiting_mean, waiting_most, dwell,"
    f" seconds, boot, seq + :days * 1440, seq + :days * 1440, quality FROM presence {OF_FIRST} ORDER BY slot, seq",
    "INSERT INTO live SELECT site, zone, at_us + :us, people, low, high FROM live"
    f" WHERE at_us < {int(START.timestamp()) * 1_000_000 + DAY_US} ORDER BY at_us",
)
"""In the order of time, as reports come. The store's own trigger adds up the flows."""
COPY_FLOWS: Final = (
    "INSERT INTO flow_15m SELECT slot + :slots, series, entered, left, seconds, reason"
    f" FROM flow_15m {OF_FIRST} ORDER BY slot"
)
COPY_RECORDS: Final = (
    "INSERT INTO presence_15m SELECT slot + :slots, area, seconds, person_s, most, waiting_person_s, waiting_most,"
    f" dwell FROM presence_15m {OF_FIRST} ORDER BY slot",
    "INSERT INTO settled SELECT site, date(day, '+' || :days || ' days'), zone, start_us + :us, people, entered, left,"
    f" drift, settled_us + :us FROM settled WHERE day = '{START.date()}'",
)
COPY_ALL: Final = (*COPY_RAW, *COPY_RECORDS)
COPY_ROLLUP: Final = (COPY_FLOWS, *COPY_RECORDS)


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [report_cost(folder / f"{counters}.db", counters) for counters in (ZONES, 1000)]
        path = folder / "vilina.db"
        build_year(path)
        rows.append(
            Row(
                work=f"a year of {ZONES} zones in SQLite",
                measured=path.stat().st_size / GIGABYTE,
                unit="GB",
                goal=4.0,
            )
        )
        with reports_coming_in(path):
            rows += questions(path)
        rows.append(day_removed(path))
    return rows


def report_cost(path: Path, counters: int) -> Row:
    """CPU of a report with one line, every batch on disk."""
    store = SqliteStore.open(path)
    batches = [
        [
            crossings(n % counters, END + n * MINUTE / counters, seq=n)
            for n in range(b * BATCH + 1, (b + 1) * BATCH + 1)
        ]
        for b in range(BATCHES)
    ]
    began = time.process_time()
    for batch in batches:
        store.write(Batch(batch))
    spent = time.process_time() - began
    store.close()
    work = f"a report of one of {counters} counters into SQLite, CPU in batches of {BATCH}"
    return Row(work=work, measured=spent / BATCH / BATCHES * 1e6, unit="us", goal=30.0)


def build_year(path: Path) -> None:
    """The first day as it comes, and copies of it: the roll-up for a year, and all else for the last 30 days."""
    say = Progress(f"writing a year of {ZONES} zones, which takes minutes")
    store = SqliteStore.open(path)
    for minute in range(1, 24 * 60 + 1):
        now = START + minute * MINUTE
        store.write(Batch([point for zone in range(ZONES) for point in report(zone, now, minute)]))
        store.write_live(
            SITE, [OccupancyPoint(zone, now - MINUTE, 41.25, 35.5, 48.75) for zone in [None, *LINES]]
        )
        say(0.2 * minute / (24 * 60))
    store.write_settled(SITE, [settled(zone) for zone in [None, *LINES]])
    store.close()
    db = sqlite3.connect(path, isolation_level=None)
    for day in range(1, DAYS):
        with transaction(db):
            for copy in COPY_ALL if day >= DAYS - KEEP.raw_days else COPY_ROLLUP:
                db.execute(copy, {"days": day, "slots": day * SLOTS_A_DAY, "us": day * DAY_US})
        say(0.2 + 0.8 * day / DAYS)
    store = SqliteStore.open(path)
    store.retain(SITE, KEEP, END)
    store.close()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    say.end()


@contextmanager
def reports_coming_in(path: Path) -> Iterator[None]:
    """Another process writes 1,000 reports a second meanwhile."""
    sign = path.with_suffix(".writing")
    writer = subprocess.Popen([sys.executable, "-m", "tests.bench.ingest_store", path, sign])
    try:
        until(sign.exists)
        yield
    finally:
        writer.terminate()
        writer.wait()


def keep_writing(path: Path, sign: Path) -> None:
    """Until killed: a quarter of a second's reports, four times a second."""
    store = SqliteStore.open(path)
    for turn in count():
        began = time.monotonic()
        end = END - timedelta(milliseconds=1) * (100_000 - turn)
        batch = [crossings(n % ZONES, end, seq=10_000 + turn * 250 + n) for n in range(250)]
        store.write(Batch(batch))
        sign.touch()
        time.sleep(max(0.0, 1 / WRITES_A_SECOND - (time.monotonic() - began)))


def questions(path: Path) -> list[Row]:
    """How long a reader of the file waits."""
    store = SqliteStore.open(path, read_only=True)
    dice = random.Random(3)

    api, clock = asyncio.Runner(), TestClock(END - timedelta(minutes=14))
    site = building()
    state, so_far = LiveState(site=site, reader=store, clock=clock), SoFar(store, site)

    def live_state() -> None:
        """All that the API reads at each change."""
        bins = today(site, clock.now())
        recounted(so_far.read(bins, store.version()), store, site)
        store.presence(SITE, Bins((clock.now() - JUST_NOW, clock.now())), AREAS)
        store.counters(SITE)
        store.events(SITE, END - DAY, END)

    def live_document() -> None:
        """What the API makes of it, with estimates and as JSON, for everybody who looks."""
        clock.advance(seconds=AT_LEAST_EVERY.total_seconds())
        assert api.run(state.look())

    def one_week() -> None:
        end = END - dice.randrange(DAYS - 7) * DAY
        store.flows(SITE, Bins.regular(end - 7 * DAY, end, SLOT), [dice.choice(LINES)])

    def all_one_day() -> None:
        end = END - dice.randrange(DAYS - 1) * DAY
        store.flows(SITE, Bins.regular(end - DAY, end, SLOT), LINES)

    def all_areas_one_day() -> None:
        end = END - dice.randrange(DAYS - 1) * DAY
        store.presence(SITE, Bins.regular(end - DAY, end, SLOT), AREAS)

    def one_year_of_days() -> None:
        store.flows(SITE, Bins.regular(END - DAYS * DAY, END, DAY), [dice.choice(LINES)])

    rows = [
        *asked("live state of all zones", live_state, goal_ms=50),
        *asked("the live document with all zones, estimated", live_document),
        *asked("one zone, 7 days by 15 minutes", one_week, goal_ms=20),
        *asked("all zones, one day by 15 minutes", all_one_day, goal_ms=100, peer="80 ms"),
        *asked("presence of all zones, one day by 15 minutes", all_areas_one_day),
        *asked("one zone, a year by days", one_year_of_days),
    ]
    api.close()
    store.close()
    return rows


def building() -> Site:
    """Each zone has a line, and an area."""
    zone, counter, line = (SQUARE[part][0] for part in ("zones", "counters", "lines"))
    return Site.model_validate(
        SQUARE
        | {
            "time_zone": "Etc/UTC",
            "zones": [zone | {"id": f"zone-{i}"} for i in range(ZONES)],
            "counters": [counter | {"id": f"counter-{i}"} for i in range(ZONES)],
            "lines": [
                line | {"id": name, "counter": f"counter-{i}", "to": f"zone-{i}"}
                for i, name in enumerate(LINES)
            ],
            "areas": [
                {"id": name, "name": name, "counter": f"counter-{i}", "zone": f"zone-{i}", "queue": True}
                for i, name in enumerate(AREAS)
            ],
        }
    )


def asked(
    what: str, question: Callable[[], None], *, goal_ms: float | None = None, peer: str = ""
) -> list[Row]:
    """The wait as a person has it, and the work in it, which is less where others work on the machine too."""
    waits, work = [], []
    question()
    for _ in range(ASKED):
        wall, cpu = time.perf_counter(), time.process_time()
        question()
        waits.append(1000 * (time.perf_counter() - wall))
        work.append(1000 * (time.process_time() - cpu))
    return [
        Row(
            work=f"{what}, p95", measured=float(np.percentile(waits, 95)), unit="ms", goal=goal_ms, peer=peer
        ),
        Row(work=f"{what}, CPU", measured=float(np.median(work)), unit="ms", goal=goal_ms),
    ]


def day_removed(path: Path) -> Row:
    """What it costs to remove the oldest day."""
    store = SqliteStore.open(path)
    began = time.process_time()
    removed = store.retain(SITE, KEEP, END + DAY)
    spent = time.process_time() - began
    store.close()
    work = f"retention of a day, {removed.raw + removed.rollup} rows, CPU a row"
    return Row(work=work, measured=spent / (removed.raw + removed.rollup) * 1e6, unit="us")


def report(zone: int, end: datetime, seq: int) -> tuple[Point, ...]:
    """A minute of a line and an area."""
    dice = random.Random(zone * 10_000 + seq)
    dwell = [0] * 12
    dwell[dice.randrange(12)] += dice.randrange(3)
    people = dice.randrange(0, 900) / 60
    presence = PresencePoint(
        site=SITE, counter=f"counter-{zone}", area=AREAS[zone], at_ns=point_time(end, boot=BOOT, seq=seq),
        mean=people, most=int(people) + 2, waiting_mean=people / 3, waiting_most=int(people / 2), dwell=tuple(dwell),
        seconds=60.0, boot=BOOT, seq=seq, first_seq=seq, quality="good",
    )  # fmt: skip
    return (crossings(zone, end, seq=seq), presence)


def crossings(zone: int, end: datetime, *, seq: int) -> CrossingsPoint:
    dice = random.Random(zone + seq)
    return CrossingsPoint(
        site=SITE, counter=f"counter-{zone}", line=f"door-{zone}", origin="outside", to="hall",
        at_ns=point_time(end, boot=BOOT, seq=seq), entered=dice.randrange(4), left=dice.randrange(4),
        seconds=dice.randrange(1000, 60_000) / 1000, boot=BOOT, seq=seq, first_seq=seq, quality="good",
    )  # fmt: skip


def settled(zone: str | None) -> SettledDay:
    start = START
    return SettledDay(
        zone=zone, day=start.date(), edges=tuple(start + i * SLOT for i in range(SLOTS_A_DAY + 1)),
        people=tuple(i / 3 for i in range(SLOTS_A_DAY)), entered=500, left=498, drift=2, settled_at=START + DAY,
    )  # fmt: skip


class Progress:
    """A line on stderr that says how far it is."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._said = -1.0

    def __call__(self, share: float) -> None:
        if sys.stderr.isatty() or share >= self._said + 0.1:
            self._said = share
            print(f"\r{self._what}: {share:.0%}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        print(f"\r{self._what}: {time.monotonic() - self._began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    keep_writing(Path(sys.argv[1]), Path(sys.argv[2]))
