"""`/v1/sites/{site}/staffing` and `/what-if`: how many staff units need, what a change would do, who should move."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from vilina_api.errors import BadRequest, NotReady
from vilina_api.etag import tagged
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import Shares, SiteState, only_json
from vilina_api.site_forecast.outlook import Outlook
from vilina_api.staffing.came import came_to_units, came_today, waiting_seen
from vilina_api.staffing.cost import cost_of
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.moving import advice
from vilina_api.staffing.planner import Asked, Planner
from vilina_api.staffing.report import PlannedUnit, cost_document, document
from vilina_api.staffing.report_changes import change_document, move_document
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import Service
from vilina_api.staffing.shares import Share
from vilina_api.staffing.today import AtWork, units_now
from vilina_api.staffing.unit_demand import unit_demands, zone_demand
from vilina_api.staffing.what_if import Change
from vilina_api.staffing_documents import (
    ChangeAsked,
    ChangeDocument,
    MoveDocument,
    StaffingDocument,
    TogetherDocument,
    as_csv,
)
from vilina_ingest.site import Site

router = APIRouter(prefix="/v1/sites", tags=["staffing"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

FIRST = Query(alias="from", description="A local day; by default today", examples=["2026-03-02"])
DAYS = Query(ge=1, le=28, description="Local days", examples=[7])
UNIT = Query(
    description="Only this unit; may be given again. Who asks unit after unit sees how far it is",
    examples=["citizen"],
)
TOGETHER = Query(
    description="Two units and more that share their staff", min_length=2, max_length=50, examples=["citizen"]
)
STEP = Query(description="Minutes of a slot: 15, 30 or 60")
HOUR_EUR = Query(ge=0, description="What a paid hour costs")
SHRINKAGE = Query(ge=0, lt=100, description="Percent of paid time away: ill, in training, in meetings")
BREAKS = Query(ge=0, lt=100, description="Percent of the time present that is paid breaks")
STAFF = Query(
    description="Who is where, like citizen:5; may be given again. By default as planned",
    examples=["citizen:5"],
)
WAITING = Query(
    description="Who waits, like citizen:3; may be given again. By default whom cameras see",
    examples=["citizen:3"],
)
FORMAT = Query(alias="format", description="csv also if the Accept header asks for text/csv first")
STEPS = (15, 30, 60)


def planner(request: Request) -> Planner:
    found = request.app.state.planner
    assert isinstance(found, Planner)
    return found


def outlook(request: Request) -> Outlook:
    found: Outlook | None = getattr(request.app.state, "outlook", None)
    if found is None:
        raise NotReady("This server makes no forecasts, and without one nobody can be planned.")
    return found


ThePlanner = Annotated[Planner, Depends(planner)]
TheOutlook = Annotated[Outlook, Depends(outlook)]


@dataclass(frozen=True, slots=True)
class Costs:
    """What an hour costs, and how many are paid for one at a desk."""

    hour_eur: Annotated[float, HOUR_EUR] = 30.0
    shrinkage: Annotated[float, SHRINKAGE] = 0.0
    breaks: Annotated[float, BREAKS] = 0.0


@router.get("/{site}/staffing", response_model=StaffingDocument)
async def staffing(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    shares: Shares,
    planner: ThePlanner,
    costs: Annotated[Costs, Depends()],
    first: Annotated[date | None, FIRST] = None,
    days: Annotated[int, DAYS] = 7,
    unit: Annotated[list[str] | None, UNIT] = None,
    step: Annotated[int, STEP] = 30,
    form: Annotated[Literal["json", "csv"] | None, FORMAT] = None,
) -> Response:
    """The least staff per unit and slot with which targets hold over all that may come; why; and what they cost.

    Held against the same days with all desks staffed. A plan that was made is not made again while the forecast stays.
    """
    first = first or state.site.local(state.now()).date()
    demands = await demands_of(
        state.site, shares, outlook, first=first, days=days, units=unit or (), step=step
    )
    planned = await planner.plans(asked_of(state.site, demands, costs))
    accepted = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    if form == "csv" or (form is None and accepted == "text/csv"):
        text = await asyncio.to_thread(as_csv, planned)
        return tagged(request, text, media_type="text/csv; charset=utf-8")
    body = await asyncio.to_thread(_body, state.site, shares, planned, first, days)
    return tagged(request, body, media_type="application/json")


@router.post("/{site}/what-if", response_model=ChangeDocument, dependencies=[Depends(only_json)])
async def what_if(
    state: SiteState, outlook: TheOutlook, shares: Shares, planner: ThePlanner, asked: ChangeAsked
) -> ChangeDocument:
    """Change target, service time, opening hours or demand: what it does to hours, euros and who is in time.

    As JSON only. Nothing is kept. The plan of now is made once, so that each further change takes half the time.
    """
    first = asked.first or state.site.local(state.now()).date()
    demands = await demands_of(
        state.site, shares, outlook, first=first, days=asked.days, units=asked.units, step=asked.step
    )
    change = Change(
        target=asked.target, service_min=asked.service_min, demand_times=asked.demand_percent / 100,
        opens=asked.opens, closes=asked.closes,
        closed=None if asked.closed is None else (asked.closed.start, asked.closed.end),
    )  # fmt: skip
    costs = Costs(asked.hour_eur, asked.shrinkage, asked.breaks)
    found = await planner.differences(asked_of(state.site, demands, costs), change)
    return ChangeDocument.model_validate({
        "site": state.site.id,
        "units": [change_document(one) for one in found],
        "before": cost_document(cost_of([one.before for one in found])),
        "after": cost_document(cost_of([one.after for one in found])),
    })  # fmt: skip


@router.get("/{site}/staffing/together", response_model=TogetherDocument)
async def together(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    shares: Shares,
    planner: ThePlanner,
    costs: Annotated[Costs, Depends()],
    unit: Annotated[list[str], TOGETHER],
    first: Annotated[date | None, FIRST] = None,
    days: Annotated[int, DAYS] = 7,
    step: Annotated[int, STEP] = 30,
) -> Response:
    """What it saves when units share their staff: one queue, and whoever is free serves whoever is first."""
    first = first or state.site.local(state.now()).date()
    demands = await demands_of(state.site, shares, outlook, first=first, days=days, units=unit, step=step)
    planned = await planner.plans(asked_of(state.site, demands, costs))
    found = await planner.together([one.plan for one in planned])
    apart, shared = cost_of(found.apart), cost_of([found.together])
    body = TogetherDocument.model_validate({
        "site": state.site.id, "units": [one.demand.unit for one in found.apart],
        "apart": cost_document(apart), "together": cost_document(shared),
        "saved_hours": round(found.saved_hours, 2), "saved_eur": round(found.saved_eur, 2), "why": found.reason(),
    })  # fmt: skip
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.get("/{site}/staffing/move", response_model=MoveDocument)
async def move(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    shares: Shares,
    planner: ThePlanner,
    staff: Annotated[list[str] | None, STAFF] = None,
    waiting: Annotated[list[str] | None, WAITING] = None,
) -> Response:
    """Who should help whom in the next hour, by the forecast of today as it has moved with what came; or nobody."""
    site, now = state.site, state.now()
    local = site.local(now).replace(tzinfo=None)
    there, queue = _numbers(site, staff or (), "staff"), _numbers(site, waiting or (), "waiting")
    queue = waiting_seen(site, state.snapshot.live.areas if state.snapshot else ()) | queue
    demands = await demands_of(site, shares, outlook, first=local.date(), days=1, units=(), step=15)
    asked = asked_of(site, demands, Costs())
    missing = [one for one in asked if one.demand.unit not in there]
    for planned in await planner.plans(missing):
        slots = zip(planned.plan.demand.starts, planned.plan.staff, strict=True)
        there[planned.plan.demand.unit] = next(
            (n for at, n in slots if at + planned.plan.demand.slot > local), 0
        )
    came = await asyncio.to_thread(came_today, state.reader, site, now)
    units = units_now(
        demands, {one.demand.unit: one.by for one in asked}, at=local,
        came=came_to_units(site, demands, came, shares), moved=True,
        present={
            unit.id: AtWork(staff=there[unit.id], waiting=queue.get(unit.id, 0), skills=frozenset(unit.skills))
            for unit in site.units
            if unit.id in there
        },
    )  # fmt: skip
    found = await asyncio.to_thread(advice, units)
    body = MoveDocument.model_validate({**move_document(found), "site": site.id, "as_of": now})
    return tagged(request, body.model_dump_json(by_alias=True), media_type="application/json")


def _body(
    site: Site, shares: Mapping[str, Share], planned: Sequence[PlannedUnit], first: date, days: int
) -> str:
    body = StaffingDocument.model_validate({
        **document(planned, None), "site": site.id, "first": first, "days": days,
        "shares": tuple(shares[one.plan.demand.unit].reason() for one in planned),
    })  # fmt: skip
    return body.model_dump_json(by_alias=True)


async def demands_of(
    site: Site,
    shares: Mapping[str, Share],
    outlook: Outlook,
    *,
    first: date,
    days: int,
    units: Sequence[str],
    step: int,
) -> list[Demand]:
    """Who is forecast to come to units.

    Raises:
        ApiError: nothing can be said, or not of these units, days or slots.
    """
    if step not in STEPS:
        raise BadRequest(f"A step of {step} minutes is not known; give 15, 30 or 60.")
    forecast = await outlook.forecast(first=first, days=days)

    def made() -> list[Demand]:
        found = unit_demands(site, zone_demand(forecast), shares, units)
        return [one.in_slots(step) for one in found]

    return await asyncio.to_thread(made)


def asked_of(site: Site, demands: Sequence[Demand], costs: Costs) -> list[Asked]:
    """Demands with what the site says of their units."""
    units = {unit.id: unit for unit in site.units}
    found = []
    for demand in demands:
        unit = units[demand.unit]
        rules = Rules(
            desks=unit.desks, hour_eur=costs.hour_eur, shrinkage=costs.shrinkage / 100,
            break_share=costs.breaks / 100,
        )  # fmt: skip
        found.append(
            Asked(demand, Staffed(service=Service(unit.service_min), target=unit.target, rules=rules))
        )
    return found


def _numbers(site: Site, texts: Sequence[str], what: str) -> dict[str, int]:
    """People by unit, each written like citizen:5."""
    found = {}
    for text in texts:
        unit, _, number = text.rpartition(":")
        if unit not in {one.id for one in site.units}:
            raise BadRequest(f"{what}={text}: the site has no unit {unit!r}; write like citizen:5.")
        if not number.isdecimal():
            raise BadRequest(f"{what}={text}: {number!r} is no number of people; write like {unit}:5.")
        found[unit] = int(number)
    return found
