"""A chart of the planner's page as a file: its numbers, a picture, or a drawing."""

from collections.abc import Iterator, Sequence
from typing import Literal

import altair as alt

from vilina_api.planner_page.axis import WIDE
from vilina_api.planner_page.drawing import Cell, csv_text, file_png, file_svg
from vilina_api.planner_page.fan import Fan, fan_chart
from vilina_api.planner_page.heat import heat, heat_chart
from vilina_api.planner_page.page import Look, chart_words, desks_of
from vilina_api.planner_page.steps import steps_chart
from vilina_api.staffing.wording import reason

Name = Literal["fan", "heat", "staff"]
Form = Literal["csv", "png", "svg"]
FAN_COLUMNS = ("time", "q10", "q25", "q50", "q75", "q90", "said_before", "came")

STAFF_COLUMNS = ("time", "unit", "staff", "expected", "kept_busy", "in_time", "why")
"""`vilina staffing play` reads them back."""


def chart_file(look: Look, fan: Fan, name: Name, form: Form) -> str | bytes:
    """Its content."""
    if form == "csv":
        return csv_text(*_table(look, fan, name))
    chart = _chart(look, fan, name)
    return file_svg(chart) if form == "svg" else file_png(chart)


def _chart(look: Look, fan: Fan, name: Name) -> alt.LayerChart:
    words = chart_words()
    if name == "fan":
        return fan_chart(fan, size=WIDE, words=words)
    if name == "heat":
        return heat_chart(heat(look.week, fan.slots), words=words)
    return steps_chart(look.shown, week=look.week, size=WIDE, words=words, desks=desks_of(look))


def _table(look: Look, fan: Fan, name: Name) -> tuple[Sequence[str], Iterator[Sequence[Cell]]]:
    if name == "fan":
        return FAN_COLUMNS, (
            (f"{s.start:%Y-%m-%dT%H:%M}", s.low80, s.low50, s.middle, s.high50, s.high80, s.said, s.came)
            for s in fan.slots
        )
    if name == "heat":
        cells = heat(look.week, fan.slots).cells
        return ("date", "hour", "people"), ((f"{c.day}", c.hour, c.people) for c in cells)
    plans = [look.made] if look.made is not None else list(look.plan.plans.values()) if look.plan else []
    return STAFF_COLUMNS, (
        (
            f"{s.start:%Y-%m-%dT%H:%M}",
            made.demand.unit,
            s.staff,
            s.expected,
            s.load,
            s.within,
            reason(s, made.by),
        )
        for made in plans
        for s in made.slots
    )
