"""Crossings around each zone, per bin of time: what the occupancy of a zone is estimated from."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
SITE: Final = 0
"""The row of the whole site; all others are zones, and together they are the site."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Z zones (None: the whole site) in N bins of equal width, in the order of time.

    `entered` and `left` (Z, N) are people; `unseen` (Z, N) is the variance of the part of them that nobody saw and
    that was filled in, 0 where all was seen. `clock` (N,) numbers the bin's place in the local day, from 0 to below
    `slots`. `closed` (N,): the site has been closed for so long that everybody should have left. `seen` (Z, N) is the
    mean number of people in the areas of a zone; NaN where no area looks. `recounted` (Z, N) are people inside at the
    end of the bin as a person counted them in it, moved on by who crossed since; NaN where nobody did. `open_end`: the
    last bin is not over.
    """

    zones: tuple[str | None, ...]
    slots: int
    entered: Floats
    left: Floats
    unseen: Floats
    clock: Ints
    closed: Bools
    seen: Floats
    recounted: Floats
    open_end: bool = False

    def __post_init__(self) -> None:
        shape = (len(self.zones), len(self.clock))
        parts = (self.entered, self.left, self.unseen, self.seen, self.recounted)
        if any(part.shape != shape for part in parts):
            raise ValueError(f"counts of {shape[0]} zones in {shape[1]} bins have that shape")
        if min(self.entered.min(initial=0), self.left.min(initial=0)) < 0:
            raise ValueError("nobody crosses a line less than not at all")

    @classmethod
    def of(
        cls,
        zones: tuple[str | None, ...],
        entered: Floats,
        left: Floats,
        *,
        clock: Ints,
        slots: int,
        closed: Bools | None = None,
        unseen: Floats | None = None,
        seen: Floats | None = None,
        recounted: Floats | None = None,
        open_end: bool = False,
    ) -> Self:
        """Counts of which all was seen by lines alone, at a site that never closes, unless said otherwise."""
        return cls(
            zones=zones, slots=slots, entered=entered, left=left, clock=clock,
            unseen=np.zeros(entered.shape) if unseen is None else unseen,
            closed=np.zeros(len(clock), np.bool_) if closed is None else closed,
            seen=np.full(entered.shape, np.nan) if seen is None else seen,
            recounted=np.full(entered.shape, np.nan) if recounted is None else recounted,
            open_end=open_end,
        )  # fmt: skip

    def __len__(self) -> int:
        """Bins."""
        return len(self.clock)

    def same(self, other: "Counts") -> bool:
        """Whether the other has the same numbers."""
        return all(
            np.array_equal(a, b, equal_nan=True)
            for a, b in (
                (self.entered, other.entered), (self.left, other.left), (self.unseen, other.unseen),
                (self.clock, other.clock), (self.closed, other.closed), (self.seen, other.seen),
                (self.recounted, other.recounted),
            )
        )  # fmt: skip

    def cut(self, start: int, end: int) -> "Counts":
        """The bins from `start` to before `end`."""
        part = slice(start, end)
        return replace(
            self, entered=self.entered[:, part], left=self.left[:, part], unseen=self.unseen[:, part],
            clock=self.clock[part], closed=self.closed[part], seen=self.seen[:, part],
            recounted=self.recounted[:, part],
            open_end=self.open_end and end >= len(self),
        )  # fmt: skip
