"""Which store an address means: the one place that knows all adapters."""

from pathlib import Path
from typing import Final

from vilina_ingest.store import Store
from vilina_ingest.store_sqlite import SqliteStore

INFLUX: Final = "influx:"
DEFAULT: Final = "vilina.db"
HELP: Final = "A file, or the address of an InfluxDB: influx:URL?org=NAME&bucket=NAME&token-file=PATH."


def is_file(address: str) -> bool:
    return not address.startswith(INFLUX)


def open_store(address: str, *, read_only: bool = False) -> Store:
    """The store at an address as in `HELP`. A file is opened, and made for a writer; a server is not asked yet.

    Raises:
        StoreError: no such store, or the address is not understood.
    """
    if not is_file(address):
        # Who keeps a file needs no client of a server.
        from vilina_ingest.influx.store import InfluxStore  # noqa: PLC0415

        return InfluxStore.open(address, read_only=read_only)
    return SqliteStore.open(Path(address), read_only=read_only)


def quarantine_of(address: str) -> Path:
    """Where the quarantine of a store is: beside the file, or where ingest runs if the store is a server."""
    beside = address if is_file(address) else DEFAULT
    return Path(beside).with_suffix(".quarantine.db")
