"""The real commands as processes of their own, so that they can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Self

from tests.waiting import until

VILINA: Final = str(Path(sys.executable).parent / "vilina")


def freeze(pid: int) -> None:
    """Stop a process (SIGSTOP); when this returns none of its threads runs, though some may be in the kernel still."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: set(_thread_states(pid)) <= {"T", "D"})


def _thread_states(pid: int) -> Iterator[str]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


class Process:
    """One `vilina` command. What it prints goes to a file; leaving the `with` ends it."""

    def __init__(
        self, *arguments: str | Path, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = [VILINA, *map(str, arguments)]
        self._environment = environment or {}
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self._environment},
            )  # fmt: skip
        return self

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """As if its processor had stopped."""
        assert self._process is not None
        freeze(self._process.pid)

    def wait(self, seconds: float) -> int:
        """The exit code, when it ends by itself."""
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(seconds)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
