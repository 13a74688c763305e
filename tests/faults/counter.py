"""A counter as a process of its own, that is told what it sees, and can be killed at any instant."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final, Self

from tests.faults.ledger import Ledger
from tests.processes import freeze
from tests.waiting import until
from vilina_edge.delivery.mqtt import BrokerAddress
from vilina_edge.wire import encode

ROOT: Final = Path(__file__).parents[2]


class Counter:
    """Runs `tests.faults.counter_process`; each start is another boot in the ledger."""

    def __init__(self, ledger: Ledger, *, broker: BrokerAddress, outbox: Path, log: Path) -> None:
        self.ledger = ledger
        self._port = broker.port
        self._outbox = outbox
        self._log = log
        self._waiting = 0
        self._heard = False

    def start(self) -> Self:
        self.boot, self._heard = self.ledger.new_boot(), False
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "tests.faults.counter_process",
                    str(self._port), str(self._outbox), self.ledger.counter, self.boot,
                ],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self.boot, self._process.stdout))
        self._listener.start()
        return self

    def see(self, seconds: int) -> None:
        """People cross for so long, all at once."""
        assert self._process.stdin is not None
        self._process.stdin.writelines(encode(report) + b"\n" for report in self.ledger.cross(seconds))
        self._process.stdin.flush()

    @property
    def unkept(self) -> int:
        """Reports that it has not said to be on its disk."""
        assert self._process.poll() is None, f"the counter has ended by itself:\n{self.said()[-2000:]}"
        return len(self.ledger.told[self.boot]) - self.ledger.kept[self.boot]

    @property
    def depth(self) -> int:
        """Reports that are not stored by the site, as far as it has said."""
        return self.unkept + self._waiting

    def wait_until_empty(self, seconds: float = 150.0) -> None:
        until(lambda: self._heard and self.depth == 0, seconds=seconds, what="everything stored by the site")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._end()

    def freeze(self) -> None:
        """As if its processor had stopped."""
        freeze(self._process.pid)

    def stop(self) -> None:
        """As a counter that is switched off by its people: it keeps what it has been told."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0, self.said()[-2000:]
        self._end()
        assert self.ledger.kept[self.boot] == len(self.ledger.told[self.boot])

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _end(self) -> None:
        self._process.wait()
        self._listener.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            assert self._process.returncode, "it left before it had heard everything"
        self._process.stdout.close()

    def _listen(self, boot: str, says: IO[bytes]) -> None:
        for line in says:
            if line.endswith(b"\n"):
                kept, self._waiting = map(int, line.split())
                self.ledger.kept[boot] = max(kept, self.ledger.kept[boot])
                self._heard = True
