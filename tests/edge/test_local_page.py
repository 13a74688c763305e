"""The technician's page as a browser meets it: who gets in, for how long, and what is said to the others."""

import threading
from collections.abc import Callable, Iterator
from typing import Final

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.waiting import until
from vilina_edge.errors import PageError
from vilina_edge.technician.local_page import MAX_BODY, MAX_WRONG, serve

HTML: Final = {"Accept": "text/html"}


class Page:
    """A page that is served in a thread of its own."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self.stop = threading.Event()
        self.address = self.code = ""
        self.error: Exception | None = None
        self.changes = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(seconds,))
        self._thread.start()
        assert self._ready.wait(20)
        self.client = httpx.Client(base_url=self.address, headers={"Origin": self.address})

    def _serve(self, seconds: float) -> None:
        try:
            serve(
                [Route("/", self._hello), Route("/change", self._change, methods=["POST"])],
                host="127.0.0.1", port=0, seconds=seconds, title="A page", on_ready=self._heard, stop=self.stop,
            )  # fmt: skip
        except PageError as error:
            self.error = error

    def _heard(self, address: str, code: str) -> None:
        self.address, self.code = address, code
        self._ready.set()

    async def _hello(self, _request: Request) -> Response:
        return PlainTextResponse("hello")

    async def _change(self, _request: Request) -> Response:
        self.changes += 1
        return PlainTextResponse("changed")

    def sign_in(self, code: str | None = None) -> httpx.Response:
        return self.client.post("/sign-in", data={"code": self.code if code is None else code})

    @property
    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 10**6:06d}"

    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def close(self) -> None:
        self.client.close()
        self.stop.set()
        self._thread.join()


@pytest.fixture
def opened() -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def open_page(*, seconds: float = 60.0) -> Page:
        pages.append(Page(seconds=seconds))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    return opened()


def test_who_knows_the_code_gets_in(page: Page) -> None:
    answer = page.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert page.client.get("/").text == "hello"


def test_the_code_may_be_typed_with_the_space_that_the_terminal_shows(page: Page) -> None:
    page.sign_in(f"{page.code[:3]} {page.code[3:]}")
    assert page.client.get("/").text == "hello"


def test_the_code_is_six_digits_and_differs_each_time(opened: Callable[..., Page]) -> None:
    codes = {opened().code for _ in range(3)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 1


def test_the_session_is_kept_from_scripts_and_from_other_sites(page: Page) -> None:
    cookie = page.sign_in().headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_who_has_not_signed_in_is_shown_the_form_and_nothing_else(page: Page) -> None:
    assert page.client.get("/", headers=HTML).headers["location"] == "/sign-in"
    assert "code" in page.client.get("/sign-in").text
    for path in ("/", "/static/left.js", "/nothing"):
        assert page.client.get(path).status_code == 401
    assert page.client.post("/change").status_code == 401
    assert page.changes == 0


def test_a_made_up_session_is_none(page: Page) -> None:
    port = page.address.rpartition(":")[2]
    for made_up in ("", "x", "\xe9"):
        cookie = f"vilina-{port}={made_up}".encode("latin-1")
        assert httpx.get(f"{page.address}/", headers=[(b"cookie", cookie)]).status_code == 401


def test_a_wrong_code_is_told_with_the_tries_that_are_left(page: Page) -> None:
    answer = page.sign_in(page.wrong_code)
    assert answer.status_code == 403
    assert f"{MAX_WRONG - 1} tries left" in answer.text
    assert page.client.get("/").status_code == 401
    page.sign_in()
    assert page.client.get("/").text == "hello"


def test_five_wrong_codes_close_the_page_with_a_word_why(page: Page) -> None:
    answers = [page.sign_in(page.wrong_code) for _ in range(MAX_WRONG)]
    assert "closed now" in answers[-1].text
    until(page.is_over)
    assert "5 wrong codes" in str(page.error)
    assert "new code" in str(page.error)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=["another site", "hidden", "cross-site", "another port", "unknown"],
)
def test_what_comes_from_elsewhere_changes_nothing(page: Page, headers: dict[str, str]) -> None:
    page.sign_in()
    del page.client.headers["Origin"]
    assert page.client.post("/change", headers=headers).status_code == 403
    assert page.client.post("/sign-in", headers=headers, data={"code": page.code}).status_code == 403
    assert page.changes == 0


def test_what_comes_from_the_page_itself_is_done(page: Page) -> None:
    page.sign_in()
    assert page.client.post("/change", headers={"Sec-Fetch-Site": "same-origin"}).text == "changed"


def test_what_is_too_long_is_refused_unread(page: Page) -> None:
    assert page.client.post("/sign-in", content=b"x" * (MAX_BODY + 1)).status_code == 413
    assert page.client.post("/sign-in", content=iter([b"x"])).status_code == 413


def test_every_answer_has_the_headers_that_keep_it_safe(page: Page) -> None:
    page.sign_in()
    for path in ("/", "/sign-in", "/static/technician.css", "/nothing"):
        headers = page.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data: blob:")
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_the_page_ends_when_its_time_is_over(opened: Callable[..., Page]) -> None:
    page = opened(seconds=0.5)
    until(page.is_over)
    assert page.error is None
    with pytest.raises(httpx.ConnectError):
        page.sign_in()


def test_the_page_ends_when_it_is_stopped(page: Page) -> None:
    page.stop.set()
    until(page.is_over)
    assert page.error is None


def test_a_port_that_is_taken_is_told_in_words(page: Page) -> None:
    port = int(page.address.rpartition(":")[2])
    with pytest.raises(PageError, match="try another --host or --port"):
        serve(
            [],
            host="127.0.0.1",
            port=port,
            seconds=1,
            title="A page",
            on_ready=lambda *_: None,
            stop=page.stop,
        )
