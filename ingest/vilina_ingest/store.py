"""What a store does, whatever it is made of. Every adapter passes tests/ingest/test_store_contract.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from vilina_edge.wire import ConfigAck, GapReason, Health, Message, Status, Validation
from vilina_ingest.points import CrossingsPoint, Point, Quality
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent
from vilina_ingest.site import Retention

M_co = TypeVar("M_co", bound=Message, covariant=True)


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
class PresenceSeries:
    """People in one area per bin. None is a gap, and in `waiting_*` also an area that is no queue.

    `mean` is weighted by time, `dwell` a histogram of finished stays (`wire.DWELL_EDGES_S`), `coverage` the share of
    each bin that was observed.
    """

    area: str
    bins: Bins
    mean: tuple[float | None, ...]
    most: tuple[int | None, ...]
    waiting_mean: tuple[float | None, ...]
    waiting_most: tuple[int | None, ...]
    dwell: tuple[tuple[int, ...] | None, ...]
    coverage: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as the store remembers it: for audits and tests, not for pages.

    Where retention has removed the raw points, reports without a hole between them are remembered as one.
    """

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


@dataclass(frozen=True, slots=True)
class Told(Generic[M_co]):
    """A message that a counter sent of itself."""

    site: str
    counter: str
    message: M_co


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored together.

    Of statuses, healths and config acks the last one counts; a status has its time. Points and validations that are
    already there change nothing.
    """

    points: Sequence[Point] = ()
    statuses: Sequence[Told[Status]] = ()
    healths: Sequence[Told[Health]] = ()
    config_acks: Sequence[Told[ConfigAck]] = ()
    validations: Sequence[Told[Validation]] = ()


def same_state(a: Status, b: Status) -> bool:
    """Whether a status says what was said before, whenever it was said."""
    return (a.state, a.reason, a.boot) == (b.state, b.reason, b.boot)


class Removed(NamedTuple):
    """Rows that retention removed."""

    raw: int
    rollup: int


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

    def crossings(self, site: str, start: datetime, end: datetime) -> list[CrossingsPoint]:
        """Raw points of the site that stand from `start` until before `end`, in order of time."""

    def presence(self, site: str, bins: Bins, areas: Sequence[str]) -> dict[str, PresenceSeries]:
        """People in the named areas per bin, answered as `flows` are."""

    def live(self, site: str, start: datetime, end: datetime, zone: str | None) -> list[OccupancyPoint]:
        """Live estimates of a zone, or of the whole site, from `start` until before `end`, in order of time."""

    def settled(self, site: str, first: date, last: date) -> list[SettledDay]:
        """Settled local days from the first to the last, of all zones and the site, in order of days."""

    def corrections(self, site: str, start: datetime, end: datetime) -> list[Correction]:
        """The drift ledger from `start` until before `end`, in order of `at`."""

    def events(self, site: str, start: datetime, end: datetime) -> list[SiteEvent]:
        """Events that last at some time from `start` until before `end`, in order of `since`."""

    def close(self) -> None: ...


class Store(Reader, Protocol):
    """Reading and writing; one process writes. What was written is durable on return.

    Every writing method raises StoreError when not all is known to be stored; the same again may be tried later.
    """

    def write(self, batch: Batch) -> None:
        """Store a batch. A status that says the same again does not change since when.

        Raises:
            ReportsRefused: some can never be stored; all the others are.
            StoreError: not all is stored; the same again may be tried later.
        """

    def write_live(self, site: str, points: Sequence[OccupancyPoint]) -> None:
        """Keep live estimates; one of the same zone and minute replaces the older one."""

    def write_settled(self, site: str, days: Sequence[SettledDay]) -> None:
        """Keep settled days; one of the same zone and day replaces the older one."""

    def write_correction(self, site: str, correction: Correction) -> None:
        """Add to the drift ledger; one that is already there changes nothing."""

    def write_events(self, site: str, events: Sequence[SiteEvent]) -> None:
        """Keep events; one of the same id replaces the older one."""

    def retain(self, site: str, retention: Retention, now: datetime) -> Removed:
        """Remove raw points and live estimates older than `raw_days`, and roll-ups, settled days and events older than
        `rollup_days`. The drift ledger and validations stay.

        Late points older than `raw_days` still reach the roll-up, and those that were counted before are known.
        """
