"""`/v1/sites/{site}/forecast`: how many will come, what was said before, and by which model."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response

from vilina_api.errors import NotFound
from vilina_api.etag import tagged
from vilina_api.forecast_subject import Subject, subject_of
from vilina_api.forecasting.counts import Floats
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import Shares, SiteState
from vilina_api.site_forecast.card import ModelCard
from vilina_api.site_forecast.documents import (
    ForecastDocument,
    Step,
    as_csv,
    counts_of,
    rows_of,
    slots,
)
from vilina_api.site_forecast.serving import SiteOutlook
from vilina_ingest.site import Site

router = APIRouter(prefix="/v1/sites", tags=["forecast"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

Format = Literal["json", "csv"]
UNIT = Query(
    description="People coming to this unit's desks: its share of its zone, in its opening hours",
    examples=["library"],
)
ZONE = Query(description="People entering this zone, from anywhere", examples=["library"])
FLOOR = Query(
    description="People entering this floor from elsewhere; without unit, zone and floor, the site from outside"
)
FIRST = Query(alias="from", description="A local day; by default today", examples=["2026-03-02"])
DAYS = Query(ge=1, description="Local days; forecasts reach four weeks ahead, and scores two", examples=[7])
STEP = Query(description="A quarter of an hour, or an hour")
FORMAT = Query(description="csv also if the Accept header asks for text/csv first")
THEN = Query(description="A local day; by default today", examples=["2026-03-02"])
MADE = Query(
    description="The day at whose beginning it was said; by default the same", examples=["2026-03-01"]
)


def site_outlook(request: Request) -> SiteOutlook:
    found = request.app.state.outlook
    assert isinstance(found, SiteOutlook)
    return found


TheOutlook = Annotated[SiteOutlook, Depends(site_outlook)]


def subject(
    state: SiteState,
    shares: Shares,
    unit: Annotated[str | None, UNIT] = None,
    zone: Annotated[str | None, ZONE] = None,
    floor: Annotated[str | None, FLOOR] = None,
) -> Subject:
    return subject_of(state.site, shares, unit=unit, zone=zone, floor=floor)


About = Annotated[Subject, Depends(subject)]


@router.get("/{site}/forecast", response_model=ForecastDocument)
async def forecast(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    about: About,
    first: Annotated[date | None, FIRST] = None,
    days: Annotated[int, DAYS] = 1,
    step: Annotated[Step, STEP] = "15m",
    form: Annotated[Format | None, Query(alias="format", description=FORMAT.description)] = None,
) -> Response:
    """How many will come, per slot, as quantiles: of today and of days to come.

    The rest of today moves with what has come; slots that are over say what was said before they began. Medians of
    zones, floors and the site fit together; a unit has its share of its zone. Days further ahead than two weeks are
    told, but nobody scores them.
    """
    view = await outlook.view()
    first = first or view.said.first
    begin = outlook.offset(view, first, days)
    row = _row(outlook, about)
    came = np.full((days, view.came.shape[1]), np.nan)
    if begin == 0:
        came[0] = view.came[row]
    people = (view.said.quarters if step == "15m" else view.said.hours)[row, begin : begin + days]
    body = _document(state.site, about, people=people, came=came, first=first, step=step,
                     made_at=view.made_at, card=view.card.line)  # fmt: skip
    return _answer(request, body, state.site, form)


@router.get("/{site}/forecast/then", response_model=ForecastDocument)
async def then(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    about: About,
    day: Annotated[date | None, THEN] = None,
    made: Annotated[date | None, MADE] = None,
    step: Annotated[Step, STEP] = "15m",
    form: Annotated[Format | None, Query(alias="format", description=FORMAT.description)] = None,
) -> Response:
    """What was forecast of a day when it began, or on an earlier day, and what came. It is not changed afterwards."""
    view = await outlook.view()
    day = day or view.said.first
    said, row = await asyncio.to_thread(outlook.said_of, made or day, about.key)
    place, days = (day - said.first).days, said.hours.shape[1]
    if not 0 <= place < days:
        raise NotFound(f"On {said.first} nothing was said of {day}; it was said of {days} days from then on.")
    came = await asyncio.to_thread(outlook.came_of, day)
    people = (said.quarters if step == "15m" else said.hours)[row, place : place + 1]
    body = _document(state.site, about, people=people, came=came[_row(outlook, about)][None], first=day, step=step,
                     made_at=outlook.midnight(said.first), card=said.card)  # fmt: skip
    return _answer(request, body, state.site, form)


@router.get("/{site}/forecast/model", response_model=ModelCard)
async def model(request: Request, state: SiteState, outlook: TheOutlook) -> Response:
    """The model that the site is forecast by: what it has learned from, and how good it was on days it had not seen."""
    del state
    view = await outlook.view()
    return tagged(request, view.card.model_dump_json(), media_type="application/json")


def _row(outlook: SiteOutlook, about: Subject) -> int:
    rows = outlook.place.hierarchy.rows
    if about.key not in rows:
        raise NotFound(f"No line leads into {about.name} from elsewhere, so nothing is counted there.")
    return rows[about.key]


def _document(
    site: Site, about: Subject, *, people: Floats, came: Floats, first: date, step: Step, made_at: datetime,
    card: str,
) -> ForecastDocument:  # fmt: skip
    edges, places = slots(site, first, len(people), step)
    return ForecastDocument(
        site=site.id,
        level=about.level,
        subject=about.id,
        name=about.name,
        step=step,
        made_at=made_at,
        edges=tuple(edges),
        people=rows_of(about.people(site, people, first), places),
        came=counts_of(about.came(site, came, first, hourly=step == "60m"), places),
        card=card,
        share=about.said,
    )


def _answer(request: Request, body: ForecastDocument, site: Site, form: Format | None) -> Response:
    accepted = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    if form == "csv" or (form is None and accepted == "text/csv"):
        return tagged(request, as_csv(body, site), media_type="text/csv; charset=utf-8")
    return tagged(request, body.model_dump_json(), media_type="application/json")
