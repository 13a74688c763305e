"""How ingest is, for whoever supervises it: `/live`, `/ready` and `/metrics` on a small HTTP port."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from vilina_edge.clock import Clock
from vilina_ingest.errors import IngestError

SILENT_S: Final = 120.0
"""A loop that has not turned for so long hangs: no store is waited for longer."""


class Condition:
    """What the consumer says of itself; anybody may ask. None is well, a text is the reason why not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turned = clock.monotonic()
        self.broker: str | None = "it has not been reached yet"
        self.store: str | None = None

    def turn(self) -> None:
        """The loop is alive."""
        self._turned = self._clock.monotonic()

    def dead(self) -> str | None:
        """Why ingest should be started again."""
        silent = self._clock.monotonic() - self._turned
        return f"the loop has not turned for {silent:.0f} s" if silent > SILENT_S else None

    def unready(self) -> str | None:
        """Why nothing is being stored at the moment."""
        if (dead := self.dead()) is not None:
            return dead
        if self.broker is not None:
            return f"broker: {self.broker}"
        return None if self.store is None else f"store: {self.store}"


@contextmanager
def probes(condition: Condition, page: Callable[[], bytes], *, host: str, port: int) -> Iterator[int]:
    """Serve while the context lasts; the port, which is a free one if 0 was asked for.

    Raises:
        IngestError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, page(), "text/plain; version=0.0.4; charset=utf-8")
            elif self.path in {"/live", "/ready"}:
                trouble = condition.dead() if self.path == "/live" else condition.unready()
                self._answer(200 if trouble is None else 503, f"{trouble or 'well'}\n".encode(), "text/plain")
            else:
                self._answer(404, b"/live, /ready and /metrics are here\n", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its name in the base class
            """Nobody wants to read that a supervisor has asked again."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise IngestError(
            f"the probes cannot be served at {host}:{port}: {error}; name another --http-port"
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
