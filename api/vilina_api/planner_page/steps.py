"""Staff as steps over what keeps them busy: of one unit, or of several together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import altair as alt

from vilina_api.planner_page.axis import ChartWords, Size, WeekAxis, data, finished, y_axis
from vilina_api.planner_page.week import Week
from vilina_api.staffing.plan import StaffPlan
from vilina_api.theme import TOKENS

NEAR: Final = 1.3
"""Desks are drawn if they are not more than so many times what is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Staff from `start` to `end`, local times; how many of them the expected keep busy, and those of one day in ten.

    `short`: there are not enough desks for the target to hold.
    """

    start: datetime
    end: datetime
    staff: int
    load: float
    many: float
    short: bool


def steps(plans: Sequence[StaffPlan]) -> tuple[Step, ...]:
    """Of plans together, in order of time. Their slots are of one length."""
    found: dict[datetime, Step] = {}
    for made in plans:
        for slot in made.slots:
            old = found.get(slot.start)
            busy = slot.load * slot.many / slot.expected if slot.expected else slot.load
            found[slot.start] = Step(
                start=slot.start,
                end=slot.start + timedelta(minutes=made.demand.slot_min),
                staff=slot.staff + (old.staff if old else 0),
                load=slot.load + (old.load if old else 0.0),
                many=max(slot.load, busy) + (old.many if old else 0.0),
                short=slot.because == "desks" or (old is not None and old.short),
            )
    return tuple(found[start] for start in sorted(found))


def most_at_once(shown: Sequence[Step]) -> Step | None:
    """The first of the steps with the most staff; None where there is none."""
    return max(shown, key=lambda step: step.staff, default=None)


def steps_chart(
    shown: Sequence[Step],
    *,
    week: Week,
    size: Size,
    words: ChartWords,
    before: Sequence[Step] = (),
    desks: int | None = None,
) -> alt.LayerChart:
    """The specification: load as an area, on a busy day as a paler one, staff as steps, and those of `before` in grey.

    Steps with too few desks are red, and so is the line of `desks`.
    """
    every = [*shown, *before]
    axis = WeekAxis.around(week, [(step.start, step.end) for step in every])
    highest = max([max(step.staff, step.many) for step in every], default=1.0)
    y, top = y_axis("staff", max(highest, desks if desks and desks <= NEAR * highest else 0))
    x, of_day = axis.x(), alt.Detail("day:N")
    violet, ink, grey, red = (TOKENS[name].light for name in ("forecast", "ink", "usual", "act"))
    curves = data(_curves(shown, axis))
    layers = [
        *axis.days(words, top=top, size=size, opened={step.start.date() for step in every}),
        *(
            curves.mark_area(color=violet, opacity=strength, interpolate="monotone").encode(
                x=x, y=alt.Y(f"{field}:Q", stack=False), detail=of_day
            )
            for field, strength in (("many", 0.22), ("load", 0.4))
        ),
        *(
            data(_corners(some, axis))
            .mark_line(color=colour, strokeWidth=2.5, strokeJoin="miter")
            .encode(x=x, y=y, detail=alt.Detail("stretch:N"))
            for some, colour in ((before, grey), (shown, ink))
        ),
    ]
    if desks is not None and desks <= top:
        limit = data([{"staff": desks, "at": axis.width, "name": words.desks.format(desks)}])
        layers.append(limit.mark_rule(color=red, strokeWidth=1).encode(y=y))
        name = limit.mark_text(color=red, align="right", baseline="bottom", dy=-3)
        layers.append(name.encode(x=x, y=y, text="name:N"))
    short = data(
        {"at": axis.at(step.start), "to": axis.at(step.start) + _hours(step), "staff": step.staff}
        for step in shown
        if step.short
    )
    layers.append(short.mark_rule(color=red, strokeWidth=4).encode(x=x, x2="to:Q", y=y))
    return finished(layers, size)


def _curves(shown: Sequence[Step], axis: WeekAxis) -> Iterator[dict[str, Any]]:
    for step in shown:
        middle = axis.at(step.start) + _hours(step) / 2
        yield {"day": step.start.date().isoformat(), "at": middle, "load": step.load, "many": step.many}


def _corners(shown: Sequence[Step], axis: WeekAxis) -> Iterator[dict[str, Any]]:
    """Where the line of steps turns; it is lifted wherever it is closed."""
    stretch = 0
    for last, step in pairwise((None, *shown)):
        assert step is not None
        stretch += last is not None and last.end != step.start
        at = axis.at(step.start)
        yield {"stretch": stretch, "at": at, "staff": step.staff}
        yield {"stretch": stretch, "at": at + _hours(step), "staff": step.staff}


def _hours(step: Step) -> float:
    return (step.end - step.start).total_seconds() / 3600
