"""What a report costs ingest: processor time from its arrival to its commit ack, for a minute on one core.

Fifty counters, a real broker (mosquitto where it is installed), and a real `vilina ingest run` that is bound to one
core. Afterwards each counter's reports in the store are compared with what it sent. The peer does the same with the
usual client, beside it, on the same broker.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.ingest_counters import COUNTERS
from tests.bench.report import Row
from tests.bench.stream import square_of
from tests.brokers import MOSQUITTO, Broker, iotcore, mosquitto
from tests.processes import VILINA
from tests.waiting import until
from vilina_edge.machine import resident_mb
from vilina_ingest.store_sqlite import SqliteStore

SECONDS: Final = 60
PEER_SECONDS: Final = 15
GOAL_US: Final = 75.0
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


class Run(NamedTuple):
    """What one client did: reports sent by counter, seconds of processor time, and megabytes at its end."""

    sent: dict[str, int]
    cpu_s: float
    memory_mb: float

    @property
    def reports(self) -> int:
        return sum(self.sent.values())

    @property
    def us(self) -> float:
        return 1e6 * self.cpu_s / self.reports


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        broker = (mosquitto if MOSQUITTO else iotcore)(directory)
        broker.start()
        try:
            peer = usual(broker, directory)
            ours = vilina(broker, directory)
        finally:
            broker.kill()
        lost, twice = compare(ours, directory / "vilina.db")
    work = f"reports of {COUNTERS} counters into SQLite with commit ack, one core, {SECONDS} s"
    return [
        Row(work=f"{work}: CPU a report", measured=ours.us, unit="us", goal=GOAL_US,
            peer=f"paho, json, an insert each: {peer.us:.0f}"),
        Row(work=f"{work}: rate", measured=ours.reports / SECONDS, unit="1/s",
            peer=f"{peer.reports / PEER_SECONDS:.0f}"),
        Row(work=f"{work}: lost of {ours.reports}", measured=lost, unit="", goal=0),
        Row(work=f"{work}: stored twice", measured=twice, unit="", goal=0),
        Row(work=f"{work}: memory", measured=ours.memory_mb, unit="MB", peer=f"{peer.memory_mb:.0f}"),
    ]  # fmt: skip


def vilina(broker: Broker, directory: Path) -> Run:
    site = directory / "site.yaml"
    site.write_text(square_of(COUNTERS).model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    command = [VILINA, "ingest", "run", "--site", str(site), "--store", str(directory / "vilina.db"),
               "--broker-port", str(broker.address.port)]  # fmt: skip
    return run(command, broker, directory / "ingest.log", SECONDS)


def usual(broker: Broker, directory: Path) -> Run:
    command = [
        sys.executable,
        "-m",
        "tests.bench.ingest_naive",
        str(broker.address.port),
        str(directory / "naive.db"),
    ]
    return run(command, broker, directory / "naive.log", PEER_SECONDS)


def run(command: Sequence[str], broker: Broker, log: Path, seconds: int) -> Run:
    """Let a client take in what the counters send for so many seconds."""
    core = {min(os.sched_getaffinity(0))}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as client,
    ):
        os.sched_setaffinity(client.pid, core)
        try:
            until(lambda: "connected" in log.read_text(encoding="utf-8"))
            before = cpu_s(client.pid)
            counters = [
                sys.executable,
                "-m",
                "tests.bench.ingest_counters",
                str(broker.address.port),
                str(seconds),
            ]
            said = json.loads(subprocess.run(counters, check=True, capture_output=True).stdout)
            missing = sum(sent - committed for sent, committed in said.values())
            if missing:
                raise RuntimeError(f"{missing} reports got no commit ack; see {log}")
            return Run(
                {name: sent for name, (sent, _) in said.items()},
                cpu_s(client.pid) - before,
                resident_mb(client.pid),
            )
        finally:
            client.terminate()


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def compare(ours: Run, store: Path) -> tuple[int, int]:
    """Reports that are not in the store, and that are there twice."""
    lost = twice = 0
    with closing(SqliteStore.open(store, read_only=True)) as stored:
        for counter, sent in ours.sent.items():
            numbers = [one.seq for one in stored.reports("square", counter)]
            lost += len(set(range(1, sent + 1)) - set(numbers))
            twice += len(numbers) - len(set(numbers))
    return lost, twice
