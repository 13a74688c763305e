"""Each test that asks for a `store` runs with every adapter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.stores import STORES
from vilina_ingest.store import Store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()
