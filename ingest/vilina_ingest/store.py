"""What a store does, whatever it is made of. Every adapter passes tests/ingest/test_store_contract.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol, Self

from vilina_edge.wire import ConfigAck, GapReason, Health, Status, Validation
from vilina_ingest.points import Point, Quality


@dataclass(frozen=True, slots=True)
class Bins:
    """Slots of time between strictly increasing UTC instants; bin i is `[edges[i], edges[i + 1])`.

    Equal steps are the usual case; local days, which last 23, 24 or 25 hours, are the other.
    """

    edges: tuple[datetime, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("bins need at least two strictly increasing instants")
        if any(edge.tzinfo is None for edge in self.edges):
            raise ValueError("bins are in UTC; an instant without a time zone is not an instant")

    def __len__(self) -> int:
        return len(self.edges) - 1

    @classmethod
    def regular(cls, start: datetime, end: datetime, step: timedelta) -> Self:
        """Equal bins from `start` until `end` is reached; the last one may reach over it."""
        count = max(1, -(-(end - start) // step))
        return cls(tuple(start + i * step for i in range(count + 1)))


@dataclass(frozen=True, slots=True)
class FlowSeries:
    """Crossings of one line per bin. None is a gap: nobody was looking, which is not zero.

    `coverage` is the share of each bin that was observed, from 0 to 1; `reasons` say why a gap is one, where
    the counter said so.
    """

    line: str
    bins: Bins
    entered: tuple[int | None, ...]
    left: tuple[int | None, ...]
    coverage: tuple[float, ...]
    reasons: tuple[GapReason | None, ...]


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as the store remembers it: for audits and tests, not for pages."""

    counter: str
    boot: str
    first_seq: int
    seq: int


@dataclass(frozen=True, slots=True)
class CounterState:
    """The last that was heard of a counter."""

    counter: str
    status: Status | None
    health: Health | None
    config_ack: ConfigAck | None
    last_report_end: datetime | None
    last_quality: Quality | None


class Reader(Protocol):
    """Reading, from any number of processes."""

    def version(self) -> int:
        """A number that is another one after every write; cheap enough to ask ten times a second."""

    def flows(self, site: str, bins: Bins, lines: Sequence[str]) -> dict[str, FlowSeries]:
        """Crossings of the named lines per bin; a line that was never heard of is all gaps.

        Edges on the quarter-hour grid are answered from the roll-up, others from raw points.
        """

    def counters(self, site: str) -> dict[str, CounterState]:
        """The last that was heard of each counter that was ever heard of."""

    def reports(self, site: str, counter: str) -> list[StoredReport]:
        """Identities of all stored reports of a counter, ordered by boot and sequence."""

    def validations(self, site: str, counter: str) -> list[Validation]:
        """What technicians counted by hand at a counter, oldest first."""

    def close(self) -> None: ...


class Store(Reader, Protocol):
    """Reading and writing; one process writes."""

    def write(self, points: Sequence[Point]) -> None:
        """Store all points; durable on return. A point that is already there changes nothing.

        Raises:
            ReportsRefused: some can never be stored; all the others are.
            StoreError: not all is stored; the same again may be tried later.
        """

    def write_status(self, site: str, counter: str, status: Status, at: datetime) -> None:
        """Remember a counter's status, which arrived `at`; the same status again does not change since when."""

    def write_health(self, site: str, counter: str, health: Health) -> None:
        """Remember a counter's newest health."""

    def write_config_ack(self, site: str, counter: str, ack: ConfigAck) -> None:
        """Remember what a counter did with the config that it was sent last."""

    def write_validation(self, site: str, counter: str, validation: Validation) -> None:
        """Keep a validation; one that is already there changes nothing."""
