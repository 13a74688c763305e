"""The API as people meet it: over HTTP, on a real server, over a real store, at a noon of the test's own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.brokers import free_port
from tests.clocks import TestClock
from tests.sites import square
from tests.waiting import until
from vilina_api.app import create_app
from vilina_api.keys import KeyRing
from vilina_edge.wire import GapReason, LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

NOON = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Helsinki."""
BOOT = "00000000000000aa"


@dataclass
class Served:
    """A running server, the store behind it, and its clock."""

    address: str
    client: httpx.Client
    store: SqliteStore
    clock: TestClock
    seq: int = 0

    def report(
        self,
        end: datetime,
        *,
        middle: tuple[int, int] = (0, 0),
        across: tuple[int, int] = (0, 0),
        minutes: float = 1,
        gap: GapReason | None = None,
    ) -> None:
        """Store a report that ends then, as if a counter had sent it."""
        self.seq += 1
        report = Report(
            counter="counter-a", boot=BOOT, seq=self.seq, start=end - timedelta(minutes=minutes), end=end, gap=gap,
            lines=(
                LineCount(line="middle", entered=middle[0], left=middle[1]),
                LineCount(line="across", entered=across[0], left=across[1]),
            ),
        )  # fmt: skip
        self.store.write(Batch(points(report, square())))

    def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == status, answer.text
        return answer.json()

    def live(self) -> Any:
        return self.get("/v1/sites/square/live")

    def shows(self, condition: Callable[[Any], object]) -> None:
        """Wait until the live document is as it should be."""
        until(lambda: condition(self.live()))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving_square(tmp_path) as made:
        yield made


@contextmanager
def serving_square(
    folder: Path, *, clock: TestClock | None = None, keys: KeyRing | None = None, site: Site | None = None
) -> Iterator[Served]:
    """A server of the square, or of another site, with a store in the folder."""
    store = SqliteStore.open(folder / "vilina.db")
    reader = SqliteStore.open(folder / "vilina.db", read_only=True)
    clock, port = clock or TestClock(NOON), free_port()
    app = create_app(
        site=site or square(),
        reader=reader,
        open_store=lambda: SqliteStore.open(folder / "vilina.db"),
        clock=clock,
        keys=keys,
        rosters=folder / "rosters",
    )
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    address = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=address, timeout=30) as client:
            until(lambda: server.started)
            until(lambda: client.get("/health/ready").status_code == 200)
            yield Served(address, client, store, clock)
    finally:
        server.should_exit = True
        thread.join(10)
        reader.close()
        store.close()
    assert not thread.is_alive()
