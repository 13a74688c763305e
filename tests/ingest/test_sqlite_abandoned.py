"""A write of the SQLite store that fails in the middle."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ingest.stores import NOON, crossings, quarter_hours
from vilina_ingest.errors import StoreError
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore


def test_a_line_that_was_new_in_a_write_that_failed_is_known_when_it_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "vilina.db"
    with closing(SqliteStore.open(path)) as store, closing(sqlite3.connect(path)) as other:
        batch = Batch([crossings(1, end=NOON + timedelta(minutes=1), entered=3)])
        other.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON crossings BEGIN SELECT RAISE(ABORT, 'disk'); END"
        )
        with pytest.raises(StoreError, match="nothing was stored"):
            store.write(batch)
        other.execute("DROP TRIGGER broken")
        store.write(batch)
        assert store.flows("square", quarter_hours(1), ["door-a"])["door-a"].entered == (3,)
