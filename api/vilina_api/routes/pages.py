"""The pages: the manager's board, its blocks for updates, and what it is made of."""

from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response

from vilina_api.board import render_blocks, render_board
from vilina_api.described import operations
from vilina_api.errors import NotFound
from vilina_api.etag import tagged
from vilina_api.routes.needs import CurrentSnapshot
from vilina_api.templating import templates
from vilina_api.theme import css_tokens

router = APIRouter(include_in_schema=False)

STATIC: Final = Path(__file__).parents[1] / "static"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@router.get("/")
def board(request: Request, snapshot: CurrentSnapshot) -> Response:
    """The manager's board."""
    return html(request, render_board(snapshot))


@router.get("/board/blocks")
def blocks(request: Request, snapshot: CurrentSnapshot) -> Response:
    """The blocks of the board, for the page to put in place."""
    return tagged(request, render_blocks(snapshot), media_type="text/html; charset=utf-8")


@router.get("/docs")
def docs(request: Request) -> Response:
    """The API, described."""
    app: FastAPI = request.app
    described = templates().get_template("docs.html")
    text = described.render(title=app.title, summary=app.summary, operations=operations(app.openapi()))
    return html(request, text)


@router.get("/static/tokens.css")
def tokens(request: Request) -> Response:
    """The colours, from the theme."""
    return tagged(request, css_tokens(), media_type=TYPES[".css"])


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """Files of our own; there are no others."""
    files = _files()
    if name not in files:
        raise NotFound(f"There is no file {name!r}.")
    return tagged(request, files[name], media_type=TYPES[Path(name).suffix])


def html(request: Request, text: str, *, forms: bool = False) -> Response:
    """A page that loads nothing but files of our own; `forms` says whether it may send forms to us."""
    page = tagged(request, text, media_type="text/html; charset=utf-8")
    page.headers["Content-Security-Policy"] = (
        POLICY.replace("form-action 'none'", "form-action 'self'") if forms else POLICY
    )
    return page


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in TYPES}
