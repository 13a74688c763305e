"""A replay drawn: the live estimate with its interval, the settled record, and the truth where it is known."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import altair as alt

from vilina_api.theme import TOKENS, chart_config
from vilina_ingest.occupancy.replay import ReplayedDay

SHOWN_DAYS: Final = 7
SIZE: Final = (960, 360)
SERIES: Final = {"live": ("today", [1, 0]), "settled": ("ink", [1, 0]), "true": ("good", [2, 3])}
"""Name of a curve, its colour, and its dashes."""


def replay_chart(days: Sequence[ReplayedDay]) -> alt.LayerChart:
    """The specification. A gap is a hole in the settled curve."""
    rows = alt.InlineData(values=list(_rows(days)))
    x = alt.X("at:T", title=None, axis=alt.Axis(grid=False))
    names = list(SERIES)
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=[TOKENS[token].light for token, _ in SERIES.values()]),
        legend=alt.Legend(orient="top"),
    )
    dash = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(domain=names, range=[dashes for _, dashes in SERIES.values()]),
        legend=None,
    )
    band = (
        alt.Chart(rows)
        .mark_area(color=TOKENS["today"].light, opacity=0.15)
        .encode(x=x, y="low:Q", y2="high:Q")
    )
    lines = (
        alt.Chart(rows)
        .transform_fold([*names], as_=["series", "people"])
        .mark_line(strokeWidth=2, invalid="break-paths-show-domains")
        .encode(x=x, y=alt.Y("people:Q", title="people inside"), color=colour, strokeDash=dash)
    )
    config = chart_config() | {"background": TOKENS["paper"].light}
    chart: alt.LayerChart = (
        alt.layer(band, lines).properties(width=SIZE[0], height=SIZE[1]).configure(**config)
    )
    return chart


def _rows(days: Sequence[ReplayedDay]) -> Iterator[dict[str, Any]]:
    for day in days:
        true = day.recorded.true
        for i, start in enumerate(day.recorded.starts):
            yield {
                "at": start.replace(tzinfo=None).isoformat(),
                "live": float(day.live.people[0, i]),
                "low": float(day.live.low[0, i]),
                "high": float(day.live.high[0, i]),
                "settled": float(day.settled.people[0, i]) if day.known[i] else None,
                "true": None if true is None else float(true[i]),
            }
