"""What open trackers reach on the same detections, run in an environment of their own: build/peers/.

The environment is made once, by uv, from the versions below, and again when they change. Where that is impossible, say
without a network, the reason is told on stderr and there are no figures. peers_worker.py says how each peer is set.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter as Tallies
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vilina_edge.counting.line import Line
from vilina_edge.types import Detections

FOLDER: Final = Path(__file__).parents[2] / "build" / "peers"
WORKER: Final = Path(__file__).with_name("peers_worker.py")
PINS: Final = (
    "norfair==2.3.0", "supervision==0.31.2", "trackers==2.6.1",
    "certifi==2026.10.19.post1", "charset-normalizer==3.5.2", "defusedxml==0.7.1", "filterpy==1.4.5", "idna==3.20",
    "markdown-it-py==4.3.0", "mdurl==0.1.2", "numpy==2.2.6", "opencv-python-headless==5.0.0.93", "pillow==13.0.0",
    "pydeprecate==0.13.0", "pygments==2.21.0", "pyyaml==6.0.4", "requests==2.34.2", "rich==14.3.4", "scipy==1.17.1",
    "tqdm==4.70.1", "urllib3==2.8.0",
)  # fmt: skip
"""Everything that the peers import, installed without asking for their dependencies: norfair asks for numpy below 2,
though it works with it, and trackers for 2 and an OpenCV with windows."""
ONE_THREAD: Final = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
INSTALL_S: Final = 600
RUN_S: Final = 300


@dataclass(frozen=True, slots=True)
class PeerFigure:
    """One peer: crossings per (line, direction), and milliseconds per frame.

    The time is that of tracking alone; with a counter of the peer's own, that of tracking and counting.
    """

    crossings: Tallies[tuple[str, str]]
    ms_per_frame: float


def peer_figures(
    frames: Sequence[Detections], lines: Sequence[Line], *, per_second: float
) -> dict[str, PeerFigure]:
    """Each peer's figure by its name, on frames at an even pace; nothing, and why on stderr, where none can run."""
    try:
        said = _work(_environment(), frames, lines, per_second=per_second)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"no figures of other trackers: {_reason(error)}", file=sys.stderr)
        return {}
    return {name: _figure(told, lines) for name, told in json.loads(said).items()}


def _environment() -> Path:
    """The Python of the peers' environment, which is made if it is not there yet."""
    python, stamp, pins = FOLDER / "bin" / "python", FOLDER / "pins.txt", "\n".join(PINS)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins:
        shutil.rmtree(FOLDER, ignore_errors=True)
        _run(sys.executable, "-m", "uv", "venv", "--python", sys.executable, FOLDER, seconds=INSTALL_S)
        _run(
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "--no-deps",
            "--python",
            python,
            *PINS,
            seconds=INSTALL_S,
        )
        stamp.write_text(pins, encoding="utf-8")
    return python


def _work(python: Path, frames: Sequence[Detections], lines: Sequence[Line], *, per_second: float) -> str:
    """What the worker says about these frames, as JSON."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "frames.npz"
        np.savez(
            file,
            xyxy=np.concatenate([seen.xyxy for seen in frames]),
            score=np.concatenate([seen.score for seen in frames]),
            people=np.array([len(seen) for seen in frames]),
            lines=np.array([(line.x1, line.y1, line.x2, line.y2) for line in lines]),
            per_second=np.array(per_second),
        )
        return _run(python, "-I", WORKER, file, seconds=RUN_S)


def _run(*command: str | Path, seconds: float) -> str:
    """What a command prints; it has one thread and so many seconds."""
    done = subprocess.run(
        command, capture_output=True, check=True, env=os.environ | ONE_THREAD, text=True, timeout=seconds
    )
    return done.stdout


def _figure(told: dict[str, object], lines: Sequence[Line]) -> PeerFigure:
    crossings, ms = told["crossings"], told["ms_per_frame"]
    assert isinstance(crossings, list)
    assert isinstance(ms, float)
    counts = {(lines[index].name, direction): count for index, direction, count in crossings}
    return PeerFigure(Tallies(counts), ms)


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    """One line: the last that a failed command said on stderr, if it said anything."""
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else None
    return (str(said or error).strip().splitlines() or ["it does not say why"])[-1].strip()
