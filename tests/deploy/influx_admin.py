"""The part of an InfluxDB 2 that sets things up, pretended: organisations, buckets, DBRP mappings and tokens."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.serving import Quiet, Serving

ORG: Final = {"id": "0a00000000000000", "name": "square"}
OPERATOR: Final = "may-do-all"


class PretendedAdmin(Serving):
    """Answers the calls of `vilina deploy influx init` from three lists, and refuses who has no token of its."""

    def __init__(self) -> None:
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.tokens: list[dict[str, Any]] = []
        outer = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_PATCH(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                token = str(self.headers["Authorization"]).removeprefix("Token ")
                status, said = outer.answer(self.command, self.path, body, token)
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        super().__init__(Handler)

    def answer(self, method: str, path: str, body: str, token: str) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(path)
        known = {OPERATOR, *(one["token"] for one in self.tokens)}
        if token not in known:
            return 401, {"code": "unauthorized", "message": "unauthorized access"}
        if parts.path == "/query":
            return 200, {"results": [{"statement_id": 0}]}
        _, _, _, kind, *name = parts.path.split("/")
        sent = json.loads(body) if body else {}
        kept = {
            "orgs": [ORG],
            "buckets": self.buckets,
            "dbrps": self.mappings,
            "authorizations": self.tokens,
        }[kind]
        if method == "GET":
            is_last_page = "after" in parse_qs(parts.query)
            return 200, {
                "content" if kind == "dbrps" else kind: [] if is_last_page else kept,
                "links": {"self": path},
            }
        if method == "PATCH":
            (found,) = (one for one in kept if one["id"] == name[0])
            found |= {key: value for key, value in sent.items() if key != "token"}
            return 200, found
        number = f"{len(kept) + 1:016x}"
        kept.append(
            sent | {"id": number} | ({"token": f"token-{number}"} if kind == "authorizations" else {})
        )
        return 201, kept[-1]
