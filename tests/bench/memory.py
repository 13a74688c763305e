"""What a running counter holds in memory, both of its processes together."""

import json
import signal
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from tests.processes import VILINA
from tests.waiting import until
from vilina_edge.delivery.outbox import Outbox
from vilina_edge.machine import resident_mb

PATIENCE_S = 60.0
"""Until somebody has been counted: then everything is loaded."""


def counter_mb(video: Path) -> float:
    """Resident megabytes of `vilina edge run` with NanoDet, once it has counted somebody."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "site": "square", "counter": "counter-a", "source": str(video), "broker_port": 9,
            "lines": [{"name": "door", "points": [384, 0, 384, 576]}],
        }  # fmt: skip
        (Path(folder) / "counter.yaml").write_text(json.dumps(settings), encoding="utf-8")
        command = [VILINA, "edge", "run", str(Path(folder) / "counter.yaml"), "--repeat"]
        counter = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until(lambda: _counted(Path(folder) / "outbox.db"), seconds=PATIENCE_S)
            return sum(resident_mb(pid) for pid in (counter.pid, *_children(counter.pid)))
        finally:
            counter.send_signal(signal.SIGTERM)
            counter.wait()


def _counted(outbox: Path) -> bool:
    if not outbox.exists():
        return False
    with closing(Outbox.open(outbox)) as box:
        return any(line.entered or line.left for entry in box.oldest(100) for line in entry.report.lines)


def _children(parent: int) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            stat = (process / "stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            found.append(int(process.name))
    return found
