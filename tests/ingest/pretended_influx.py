"""A small HTTP server that answers as InfluxDB does, also in ways that a real one cannot be brought to on demand."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Final

from tests.serving import Quiet, Serving


@dataclass(frozen=True)
class Answer:
    status: int = 204
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """The connection ends after half of the answer."""
    silent: bool = False
    """There is no answer until the server is closed."""


def fault(status: int, message: str, **headers: str) -> Answer:
    return Answer(status, json.dumps({"code": "invalid", "message": message}), headers)


Judge = Callable[[list[str]], Answer]
STORED: Final = Answer()


class PretendedInflux(Serving):
    """Keeps the lines of writes that it answers with 204; `judge` decides about each write."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.writes: list[list[str]] = []
        self.judge: Judge = lambda _: STORED
        self.answer_to_query = Answer(200, '{"results": [{"statement_id": 0}]}')
        self.closing = threading.Event()
        outer = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path.startswith("/query"):
                    self._say(outer.answer_to_query)
                    return
                lines = body.split("\n")
                outer.writes.append(lines)
                answer = outer.judge(lines)
                if answer.status == 204:
                    outer.stored += lines
                self._say(answer)

            def _say(self, answer: Answer) -> None:
                if answer.silent:
                    outer.closing.wait()
                    self.close_connection = True
                    return
                body = answer.body.encode()
                self.send_response(answer.status)
                for key, value in answer.headers.items():
                    self.send_header(key.replace("_", "-"), value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if answer.cut else body)
                self.close_connection = answer.cut

        super().__init__(Handler)

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        super().__exit__()

    def points(self) -> set[str]:
        """What is stored of crossings, each once."""
        return {line for line in self.stored if line.startswith("crossings,")}
