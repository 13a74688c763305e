"""What stands before Debian's InfluxDB 1.6 in tests: it has no `/api/v2/write`, which 1.8 has, too."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3


class Front:
    """Hands everything on to a port, and writes by the path that the server there knows."""

    def __init__(self, port: int) -> None:
        handler = type(
            "Handler", (_Handler,), {"behind": urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=8)}
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url: Final = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    behind: urllib3.HTTPConnectionPool
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = {key: self.headers[key] for key in ("Content-Type", "Content-Encoding") if key in self.headers}
        answer = self.behind.request("POST", _path_of_1x(self.path), body=body, headers=sent, redirect=False)
        self.send_response(answer.status)
        for key in ("Content-Type", "Retry-After"):
            if key in answer.headers:
                self.send_header(key, answer.headers[key])
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.data)))
        self.end_headers()
        self.wfile.write(answer.data)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _path_of_1x(path: str) -> str:
    parts = urlsplit(path)
    if parts.path != "/api/v2/write":
        return path
    given = parse_qs(parts.query)
    return "/write?" + urlencode({"db": given["bucket"][0], "precision": "n"})
