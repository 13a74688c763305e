"""Forecasts as the API tells them: per slot of the local day, quantiles of people, and what has come."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vilina_api.forecasting.counts import Floats
from vilina_api.forecasting.forecast import LEVELS
from vilina_api.site_forecast.quarters import QUARTERS
from vilina_api.site_forecast.store_crossings import slots_of_day
from vilina_ingest.site import Site

Step = Literal["15m", "60m"]
Level = Literal["unit", "zone", "floor", "site"]
COLUMNS: Final = (
    "start_utc", "end_utc", "start_local", "subject", *(f"p{round(100 * level):02d}" for level in LEVELS), "came",
)  # fmt: skip


class ForecastDocument(BaseModel):
    """People who will come to a unit's desks, or enter a zone, a floor or the site: of each slot, a quantile for each
    of `levels`.

    A slot that the clock leaves out is not there, and one that it shows twice is there twice.
    """

    model_config = ConfigDict(frozen=True)

    site: str
    level: Level
    subject: Annotated[
        str, Field(description="the unit, the zone, the floor, or the site", examples=["library"])
    ]
    name: Annotated[str, Field(examples=["Library"])]
    step: Step
    made_at: Annotated[
        datetime, Field(description="when; what has come until then has moved the rest of the day")
    ]
    levels: tuple[float, ...] = LEVELS
    edges: Annotated[tuple[datetime, ...], Field(description="one more than there are slots")]
    people: Annotated[
        tuple[tuple[float, ...], ...], Field(description="per slot, per level; the median is .5")
    ]
    came: Annotated[
        tuple[float | None, ...], Field(description="what came; null in a gap, and in days to come")
    ]
    card: Annotated[str, Field(description="the model, in a sentence")]
    share: Annotated[
        str | None,
        Field(
            description="of a unit: what it is taken to get of its zone, by which its `came` is reckoned, too"
        ),
    ] = None


def slots(site: Site, first: date, days: int, step: Step) -> tuple[list[datetime], list[tuple[int, int]]]:
    """The edges of all slots in UTC, and of each its day and its place on the clock's grid of quarters or hours.

    An hour that begins or ends at a change of the clock may be one that is there for a part only.
    """
    edges: list[datetime] = []
    places: list[tuple[int, int]] = []
    for day in range(days):
        quarters, clock = slots_of_day(site, first + timedelta(days=day))
        for edge, slot in zip(quarters, clock.tolist(), strict=False):
            place = (day, slot if step == "15m" else slot // QUARTERS)
            if step == "15m" or slot % QUARTERS == 0 or not places or places[-1] != place:
                edges.append(edge)
                places.append(place)
    edges.append(slots_of_day(site, first + timedelta(days=days - 1))[0][-1])
    return edges, places


def rows_of(people: Floats, places: Sequence[tuple[int, int]]) -> tuple[tuple[float, ...], ...]:
    """Quantiles (D, H, Q) by slot."""
    rounded = np.round(people, 2)
    return tuple(tuple(rounded[day, slot].tolist()) for day, slot in places)


def counts_of(came: Floats, places: Sequence[tuple[int, int]]) -> tuple[float | None, ...]:
    """Counts (D, H) by slot; null in a gap."""
    return tuple(float(came[place]) if isfinite(came[place]) else None for place in places)


def as_csv(document: ForecastDocument, site: Site) -> str:
    """A row per slot. A unit's has a column of that name, so that nobody takes it for its zone's."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow("unit" if document.level == "unit" and name == "subject" else name for name in COLUMNS)
    for (start, end), people, came in zip(
        pairwise(document.edges), document.people, document.came, strict=True
    ):
        instants = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (start, end))
        last = "" if came is None else came
        writer.writerow([*instants, site.local(start).isoformat(), document.subject, *people, last])
    return text.getvalue()
