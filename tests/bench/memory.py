"""What a running counter holds in memory, both of its processes together."""

import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.processes import VILINA
from vilina_edge.machine import resident_mb

SECONDS = 20.0
"""Until everything is loaded and everybody has walked through the picture."""


def counter_mb(video: Path) -> float:
    """Resident megabytes of `vilina edge run` with NanoDet, after some seconds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "site": "square", "counter": "counter-a", "source": str(video), "broker_port": 9,
            "lines": [{"name": "door", "points": [384, 0, 384, 576]}],
        }  # fmt: skip
        (Path(folder) / "counter.yaml").write_text(json.dumps(settings), encoding="utf-8")
        command = [VILINA, "edge", "run", str(Path(folder) / "counter.yaml"), "--repeat"]
        counter = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            time.sleep(SECONDS)
            return sum(resident_mb(pid) for pid in (counter.pid, *_children(counter.pid)))
        finally:
            counter.send_signal(signal.SIGTERM)
            counter.wait()


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
