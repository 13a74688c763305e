"""What an InfluxDB's answers mean: pure, from status, headers and body to what is to be done."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import msgspec

from vilina_ingest.errors import StoreError

DROPPED: Final = re.compile(r"dropped=(\d+)")
DEFAULT_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 300.0


class Rejected(NamedTuple):
    """The server found fault with what it was sent; a part of it may be stored all the same.

    `dropped` lines are not, where it said how many: then the fault is in each of them, and in no other.
    """

    reason: str
    dropped: int | None = None


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: rows of `columns`, the first of which is the time in ns."""

    name: str
    columns: list[str]
    values: list[list[Any]] = []
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[Series] = []
    error: str | None = None
    partial: bool = False


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result] = []
    error: str | None = None


_answer: Final = msgspec.json.Decoder(_Answer)


def judge_write(status: int, headers: Mapping[str, str], body: str, *, server: str) -> Rejected | None:
    """What became of lines that were written; None is stored.

    Raises:
        StoreError: they may be stored later.
    """
    if 200 <= status < 300:
        return None
    reason = reason_of(body) or f"HTTP {status}"
    if status in (400, 413, 422):
        dropped = DROPPED.search(reason) if "partial write" in reason else None
        return Rejected(reason, int(dropped[1]) or None if dropped else None)
    raise refusal(status, headers, reason, server=server)


def refusal(status: int, headers: Mapping[str, str], reason: str, *, server: str) -> StoreError:
    """The error for an answer that finds no fault with what was sent."""
    match status:
        case 401 | 403:
            said = f"{server} refuses our token ({reason}); `vilina deploy influx init` makes tokens"
            return StoreError(said, retry_after_s=DEFAULT_RETRY_S)
        case 404:
            said = f"{server} is not there ({reason}); `vilina deploy influx init` makes it"
            return StoreError(said, retry_after_s=DEFAULT_RETRY_S)
        case 429 | 503:
            return StoreError(f"{server} is busy ({reason})", retry_after_s=retry_after(headers))
        case _:
            return StoreError(f"{server} answers {status} ({reason})", retry_after_s=None)


def read_answer(body: bytes, *, server: str) -> list[list[Series]]:
    """The series of each statement of a query.

    Raises:
        StoreError: the answer was cut off or is none, or a statement failed.
    """
    try:
        answer = _answer.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{server} gave no whole answer: {error}") from error
    failed = answer.error or next((result.error for result in answer.results if result.error), None)
    if failed and "not found" in failed:
        raise refusal(404, {}, failed, server=server)
    if failed:
        raise StoreError(f"{server} could not answer: {failed}")
    if any(result.partial for result in answer.results):
        raise StoreError(f"{server} answers with a part only; raise its limit `max-row-limit`")
    return [result.series for result in answer.results]


def reason_of(body: str) -> str:
    """What the server says went wrong, on one line of bounded length."""
    try:
        said = msgspec.json.decode(body)
        text = str(said.get("message") or said.get("error") or body) if isinstance(said, dict) else body
    except msgspec.DecodeError:
        text = body
    return " ".join(text.split())[:300]


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from `Retry-After` as a number or a date (RFC 9110, 10.2.3)."""
    said = headers.get("Retry-After", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = DEFAULT_RETRY_S
    return min(max(0.0, seconds), LONGEST_RETRY_S)
