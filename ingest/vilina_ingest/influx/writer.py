"""Lines into InfluxDB in batches of our own, so that one bad line costs only itself."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from vilina_ingest.errors import RefusedReport, StoreError
from vilina_ingest.influx.answers import Rejected
from vilina_ingest.influx.line_protocol import Line

BATCH_LINES: Final = 5000
"""About a megabyte. How old a batch may get is decided where it is collected, in `subscribe`."""


class Sender(Protocol):
    """What takes lines: `Connection`, or a test's."""

    def write(self, body: str) -> Rejected | None: ...


class LineWriter:
    """Sends batches; halves a batch that is found at fault until the fault is one line."""

    def __init__(self, sender: Sender, harmless: Callable[[], Line]) -> None:
        self._sender = sender
        self._harmless = harmless

    def write(self, lines: Sequence[Line]) -> list[RefusedReport]:
        """Store lines, in order; what can never be stored, once for each report.

        Raises:
            StoreError: not all is stored; the same again may be tried later.
        """
        refused: dict[RefusedReport, None] = {}
        for batch in _batches(lines):
            for one in self._send(batch):
                refused.setdefault(one)
        return list(refused)

    def _send(self, batch: Sequence[Line]) -> Iterator[RefusedReport]:
        rejected = self._sender.write("\n".join(line.text for line in batch))
        if rejected is None:
            return
        if len(batch) == 1 or rejected.dropped == len(batch):
            self._check_that_it_is_the_lines(rejected)
            yield from (_refused(line, rejected.reason) for line in batch)
            return
        middle = len(batch) // 2
        yield from self._send(batch[:middle])
        yield from self._send(batch[middle:])

    def _check_that_it_is_the_lines(self, rejected: Rejected) -> None:
        """A server, or something before it, that finds fault with everything has a fault itself."""
        if self._sender.write(self._harmless().text) is not None:
            raise StoreError(f"the store finds fault with everything, and so with itself: {rejected.reason}")


def _refused(line: Line, reason: str) -> RefusedReport:
    if line.origin is None:
        raise StoreError(f"the store refuses a line of our own, {line.text[:80]!r}: {reason}")
    return RefusedReport(*line.origin, reason)


def _batches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    waiting = iter(lines)
    while batch := list(islice(waiting, BATCH_LINES)):
        yield batch
