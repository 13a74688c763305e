"""The stream: the newest at once, then whatever changes; slow listeners hurt only themselves."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx

from tests.api.conftest import NOON, Served
from tests.waiting import until


def documents(served: Served) -> Iterator[tuple[int, Any]]:
    """Events' ids and live documents."""
    with httpx.stream("GET", f"{served.address}/v1/sites/square/stream", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        number = 0
        for line in answer.iter_lines():
            if line.startswith("id:"):
                number = int(line.removeprefix("id:"))
            if line.startswith("data:"):
                yield number, json.loads(line.removeprefix("data:"))


def test_a_listener_is_told_at_once_and_again_at_each_change(served: Served) -> None:
    listening = documents(served)
    first, live = next(listening)
    assert live["people"] == 0
    for people in (3, 5, 9):
        served.report(NOON - timedelta(minutes=10 - people), middle=(people, 0))
        number, live = next(one for one in listening if one[1]["people"] != live["people"])
        assert number > first
    assert live["people"] == 17
    listening.close()


def test_listeners_who_never_read_hold_nobody_up(served: Served) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    stalled = [socket.create_connection((host, int(port))) for _ in range(20)]
    for one in stalled:
        one.sendall(b"GET /v1/sites/square/stream HTTP/1.1\r\nHost: test\r\n\r\n")
    listening = documents(served)
    next(listening)
    for people in range(1, 31):
        served.report(NOON - timedelta(minutes=50 - people), middle=(1, 0))
        assert next(live for _, live in listening if live["people"] == people)
    listening.close()
    for one in stalled:
        one.close()
    until(lambda: served.live()["people"] == 30)
