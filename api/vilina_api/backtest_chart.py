"""A backtest drawn: what a method said at the last origin as a fan, and what came."""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

import altair as alt

from vilina_api.forecasting.counts import Counts
from vilina_api.forecasting.forecast import LEVELS, Forecast
from vilina_api.theme import TOKENS, chart_config

SIZE: Final = (960, 300)
MOST_SERIES: Final = 3
BANDS: Final = (("0.05", "0.95", 0.15), ("0.1", "0.9", 0.2), ("0.25", "0.75", 0.3))
"""Lower and upper level of a band, and its strength."""


def backtest_chart(said: Forecast, counts: Counts, *, method: str) -> alt.VConcatChart:
    """The specification; a gap is a hole in what came."""
    parts = [_series(said, counts, index, method) for index in range(min(MOST_SERIES, len(said.names)))]
    config = chart_config() | {"background": TOKENS["paper"].light}
    chart: alt.VConcatChart = alt.vconcat(*parts).configure(**config)
    return chart


def _series(said: Forecast, counts: Counts, index: int, method: str) -> Any:
    rows = alt.Chart(alt.InlineData(values=list(_rows(said, counts, index))))
    x = alt.X("at:T", title=None, axis=alt.Axis(grid=False, format="%a %d %b", tickCount="day"))
    names = [method, "what came"]
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=[TOKENS["forecast"].light, TOKENS["ink"].light]),
        legend=alt.Legend(orient="top"),
    )
    fan = [
        rows.mark_area(color=TOKENS["forecast"].light, opacity=strength).encode(
            x=x, y=alt.Y(f"{_field(low)}:Q"), y2=f"{_field(high)}:Q"
        )
        for low, high, strength in BANDS
    ]
    lines = (
        rows.transform_calculate(**{method: f"datum.{_field('0.5')}", "what came": "datum.came"})
        .transform_fold([*names], as_=["series", "people"])
        .mark_line(strokeWidth=2, invalid="break-paths-show-domains")
        .encode(x=x, y=alt.Y("people:Q", title="people"), color=colour)
    )
    return alt.layer(*fan, lines).properties(width=SIZE[0], height=SIZE[1], title=said.names[index])


def _rows(said: Forecast, counts: Counts, index: int) -> Iterator[dict[str, Any]]:
    came = counts.of(said.first, said.people.shape[1])[index].ravel()
    quantiles = said.people[index].reshape(-1, len(LEVELS))
    for at, true, levels in zip(said.edges, came, quantiles, strict=False):
        fan = {_field(str(level)): float(people) for level, people in zip(LEVELS, levels, strict=True)}
        yield {"at": at.isoformat(), "came": float(true) if isfinite(true) else None, **fan}


def _field(level: str) -> str:
    """A name without a dot, which Vega-Lite would take for a path."""
    return f"q{level.replace('.', '_')}"
