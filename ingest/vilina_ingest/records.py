"""What is kept of occupancy and of the building's events: values that any store gives back as they were written."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from vilina_edge.wire import SLOT

CorrectionReason = Literal["settled", "recount", "night"]
"""Why the drift ledger has an entry: balanced after closing, counted again by a person, or emptied at night."""
EventKind = Literal["capacity_80", "capacity_100", "silent_counter", "drift", "clock"]


@dataclass(frozen=True, slots=True)
class OccupancyPoint:
    """People inside a zone (None: the whole site), estimated live `at` a whole minute, with the 90 % interval."""

    zone: str | None
    at: datetime
    people: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SettledDay:
    """The local day of a zone (None: the whole site), balanced after closing.

    `edges` are its quarter hours in UTC (93, 97 or 101 of them); `people` are inside at the END of each quarter,
    None where nobody was looking. `entered` and `left` are as counted, `drift` is what they differ by.
    """

    zone: str | None
    day: date
    edges: tuple[datetime, ...]
    people: tuple[float | None, ...]
    entered: int
    left: int
    drift: int
    settled_at: datetime

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.people) + 1:
            raise ValueError("a settled day needs one more edge than it has quarter hours")
        if any(b - a != SLOT for a, b in pairwise(self.edges)):
            raise ValueError("the edges of a settled day are a quarter of an hour apart")


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of the drift ledger, which only grows: `people` more (or fewer) inside `at` an instant, and why.

    `id` is 16 hexadecimal digits; the same id again changes nothing. `author` is "vilina", or a person's role or name.
    `counted`, of a recount only, is how many were inside then: unlike `people`, it stays true whatever comes late.
    """

    id: str
    zone: str | None
    at: datetime
    people: float
    reason: CorrectionReason
    author: str
    note: str
    made_at: datetime
    counted: int | None = None


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """Something that happened to the building. `subject` is a zone, a counter, or "site"; `until` None: it lasts.

    `id` stands for one occurrence: the same again replaces it, as when it ends.
    """

    id: str
    kind: EventKind
    subject: str
    since: datetime
    until: datetime | None
    value: float | None
