"""Charts: Altair specifications, rendered to SVG without a browser."""

import math
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final, NamedTuple

import altair as alt
import vl_convert

from vilina_api.state import Snapshot
from vilina_api.theme import GAP, TOKENS, by_day_and_night, chart_config
from vilina_ingest.calendar import hours_of
from vilina_ingest.site import Site

WIDE: Final = (760, 470)
NARROW: Final = (330, 240)
MARGIN_H: Final = 1.0
"""Hours shown before opening and after closing."""
HEADROOM: Final = 1.15


class Quarter(NamedTuple):
    """A quarter hour of the local day, in hours of the local clock.

    People inside at its end, today (None in a gap, and in what is still to come) and usually. Today's number is that
    of `at`, which in the open quarter is now.
    """

    start: float
    end: float
    at: float
    today: int | None
    usual: float | None

    @property
    def clock(self) -> str:
        """When it ends, like 14:30."""
        minutes = round(self.end * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"


def quarters(snapshot: Snapshot) -> list[Quarter]:
    """The day's curve within the opening hours, and a little before and after."""
    site = snapshot.site
    now = _hour(site.local(snapshot.live.as_of).time())
    first, last = _window(site, snapshot.live.as_of, now)
    usual = snapshot.usual.curve if snapshot.usual else ()
    edges = snapshot.bins.edges
    found = []
    for i in range(max(len(usual), len(snapshot.curve))):
        start = _hour(site.local(edges[0] + i * (edges[1] - edges[0])).time())
        is_open = i == len(snapshot.curve) - 1
        found.append(
            Quarter(
                start=start,
                end=start + 0.25,
                at=min(max(start, now), start + 0.25) if is_open else start + 0.25,
                today=snapshot.curve[i] if i < len(snapshot.curve) else None,
                usual=usual[i] if i < len(usual) else None,
            )
        )
    return [quarter for quarter in found if first <= quarter.end <= last]


def today_svg(day: Sequence[Quarter], *, capacity: int, size: tuple[int, int]) -> str:
    """Today's people inside against a usual day, in the page's colours; `size` in pixels."""
    svg: str = vl_convert.vegalite_to_svg(today_chart(day, capacity=capacity, size=size).to_dict())
    return by_day_and_night(svg)


def today_chart(day: Sequence[Quarter], *, capacity: int, size: tuple[int, int]) -> alt.LayerChart:
    """The specification: usual as an area, today as a line with an open end, gaps hatched, capacity as a limit."""
    top = HEADROOM * max([v for q in day for v in (q.today, q.usual) if v is not None] + [10])
    first, last = (day[0].end, day[-1].end) if day else (0.0, 24.0)
    x = alt.X(
        "at:Q",
        scale=alt.Scale(domain=[first, last], nice=False, zero=False),
        axis=alt.Axis(values=_even_hours(first, last), format="02d", grid=False, title=None),
    )
    y = alt.Y(
        "people:Q",
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(title=None, tickCount=4, format="d"),
    )
    known = [q for q in day if q.today is not None]
    gaps = [q for q in day if q.today is None and known and q.at < known[-1].at]
    blue, grey = TOKENS["today"].light, TOKENS["usual"].light
    today = _data({"at": q.at, "people": q.today} for q in day if not known or q.at <= known[-1].at)
    usual = _data({"at": q.end, "people": q.usual} for q in day)
    newest = _data({"at": q.at, "people": q.today} for q in known[-1:])
    layers = [
        usual.mark_area(color=grey, opacity=0.35, interpolate="monotone").encode(x=x, y=y),
        _data({"at": q.start, "to": q.end} for q in gaps)
        .mark_rect(color=GAP)
        .encode(x=alt.X("at:Q"), x2="to:Q"),
        today.mark_line(color=blue, strokeWidth=3, interpolate="monotone").encode(x=x, y=y),
        newest.mark_point(color=blue, filled=True, size=90, opacity=1).encode(x=x, y=y),
    ]
    if capacity <= top:
        limit = _data([{"at": last, "people": capacity, "name": f"capacity {capacity}"}])
        red = TOKENS["act"].light
        layers += [
            limit.mark_rule(color=red, strokeWidth=1).encode(y=y),
            limit.mark_text(color=red, align="right", baseline="bottom", dy=-4).encode(
                x=x, y=y, text="name:N"
            ),
        ]
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=size[0], height=size[1], autosize=alt.AutoSizeParams(type="fit", contains="padding")
        )
        .configure(**chart_config())
    )
    return chart


def _even_hours(first: float, last: float) -> list[int]:
    return [hour for hour in range(math.ceil(first), int(last) + 1) if hour % 2 == 0]


def _data(rows: Any) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def _window(site: Site, at: datetime, now: float) -> tuple[float, float]:
    """The opening hours with a margin, or the whole day when closed; now is always within."""
    hours = hours_of(site, site.local(at).date())
    if hours is None:
        return 0.0, 24.0
    return min(_hour(hours.opens) - MARGIN_H, now), max(_hour(hours.closes) + MARGIN_H, now)


def _hour(clock: time) -> float:
    return clock.hour + clock.minute / 60 + clock.second / 3600
