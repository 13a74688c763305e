"""A linear program, as it is written down."""

from collections.abc import Iterable
from typing import Final

from scipy.sparse import coo_array, csc_array

NO_DAY: Final = -1
"""The day of what is about a week."""


class Sheet:
    """Columns, rows and entries, as they are written down."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.day: list[int] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.row_day: list[int] = []
        self.entries: list[tuple[int, int, float]] = []

    def column(self, cost: float, upper: float, day: int = NO_DAY) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        self.day.append(day)
        return len(self.cost) - 1

    def row(
        self, low: float, high: float, entries: Iterable[tuple[int, float]] = (), day: int = NO_DAY
    ) -> int:
        self.low.append(low)
        self.high.append(high)
        self.row_day.append(day)
        number = len(self.low) - 1
        self.entries += [(number, column, value) for column, value in entries]
        return number

    @property
    def matrix(self) -> csc_array:
        rows, columns, values = zip(*self.entries, strict=True)
        return csc_array(coo_array((values, (rows, columns)), shape=(len(self.low), len(self.cost))))
