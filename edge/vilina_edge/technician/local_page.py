"""A small web server for one person who stands beside the counter: a code to get in, and an end after some minutes.

The code is shown on the terminal only, so who can read it may run commands here anyway. There is no encryption: what
is served must be harmless to whoever listens in the local network.
"""

import hmac
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vilina_edge.clock import Clock, SystemClock
from vilina_edge.errors import PageError

MAX_WRONG: Final = 5
"""After so many wrong codes the code is void: whoever guesses has one chance in 200,000."""
MAX_BODY: Final = 64 * 1024
"""Bytes of a request."""
GOODBYE_S: Final = 2
SIGN_IN: Final = "/sign-in"
OPEN_PATHS: Final = frozenset({SIGN_IN, "/static/technician.css"})
"""What is served without a session: the form, and what makes it readable."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would hide where a form was sent from, and the form would be refused.
    "Referrer-Policy": "same-origin",
}
HERE: Final = Path(__file__).parent


@dataclass(slots=True)
class Visit:
    """One time that a page is open: its title, its code, and when it closes (seconds of `clock.monotonic`)."""

    title: str
    closes: float
    clock: Clock = field(default_factory=SystemClock)
    code: str = field(default_factory=lambda: f"{secrets.randbelow(10**6):06d}")
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    wrong: int = 0

    @property
    def is_void(self) -> bool:
        """Whether too many wrong codes were given."""
        return self.wrong >= MAX_WRONG

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.closes - self.clock.monotonic())

    def admits(self, code: str) -> bool:
        """Whether this is the code; one that is wrong is counted."""
        if self.is_void:
            return False
        right = hmac.compare_digest(code.encode(), self.code.encode())
        self.wrong += not right
        return right

    def knows(self, session: str | None) -> bool:
        return session is not None and hmac.compare_digest(session.encode(), self.session.encode())


def serve(
    routes: Sequence[BaseRoute],
    *,
    host: str,
    port: int,
    seconds: float,
    title: str,
    on_ready: Callable[[str, str], None],
    stop: threading.Event,
) -> None:
    """Serve pages in this thread until `stop`, or for so many seconds; port 0 takes any that is free.

    `on_ready` is told the address and the code as soon as a browser is answered.

    Raises:
        PageError: nothing can be served there, or too many wrong codes were given.
    """
    with _listening(host, port) as listener:
        clock = SystemClock()
        visit = Visit(title, clock.monotonic() + seconds, clock)
        server = _Server(
            _app(routes, visit),
            visit=visit,
            stop=stop,
            on_ready=lambda: on_ready(_address(listener), visit.code),
        )
        server.run(sockets=[listener])
    if visit.is_void:
        raise PageError(
            f"the page was closed after {MAX_WRONG} wrong codes; start it again, and you get a new code"
        )


def visit_of(request: Request) -> Visit:
    """The visit to which a request belongs."""
    visit = request.app.state.visit
    assert isinstance(visit, Visit)
    return visit


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template of this package, which should extend `page.html`."""
    visit = visit_of(request)
    text = _templates().get_template(template).render(
        title=visit.title, seconds_left=round(visit.seconds_left), **values
    )  # fmt: skip
    return HTMLResponse(text, status_code=status)


class _Server(uvicorn.Server):
    """Ends with the visit."""

    def __init__(
        self, app: ASGIApp, *, visit: Visit, stop: threading.Event, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app, lifespan="off", ws="none", http="h11", loop="asyncio", log_config=None, access_log=False,
                server_header=False, timeout_graceful_shutdown=GOODBYE_S,
            )
        )  # fmt: skip
        self._visit = visit
        self._stop = stop
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        over = self._stop.is_set() or self._visit.is_void or self._visit.seconds_left == 0
        return await super().on_tick(counter) or over


class _Guard:
    """Lets in who has signed in and comes from our own page; puts the safe headers on every answer."""

    def __init__(self, app: ASGIApp, visit: Visit) -> None:
        self._app = app
        self._visit = visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        answer = self._refusal(Request(scope)) or self._app
        await answer(scope, receive, send_safely)

    def _refusal(self, request: Request) -> Response | None:
        if request.method not in ("GET", "HEAD"):
            if not _is_same_origin(request):
                return PlainTextResponse("this did not come from the counter's own page", 403)
            length = request.headers.get("content-length", "")
            if not (length.isascii() and length.isdigit() and int(length) <= MAX_BODY):
                return PlainTextResponse(f"say how long it is, at most {MAX_BODY} bytes", 413)
        if request.url.path in OPEN_PATHS or self._visit.knows(request.cookies.get(_cookie(request))):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(SIGN_IN, 303)
        return PlainTextResponse(f"sign in first, at {SIGN_IN}", 401)


def _is_same_origin(request: Request) -> bool:
    """Browsers say where a request comes from; in a local network without encryption they send only `Origin`."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        return False
    own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return own and site in (None, "same-origin")


def _app(routes: Sequence[BaseRoute], visit: Visit) -> Starlette:
    app = Starlette(
        routes=[
            Route(SIGN_IN, _sign_in, methods=["GET", "POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *routes,
        ],
        middleware=[Middleware(_Guard, visit=visit)],
    )
    app.state.visit = visit
    return app


async def _sign_in(request: Request) -> Response:
    """The form, and what comes from it."""
    visit = visit_of(request)
    if request.method != "POST":
        return render(request, "sign_in.html", tries_left=None)
    text = (await request.body()).decode("ascii", errors="replace")
    given = parse_qs(text).get("code", [""])[0]
    if not visit.admits("".join(given.split())):
        return render(request, "sign_in.html", status=403, tries_left=MAX_WRONG - visit.wrong)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        _cookie(request), visit.session, max_age=round(visit.seconds_left), httponly=True, samesite="strict"
    )
    return answer


def _cookie(request: Request) -> str:
    """Cookies are shared by all ports of a machine, so each page has a name of its own."""
    return f"vilina-{request.scope['server'][1]}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise PageError(
            f"nothing can be served on {host}, port {port}: {error}; try another --host or --port"
        ) from error


def _address(listener: socket.socket) -> str:
    """What to type into a browser; for all addresses of the machine, the one that the network knows."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        host = _own_address()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which way packets would go
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
