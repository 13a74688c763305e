"""What a model is and how good it was: shown wherever its forecast is, and kept beside it."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal["zones", "site"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Score(Part):
    """Percent, by the hour; null where nobody came."""

    wape: Annotated[
        float | None, Field(description="absolute errors of the median by people", examples=[12.1])
    ]
    loss: Annotated[
        float | None, Field(description="mean weighted quantile loss of .1, .5 and .9", examples=[8.2])
    ]
    coverage: Annotated[float | None, Field(description="hours within the 80 % interval", examples=[80.4])]


class Judged(Part):
    """One horizon, or one part of the day over days 1 to 7 ahead; all zones together, or the site."""

    what: Annotated[str, Field(examples=["2-7 days", "10-16 h"])]
    scope: Scope
    model: Score
    last_week: Annotated[Score, Field(description="the same hour of the last week")]
    four_weeks: Annotated[Score, Field(description="the mean of four weeks")]


class Backtest(Part):
    """What the model would have said on days that it had not seen, beside two naive methods."""

    first: date
    last: date
    origins: Annotated[int, Field(description="midnights that were forecast from")]
    horizons: tuple[Judged, ...]
    dayparts: tuple[Judged, ...]


class ModelCard(Part):
    """Of the model that a site is forecast by."""

    site: str
    method: Annotated[str, Field(description="what it rests on", examples=["vilina"])]
    version: Annotated[
        str | None, Field(description="null if it was not trained", examples=["20261124T020000Z"])
    ]
    trained_at: datetime | None
    trained_until: Annotated[date | None, Field(description="the last day it has learned from")]
    first: Annotated[date | None, Field(description="the first day of its data")]
    days: Annotated[int, Field(description="of its data", examples=[182])]
    series: Annotated[
        int, Field(description="zones, floors, the site, and what they are sums of", examples=[21])
    ]
    gaps_percent: Annotated[
        float, Field(description="open quarter hours that nobody counted", examples=[0.8])
    ]
    backtest: Backtest | None
    in_use: bool
    verdict: Annotated[str, Field(description="why it is in use, or is not")]

    @property
    def line(self) -> str:
        """All of it in a sentence."""
        if self.backtest is None:
            until = f" until {self.trained_until}" if self.trained_until else ""
            return f"{self.method}, from {self.days} days of counts{until}. {self.verdict}"
        parts = [
            f"{one.what} {_percent(one.model.wape)} (last week {_percent(one.last_week.wape)})"
            for one in self.backtest.horizons
            if one.scope == "zones"
        ]
        return (
            f"{self.method}, trained until {self.trained_until} on {self.days} days, {self.gaps_percent:.1f} % gaps;"
            f" errors by the hour over zones: {', '.join(parts)}. {self.verdict}"
        )


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} %"
