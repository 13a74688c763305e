"""What will come, as quantiles, and what every method has in common."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

import numpy as np

from vilina_api.forecasting.counts import DAY_MINUTES, Bools, Calendar, Counts, Floats

LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LOW, MEDIAN, HIGH = LEVELS.index(0.1), LEVELS.index(0.5), LEVELS.index(0.9)
"""Places of the 80 % interval and its middle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """People expected in S series over D local days of H slots: `people` (S, D, H, Q), a quantile for each of LEVELS.

    Quantiles are in order and not negative; a closed slot has zeros.

    Raises ValueError where they are not.
    """

    names: tuple[str, ...]
    first: date
    people: Floats

    def __post_init__(self) -> None:
        if self.people.ndim != 4 or self.people.shape[::3] != (len(self.names), len(LEVELS)):
            raise ValueError(
                f"people must be ({len(self.names)}, days, slots, {len(LEVELS)}), not {self.people.shape}"
            )
        if not np.all(np.isfinite(self.people)) or np.any(self.people < 0):
            raise ValueError("a forecast is finite and not negative")
        if np.any(np.diff(self.people, axis=-1) < 0):
            raise ValueError("quantiles must be in order")

    @property
    def median(self) -> Floats:
        """(S, D, H)."""
        return self.people[..., MEDIAN]

    @property
    def edges(self) -> tuple[datetime, ...]:
        """Where slots begin and, the last one, end: D * H + 1 naive times of the local clock."""
        _, days, slots, _ = self.people.shape
        midnight, width = datetime.combine(self.first, time()), timedelta(minutes=DAY_MINUTES // slots)
        return tuple(midnight + n * width for n in range(days * slots + 1))


class Fitted(Protocol):
    """What a method has learned. It can be kept, and asked again as counts arrive."""

    def predict(self, past: Counts, days: int) -> Forecast:
        """The days that follow the past, which may be longer than what was learned from."""


class Method(Protocol):
    """A way to forecast. What it learns depends on nothing after the end of the past."""

    @property
    def name(self) -> str: ...

    def fit(self, past: Counts, calendar: Calendar) -> Fitted: ...


def forecast(past: Counts, calendar: Calendar, quantiles: Floats) -> Forecast:
    """A forecast of the days after the past from quantiles (S, D, H, Q) that need not be in order yet."""
    opened: Bools = calendar.is_open(past.end, days=quantiles.shape[1], slots=past.slots)
    ordered = np.sort(np.maximum(quantiles, 0), axis=-1)
    return Forecast(names=past.names, first=past.end, people=np.where(opened[:, :, None], ordered, 0.0))
