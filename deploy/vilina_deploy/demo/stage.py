"""What the demo stands on: free ports, and processes that end with it."""

import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final, Self

QUIET_S: Final = 5.0


class DemoError(Exception):
    """The demo cannot go on; its text tells why, and what to do."""


class Child:
    """A `vilina` command, or another module, that ends when the demo does, even if that is killed."""

    def __init__(
        self,
        name: str,
        *arguments: str | Path,
        log: Path,
        module: str = "vilina_deploy",
        in_the_background: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        # util-linux, which every Debian has, lets the kernel end the child with its parent.
        guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        gently = ["nice", "-n", "15"] if in_the_background and shutil.which("nice") else []
        command = [*guard, *gently, sys.executable, "-m", module, *map(str, arguments)]
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise if it has ended: what the demo shows does not end by itself."""
        if self.ended():
            raise DemoError(f"{self.name} has ended: {self.last_words()}")

    def ended(self) -> bool:
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The last line that it has said so far."""
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return said[-1] if said else "it said nothing"

    def said(self, text: str) -> bool:
        return text in self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(QUIET_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
