"""Errors as problem documents (RFC 9457), each with what to do."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vilina_api.errors import ApiError
from vilina_api.models import Problem
from vilina_ingest.errors import StoreError

MEDIA_TYPE = "application/problem+json"
RESPONSES = {"default": {"model": Problem, "description": "What went wrong and what to do (RFC 9457)"}}


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of an app a problem document."""

    @app.exception_handler(ApiError)
    async def _ours(request: Request, error: ApiError) -> JSONResponse:
        return _problem(request, error.status, error.title, str(error), headers=error.headers)

    @app.exception_handler(StoreError)
    async def _store(request: Request, error: StoreError) -> JSONResponse:
        return _problem(request, 503, "The store cannot be read", f"{error}. Try again in a moment.")

    @app.exception_handler(RequestValidationError)
    async def _parameters(request: Request, error: RequestValidationError) -> JSONResponse:
        told = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
        return _problem(request, 422, "A parameter is wrong", told)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        title = HTTPStatus(error.status_code).phrase
        detail = (
            "The addresses that exist are listed at /docs." if error.status_code == 404 else str(error.detail)
        )
        return _problem(request, error.status_code, title, detail, headers=error.headers)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, _error: Exception) -> JSONResponse:
        return _problem(
            request, 500, "Something went wrong", "The server's log says what. It is not your fault."
        )


def _problem(
    request: Request, status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = Problem(title=title, status=status, detail=detail, instance=request.url.path)
    return JSONResponse(body.model_dump(), status, headers, media_type=MEDIA_TYPE)
