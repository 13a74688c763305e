"""The stores that the contract holds for, and what tests write into them. A new adapter is one more entry."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from tests.influx import influx_server
from vilina_edge.wire import Message
from vilina_ingest.influx.store import InfluxStore
from vilina_ingest.points import CrossingsPoint, PresencePoint, Quality, point_time
from vilina_ingest.store import Bins, Store, Told
from vilina_ingest.store_sqlite import SqliteStore


def _sqlite(directory: Path) -> Store:
    return SqliteStore.open(directory / "vilina.db")


def _influx(directory: Path) -> Store:
    return InfluxStore(influx_server().bucket(directory))


STORES: Final[dict[str, Callable[[Path], Store]]] = {"sqlite": _sqlite, "influx": _influx}
"""Each opens the store that lives in a directory: twice the same directory is twice the same store."""

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
QUARTER: Final = timedelta(minutes=15)
BOOT: Final = "00000000000000aa"
M = TypeVar("M", bound=Message)


def crossings(
    seq: int, *, end: datetime, entered: int = 1, left: int = 0, seconds: float = 60.0,
    line: str = "door-a", counter: str = "counter-a", quality: Quality = "good", boot: str = BOOT,
) -> CrossingsPoint:  # fmt: skip
    return CrossingsPoint(
        site="square", counter=counter, line=line, origin="outside", to="hall",
        at_ns=point_time(end, boot=boot, seq=seq),
        entered=entered, left=left, seconds=seconds, boot=boot, seq=seq, first_seq=seq, quality=quality,
    )  # fmt: skip


def presence(
    seq: int, *, end: datetime, mean: float = 1.5, most: int = 3, waiting: tuple[float, int] | None = (0.5, 2),
    dwell: tuple[int, ...] = (1, 0, 2), seconds: float = 60.0, area: str = "queue",
) -> PresencePoint:  # fmt: skip
    waiting_mean, waiting_most = waiting or (None, None)
    return PresencePoint(
        site="square", counter="counter-a", area=area, at_ns=point_time(end, boot=BOOT, seq=seq),
        mean=mean, most=most, waiting_mean=waiting_mean, waiting_most=waiting_most, dwell=dwell,
        seconds=seconds, boot=BOOT, seq=seq, first_seq=seq, quality="good" if seconds else "dark",
    )  # fmt: skip


def told(message: M) -> Told[M]:
    """What counter-a of the square says of itself."""
    return Told("square", "counter-a", message)


def quarter_hours(count: int, start: datetime = NOON) -> Bins:
    return Bins.regular(start, start + count * QUARTER, QUARTER)
