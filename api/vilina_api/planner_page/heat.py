"""A week by weekday and hour of the day: where the busy hours are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import altair as alt

from vilina_api.planner_page.axis import ChartWords, Size, data, finished
from vilina_api.planner_page.fan import FanSlot
from vilina_api.planner_page.week import Week
from vilina_api.theme import on_ramp, ramp, ramp_step

HEAT_SIZE: Final[Size] = (380, 330)
NUMBERS_UP_TO: Final = 14
"""Hours of a day; with more of them the cells are too low for numbers."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """People expected in one hour of the local clock, and the step of the ramp for them."""

    day: date
    hour: int
    people: float
    step: int


@dataclass(frozen=True, slots=True)
class Heat:
    """The hours of a week in which somebody may come."""

    week: Week
    cells: tuple[HeatCell, ...]

    @property
    def hours(self) -> range:
        """From the first to the last that is open on any day."""
        known = [cell.hour for cell in self.cells]
        return range(min(known), max(known) + 1) if known else range(0)

    def at(self, day: date, hour: int) -> HeatCell | None:
        """None where it is closed."""
        return next((cell for cell in self.cells if (cell.day, cell.hour) == (day, hour)), None)


def heat(week: Week, slots: Iterable[FanSlot]) -> Heat:
    """Slots summed up by the hour: what is forecast, or where nothing was, what came."""
    people: dict[tuple[date, int], float] = {}
    for slot in slots:
        some = slot.came if slot.middle is None else slot.middle
        if some is not None:
            key = slot.start.date(), slot.start.hour
            people[key] = people.get(key, 0.0) + some
    most = max(people.values(), default=0.0) or 1.0
    return Heat(week, tuple(HeatCell(*key, some, ramp_step(some / most)) for key, some in people.items()))


def heat_chart(shown: Heat, *, words: ChartWords) -> alt.LayerChart:
    """The specification: days across, hours down, more people in a darker cell, and their number in it."""
    days = list(words.weekdays)
    rows = data(
        {"day": days[cell.day.weekday()], "hour": f"{cell.hour:02}", "ground": ramp(cell.step),
         "ink": on_ramp(cell.step), "people": f"{cell.people:.0f}"}
        for cell in shown.cells
    )  # fmt: skip
    above = alt.Axis(title=None, orient="top", labelAngle=0)
    x = alt.X("day:N", sort=days, scale=alt.Scale(domain=days, padding=0.04), axis=above)
    y = alt.Y("hour:N", scale=alt.Scale(padding=0.06), axis=alt.Axis(title=None))
    layers = [rows.mark_rect(cornerRadius=2).encode(x=x, y=y, color=alt.Color("ground:N", scale=None))]
    if len(shown.hours) <= NUMBERS_UP_TO:
        ink = alt.Color("ink:N", scale=None)
        layers.append(rows.mark_text(fontSize=12).encode(x=x, y=y, text="people:N", color=ink))
    return finished(layers, HEAT_SIZE)
