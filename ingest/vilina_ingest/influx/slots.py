"""Which quarters of an hour are rolled up. See docs/decisions/0008-rollup-in-influxdb.md.

A row of `slots` says of a slot of a site, in ns since 1970, when it was last *touched* by raw points, of which points
its roll-up is made (*rolled*: those of touches until then), and when it was *sealed*: then its raw points are gone.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from vilina_ingest.binning import NS_PER_S, SLOT_NS
from vilina_ingest.influx.answers import Series
from vilina_ingest.influx.line_protocol import Line, fields_of, series_key
from vilina_ingest.influx.queries import of_site, select, within

SLOTS: Final = "slots"
SETTLE_NS: Final = 120 * NS_PER_S
"""No write takes so long from the mark to its end, clocks of workers included: what was touched before is there."""
SKEW_NS: Final = SETTLE_NS // 2
"""So much may the clocks of workers differ: a roll-up does not claim to have seen the touches of this last time."""
MARK_EVERY_NS: Final = 30 * NS_PER_S
"""A worker that goes on writing into a slot says so this often, which must be well under `SETTLE_NS`."""


RECENT_NS: Final = 20 * 3600 * NS_PER_S
"""Slots that are younger are never sealed, as raw points stay for a day at least."""


class Slot(NamedTuple):
    start_ns: int
    touched: int
    rolled: int | None = None
    sealed: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the roll-up may lack something that raw points have."""
        return self.touched > (self.rolled or 0)

    def is_due(self, now: int) -> bool:
        """Whether it is time to roll it up: it is over, something is new, and nothing is under way."""
        quiet = max(self.start_ns + SLOT_NS, self.touched) + SETTLE_NS <= now
        return self.is_open and self.sealed is None and quiet


class Marks:
    """Which slots a worker has said that it writes into, so that it need not say so each time."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, int], int] = {}

    def due(self, slots: Iterable[tuple[str, int]], now: int) -> list[tuple[str, int]]:
        """The (site, slot) to be said now: an old one each time, because it may have been sealed since."""
        return sorted(
            (site, slot)
            for site, slot in set(slots)
            if now - slot >= RECENT_NS or now - self._said.get((site, slot), 0) >= MARK_EVERY_NS
        )

    def said(self, slots: Iterable[tuple[str, int]], now: int) -> None:
        self._said = {key: at for key, at in self._said.items() if now - at < MARK_EVERY_NS}
        self._said.update(dict.fromkeys(slots, now))


def slot_line(site: str, slot_ns: int, **fields: int) -> Line:
    """What is known of a slot; fields that are not given stay as they are."""
    return f"{series_key(SLOTS, ('site', site))} {fields_of(**fields)} {slot_ns:d}", None


def slots_query(site: str, start: int, end: int) -> str:
    return select('"touched", "rolled", "sealed"', SLOTS, where=f"{of_site(site)} AND {within(start, end)}")


def read_slots(series: Sequence[Series]) -> list[Slot]:
    return [Slot(*row) for one in series for row in one.values]


def slot_of(at_ns: int) -> int:
    return at_ns // SLOT_NS * SLOT_NS


def spans(slots: Iterable[int], *, most: int = 10_000) -> list[tuple[int, int]]:
    """Slots as few stretches of time `[start, end)`, none of more than so many slots."""
    starts = sorted(set(slots))
    cuts = [0]
    for i, (a, b) in enumerate(pairwise(starts), start=1):
        if b - a != SLOT_NS or i - cuts[-1] >= most:
            cuts.append(i)
    return [(starts[i], starts[j - 1] + SLOT_NS) for i, j in pairwise([*cuts, len(starts)]) if j > i]
