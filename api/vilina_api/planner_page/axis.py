"""A week of opening hours: the days one beside the other, without the nights between them."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self

import altair as alt

from vilina_api.planner_page.week import DAYS, Week
from vilina_api.theme import TOKENS, chart_config

Size = tuple[int, int]
WIDE: Final[Size] = (900, 330)
NARROW: Final[Size] = (340, 240)
"""Pixels of a chart on a desk's screen and on a phone's."""
BETWEEN_H: Final = 0.8
"""Hours of room between two days."""
WHOLE_DAY: Final = (0, 24)
TICKS_EVERY_H: Final = 4
LABEL_ROOM: Final = 0.14
"""Of the height, for the names of days above."""


@dataclass(frozen=True, slots=True)
class ChartWords:
    """What charts say, in the reader's language: weekdays in short, from Monday on, that it is closed, and how many
    desks there are, with {} for the number."""

    weekdays: tuple[str, ...]
    closed: str
    desks: str


@dataclass(frozen=True, slots=True)
class WeekAxis:
    """Where the days of a week are drawn, each from hour `opens` to `closes` of the local clock."""

    week: Week
    opens: int
    closes: int

    @classmethod
    def around(cls, week: Week, slots: Sequence[tuple[datetime, datetime]]) -> Self:
        """Wide enough for slots from and to these local times; a whole day where there are none."""
        if not slots:
            return cls(week, *WHOLE_DAY)
        first = min(_hour(start) for start, _ in slots)
        last = max(_hour(start) + (end - start).total_seconds() / 3600 for start, end in slots)
        return cls(week, math.floor(first), math.ceil(last))

    @property
    def width(self) -> float:
        """In hours."""
        return DAYS * (self.closes - self.opens) + (DAYS - 1) * BETWEEN_H

    def at(self, local: datetime) -> float:
        """Where a local time is drawn."""
        return self._begin((local.date() - self.week.first).days) + _hour(local) - self.opens

    def _middle(self, day: int) -> float:
        return self._begin(day) + (self.closes - self.opens) / 2

    def _begin(self, day: int) -> float:
        return day * (self.closes - self.opens + BETWEEN_H)

    def x(self, field: str = "at") -> alt.X:
        """Of marks; the axis itself is drawn by `days`."""
        scale = alt.Scale(domain=[0, self.width], nice=False, zero=False)
        return alt.X(f"{field}:Q", scale=scale, axis=None)

    def days(self, words: ChartWords, *, top: float, size: Size, opened: Collection[date]) -> list[alt.Chart]:
        """Names of the days above, the hours of each below, a rule between them; `top` is the highest value."""
        x, wide, quiet = self.x(), size[0] >= WIDE[0], TOKENS["quiet"].light
        names = [
            {"at": self._middle(n), "top": top, "name": f"{words.weekdays[n]} {day.day}" if wide else words.weekdays[n]}
            for n, day in enumerate(self.week.days())
        ]  # fmt: skip
        closed = [
            {"at": self._middle(n), "top": top / 3, "name": words.closed}
            for n, day in enumerate(self.week.days())
            if day not in opened
        ]
        rules = [{"at": self._begin(n) - BETWEEN_H / 2} for n in range(1, DAYS)]
        layers = [
            data(rules).mark_rule(color=TOKENS["line"].light).encode(x=x),
            data(names).mark_text(baseline="top", dy=2).encode(x=x, y=alt.Y("top:Q"), text="name:N"),
            data(closed)
            .mark_text(color=quiet, angle=0 if wide else 270)
            .encode(x=x, y=alt.Y("top:Q"), text="name:N"),
        ]
        if wide:
            hours = data(self._hours()).mark_text(baseline="top", dy=6, fontSize=12, color=quiet)
            layers.append(hours.encode(x=x, y=alt.datum(0), text="name:N"))
        return layers

    def _hours(self) -> list[dict[str, Any]]:
        first = self.opens + -self.opens % TICKS_EVERY_H
        return [
            {"at": self._begin(n) + hour - self.opens, "name": f"{hour:02}"}
            for n in range(DAYS)
            for hour in range(first, self.closes - 1, TICKS_EVERY_H)
        ]


def data(rows: Any) -> alt.Chart:
    """A chart of rows that stand in its specification."""
    return alt.Chart(alt.InlineData(values=list(rows)))


def y_axis(field: str, highest: float, *, title: str | None = None) -> tuple[alt.Y, float]:
    """From zero to above the highest value, with room for the names of days; and where the top is."""
    top = max(highest, 1.0) / (1 - LABEL_ROOM)
    scale = alt.Scale(domain=[0, top], nice=False)
    return alt.Y(f"{field}:Q", scale=scale, axis=alt.Axis(title=title, tickCount=4, format="d")), top


def finished(layers: Sequence[alt.Chart], size: Size) -> alt.LayerChart:
    """Layers as one chart of the theme."""
    fit = alt.AutoSizeParams(type="fit", contains="padding")
    drawn = alt.layer(*layers).properties(width=size[0], height=size[1], autosize=fit)
    chart: alt.LayerChart = drawn.configure(**chart_config())
    return chart


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60
