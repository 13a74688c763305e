"""Lines a second into a real InfluxDB: through our writer, and through the client's batching writer in the same run.

The server is Debian's 1.6, or what VILINA_TEST_INFLUX_URL names. It shares the machine's processors with us.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from influxdb_client import InfluxDBClient, Point, WriteOptions

from tests.bench.report import Row
from tests.influx import influx_server
from vilina_ingest.influx.connection import Connection
from vilina_ingest.influx.settings import InfluxSettings
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.points import CrossingsPoint, point_time
from vilina_ingest.store import Batch

LINES: Final = 200
REPORTS: Final = 2000
"""Of each line: a busy half hour of the whole building, in batches as they come from the broker."""
BACKLOG: Final = 50_000
"""Points that are given to our writer in one go: what an hour without the store leaves behind."""
LIVE: Final = 500
"""And as ingest gives them, a transaction at a time."""
LIVE_POINTS: Final = 40_000
PEER_BATCH: Final = 5000
PEER_POINTS: Final = 40_000
GOAL: Final = 100_000
BOOT: Final = "00000000000000aa"
START: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)


def measure() -> list[Row]:
    server = influx_server()
    with tempfile.TemporaryDirectory() as name:
        settings = server.bucket(Path(name))
        ours_points, peer_points = points(REPORTS), points(PEER_POINTS // LINES)
        # The collector of garbage must not go through the benchmark's own data; ingest holds far less.
        gc.collect()
        gc.freeze()
        ours, ours_cpu = timed(lambda: write_ours(settings, ours_points, at_once=BACKLOG))
        written = count(settings)
        live, _ = timed(lambda: write_ours(settings, ours_points[:LIVE_POINTS], at_once=LIVE))
        peer, _ = timed(lambda: write_peer(settings, peer_points))
    total = LINES * REPORTS
    if written != total:
        raise SystemExit(f"{written} of {total} lines are in InfluxDB")
    peer_rate = f"{PEER_POINTS / peer:,.0f} with the client's batching writer"
    work = f"lines into InfluxDB {server.version}, one writer"
    return [
        Row(work=work, measured=total / ours, unit="lines/s", peer=peer_rate, goal=GOAL, at_least=True),
        Row(work=f"{work}, {LIVE} points at a time", measured=LIVE_POINTS / live, unit="lines/s"),
        Row(work=f"{work}, processor time of ours", measured=ours_cpu / total * 1e6, unit="us/line"),
    ]


def points(reports: int) -> list[CrossingsPoint]:
    """Reports of all lines, a second apart, in the order of time."""
    return [
        CrossingsPoint(
            site="square", counter=f"counter-{line}", line=f"door-{line}", origin="outside", to=f"zone-{line % 40}",
            at_ns=point_time(START + timedelta(seconds=seq), boot=BOOT, seq=seq), entered=seq % 4, left=line % 3,
            seconds=1.0, boot=BOOT, seq=seq, first_seq=seq, quality="good",
        )
        for seq in range(1, reports + 1)
        for line in range(LINES)
    ]  # fmt: skip


def write_ours(settings: InfluxSettings, found: Sequence[CrossingsPoint], *, at_once: int) -> None:
    with closing(InfluxStore(settings)) as store:
        for i in range(0, len(found), at_once):
            store.write(Batch(found[i : i + at_once]))


def write_peer(settings: InfluxSettings, found: Sequence[CrossingsPoint]) -> None:
    token = settings.token.get_secret_value() if settings.token else ""
    options = WriteOptions(batch_size=PEER_BATCH, flush_interval=1000)
    with (
        InfluxDBClient(url=settings.url, token=token, org=settings.org) as client,
        client.write_api(write_options=options) as writer,
    ):
        for p in found:
            point = Point("peer").tag("site", p.site).tag("counter", p.counter).tag("line", p.line)
            point = (
                point.tag("from", p.origin).tag("to", p.to).field("entered", p.entered).field("left", p.left)
            )
            point = point.field("seconds", p.seconds).field("boot", p.boot).field("seq", p.seq)
            point = point.field("first_seq", p.first_seq).field("quality", p.quality)
            writer.write(settings.bucket, record=point.time(p.at_ns))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock, and of our processor time."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def count(settings: InfluxSettings) -> int:
    connection = Connection(settings)
    (found,) = connection.query("SELECT count(seconds) FROM crossings")
    connection.close()
    return int(found[0].values[0][1])
