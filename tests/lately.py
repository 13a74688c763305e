"""When reports are dated that a running ingest stores: its keeper removes raw points that are old."""

from datetime import UTC, datetime, timedelta
from typing import Final

LATELY: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
"""A full hour, some days ago."""
