"""Lines into InfluxDB in batches of our own, so that one bad line costs only itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import chain, islice
from typing import Final, Protocol

from vilina_ingest.errors import RefusedReport, StoreError
from vilina_ingest.influx.answers import Rejected
from vilina_ingest.influx.line_protocol import Line

BATCH_LINES: Final = 5000
"""Two thirds of a megabyte. How old a batch may get is decided where it is collected, in `subscribe`."""
AT_ONCE: Final = 4
"""Batches under way, so that the server can use its processors."""


class Sender(Protocol):
    """What takes lines: `Connection`, or a test's."""

    def write(self, body: str) -> Rejected | None: ...


class LineWriter:
    """Sends batches; halves a batch that is found at fault until the fault is one line."""

    def __init__(self, sender: Sender, harmless: Callable[[], Line]) -> None:
        self._sender = sender
        self._harmless = harmless
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="influx")

    def close(self) -> None:
        self._pool.shutdown()

    def write(self, lines: Iterable[Line]) -> list[RefusedReport]:
        """Store lines; what can never be stored, once for each report. The next are made while others are on their way.

        Raises:
            StoreError: not all is stored; the same again may be tried later.
        """
        sent: list[Future[list[RefusedReport]]] = []
        try:
            for batch in _batches(lines):
                sent.append(self._pool.submit(self._send, batch))
        finally:
            wait(sent)
        return list(dict.fromkeys(chain.from_iterable(one.result() for one in sent)))

    def _send(self, batch: Sequence[Line]) -> list[RefusedReport]:
        rejected = self._sender.write("\n".join([text for text, _ in batch]))
        if rejected is None:
            return []
        if len(batch) == 1 or rejected.dropped == len(batch):
            self._check_that_it_is_the_lines(rejected)
            return [_refused(line, rejected.reason) for line in batch]
        middle = len(batch) // 2
        return [*self._send(batch[:middle]), *self._send(batch[middle:])]

    def _check_that_it_is_the_lines(self, rejected: Rejected) -> None:
        """A server, or something before it, that finds fault with everything has a fault itself."""
        if self._sender.write(self._harmless()[0]) is not None:
            raise StoreError(f"the store finds fault with everything, and so with itself: {rejected.reason}")


def _refused(line: Line, reason: str) -> RefusedReport:
    text, origin = line
    if origin is None:
        raise StoreError(f"the store refuses a line of our own, {text[:80]!r}: {reason}")
    return RefusedReport(origin.counter, origin.boot, origin.seq, reason)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    waiting = iter(lines)
    while batch := list(islice(waiting, BATCH_LINES)):
        yield batch
