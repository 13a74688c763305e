"""How good a site's forecast is by how far it looks ahead and by the part of the day, beside naive methods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from math import isfinite
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import Counts, Floats
from vilina_api.forecasting.forecast import HIGH, LEVELS, LOW, MEDIAN, Fitted
from vilina_api.forecasting.naive import FOUR_WEEKS, SEASONAL
from vilina_api.forecasting.scores import WEIGHED
from vilina_api.forecasting.spread import DAYPARTS, dayparts
from vilina_api.site_forecast.card import Backtest, Judged, Scope, Score
from vilina_api.site_forecast.hierarchy import SITE, zone_key
from vilina_api.site_forecast.intraday import levels
from vilina_api.site_forecast.quarters import hours_of
from vilina_api.site_forecast.site_calendar import by_hour
from vilina_api.site_forecast.site_model import Place, site_forecast

AHEAD: Final = 14
EVERY: Final = 3
"""Days from one origin to the next: every weekday comes."""
HOUR_AHEAD: Final = "1 h"
HORIZONS: Final = {"1 day": (0, 1), "2-7 days": (1, 7), "8-14 days": (7, 14)}
"""Days ahead, the last one left out."""
WEEK_AHEAD: Final = "a week"
OURS, LAST_WEEK, MONTH = "model", "last_week", "four_weeks"
HOURS: Final = (0, *DAYPARTS, 24)
Key = tuple[str, Scope, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums that scores are made of, by what, scope and method."""

    sums: dict[Key, Floats] = field(default_factory=dict)

    def add(self, key: Key, said: Floats, came: Floats) -> None:
        """What was said (..., Q) and what came (...), NaN where it does not count."""
        known = np.isfinite(came)
        true, quantiles = came[known], said[known]
        error = true[:, None] - quantiles[:, WEIGHED]
        level = np.array(LEVELS)[list(WEIGHED)]
        pinball = 2 * np.maximum(level * error, (level - 1) * error).mean(axis=1).sum() if true.size else 0.0
        inside = ((true >= quantiles[:, LOW]) & (true <= quantiles[:, HIGH])).sum()
        absolute = np.abs(true - quantiles[:, MEDIAN]).sum()
        found = np.array([absolute, pinball, true.sum(), inside, true.size], float)
        self.sums[key] = self.sums.get(key, np.zeros(5)) + found

    def score(self, key: Key) -> Score:
        absolute, pinball, people, inside, slots = self.sums.get(key, np.zeros(5))
        return Score(
            wape=_percent(absolute, people), loss=_percent(pinball, people), coverage=_percent(inside, slots)
        )


def origins(first: date, last: date) -> list[date]:
    """Midnights from which days until the last are forecast."""
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, EVERY)]


def judge(
    place: Place, fitted: Fitted | None, counts: Counts, *, at: Sequence[date], progress: Callable[[], None]
) -> Tally:
    """What was learned before all origins, asked again at each of them."""
    tally, hours = Tally(), hours_of(counts)
    zones = place.hierarchy.of(zone_key(zone.id) for zone in place.site.zones)
    scopes: dict[Scope, list[int]] = {"zones": zones, "site": [place.hierarchy.rows[SITE]]}
    for origin in at:
        days = min(AHEAD, (counts.end - origin).days)
        said = site_forecast(place, fitted, counts.before(origin), days=days).hours
        past, calendar = hours.before(origin), by_hour(place.calendar(origin, counts.end))
        opened = calendar.is_open(origin, days=days, slots=24)
        came = np.where(opened, hours.of(origin, days), np.nan)
        naive = {
            name: method.fit(past, calendar).predict(past, days).people
            for name, method in ((LAST_WEEK, SEASONAL), (MONTH, FOUR_WEEKS))
        }
        for scope, rows in scopes.items():
            for method, each in ((OURS, said), *naive.items()):
                _add(tally, scope, method, each[rows], came[rows])
                moved = (
                    _hour_ahead(said[:, 0], came[:, 0], len(place.hierarchy.parts))
                    if method == OURS
                    else each[:, 0]
                )
                tally.add((HOUR_AHEAD, scope, method), moved[rows], came[rows, 0])
        progress()
    return tally


def backtest_card(tally: Tally, at: Sequence[date], last: date) -> Backtest:
    parts = [f"{low}-{high} h" for low, high in pairwise(HOURS)]
    return Backtest(
        first=at[0],
        last=last,
        origins=len(at),
        horizons=tuple(_judged(tally, (HOUR_AHEAD, *HORIZONS))),
        dayparts=tuple(_judged(tally, parts)),
    )


def week_loss(tally: Tally) -> float | None:
    """The weighted quantile loss of all zones a week ahead, by which models are compared."""
    return tally.score((WEEK_AHEAD, "zones", OURS)).loss


def _add(tally: Tally, scope: Scope, method: str, said: Floats, came: Floats) -> None:
    """Forecasts (S, D, 24, Q) of one origin, and what came (S, D, 24)."""
    for name, (begin, end) in HORIZONS.items():
        tally.add((name, scope, method), said[:, begin:end], came[:, begin:end])
    part, week = dayparts(24), slice(0, 7)
    tally.add((WEEK_AHEAD, scope, method), said[:, week], came[:, week])
    for index, (low, high) in enumerate(pairwise(HOURS)):
        pick = part == index
        tally.add((f"{low}-{high} h", scope, method), said[:, week][:, :, pick], came[:, week][:, :, pick])


def _hour_ahead(said: Floats, came: Floats, parts: int) -> Floats:
    """(N, 24, Q): each hour of a day as it was said when it began."""
    factors = [levels(said[..., MEDIAN], came[:, :hour], parts) for hour in range(24)]
    return said * np.array(factors).T[..., None]


def _judged(tally: Tally, names: Sequence[str]) -> list[Judged]:
    scopes: tuple[Scope, ...] = ("zones", "site")
    found = [
        Judged(
            what=name,
            scope=scope,
            model=tally.score((name, scope, OURS)),
            last_week=tally.score((name, scope, LAST_WEEK)),
            four_weeks=tally.score((name, scope, MONTH)),
        )
        for name in names
        for scope in scopes
    ]
    return [one for one in found if one.model.wape is not None]


def _percent(part: float, whole: float) -> float | None:
    value = 100 * float(part) / float(whole) if whole > 0 else float("nan")
    return round(value, 2) if isfinite(value) else None
