"""The stores that the contract holds for. A new adapter is one more entry."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from vilina_ingest.store import Store
from vilina_ingest.store_sqlite import SqliteStore


def _sqlite(directory: Path) -> Store:
    return SqliteStore.open(directory / "vilina.db")


STORES: Final[dict[str, Callable[[Path], Store]]] = {"sqlite": _sqlite}
"""Each opens the store that lives in a directory: twice the same directory is twice the same store."""
