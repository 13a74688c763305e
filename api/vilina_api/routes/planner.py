"""The planner's page: a week, what it needs, and who works when."""

import asyncio
from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from vilina_api.errors import BadRequest, NotFound, NotJson
from vilina_api.etag import tagged
from vilina_api.planner_page.axis import NARROW, WIDE
from vilina_api.planner_page.fan import Fan
from vilina_api.planner_page.files import Form, Name, chart_file
from vilina_api.planner_page.page import (
    Look,
    opening,
    render_blocks,
    render_difference,
    render_page,
    render_played,
)
from vilina_api.planner_page.steps import steps
from vilina_api.planner_page.subject import WHOLE, subject
from vilina_api.planner_page.week import Week
from vilina_api.planner_page.week_numbers import week_fan
from vilina_api.planner_page.week_plans import WeekPlans
from vilina_api.planner_page.week_rosters import SECONDS, WeekRosters
from vilina_api.rostering.manning import at_desks
from vilina_api.rostering.people_file import MOST_BYTES
from vilina_api.routes.needs import State, only_json, shares_of
from vilina_api.routes.pages import html
from vilina_api.routes.plays import played_units
from vilina_api.routes.staffing import Costs, ThePlanner
from vilina_api.site_forecast.serving import SiteOutlook
from vilina_api.staffing.at_desks import Given, spans
from vilina_api.staffing.plan import StaffPlan
from vilina_api.staffing.what_if import Change
from vilina_ingest.site import Target

router = APIRouter(prefix="/planner", include_in_schema=False)

AT_ONCE_S = 1.0
"""A page waits so long for its forecast; then it is shown without, and asks for it."""
LAST_HOUR = 24
PLAYS = 200
FILE = "application/octet-stream"
MEDIA = {"csv": "text/csv; charset=utf-8", "png": "image/png", "svg": "image/svg+xml"}


def week_plans(request: Request) -> WeekPlans:
    found = request.app.state.week_plans
    assert isinstance(found, WeekPlans)
    return found


def outlook(request: Request) -> SiteOutlook:
    found = request.app.state.outlook
    assert isinstance(found, SiteOutlook)
    return found


def week_rosters(request: Request) -> WeekRosters:
    found: WeekRosters | None = request.app.state.week_rosters
    if found is None:
        raise NotFound("Rosters are not made here; start the server with --roster-folder.")
    return found


def only_a_file(request: Request) -> None:
    """Refuse what a form of any page may send without asking, as `only_json` does."""
    if request.headers.get("content-type", "") != FILE:
        raise NotJson(f"Send the file as it is, with the header Content-Type: {FILE}.")


class Asked:
    """The week and the subject in an address; without them it is this week, and the whole site."""

    def __init__(self, request: Request, state: State, week: str | None = None, at: str = WHOLE) -> None:
        self.site = state.site
        self.shares = shares_of(request)
        self.rosters: WeekRosters | None = request.app.state.week_rosters
        self.now: datetime = state.site.local(state.now()).replace(tzinfo=None)
        self.week = Week.parse(week) if week else Week.of(self.now.date())
        self.subject = subject(state.site, at)


Plans = Annotated[WeekPlans, Depends(week_plans)]
TheOutlook = Annotated[SiteOutlook, Depends(outlook)]
AskedFor = Annotated[Asked, Depends()]
Rosters = Annotated[WeekRosters, Depends(week_rosters)]
WhichWeek = Annotated[str, Query(alias="week")]


@router.get("")
async def page(request: Request, asked: AskedFor, plans: Plans, outlook: TheOutlook) -> Response:
    """The page, at once; with the forecast if it is there."""
    coming = asyncio.create_task(_fan(asked, outlook))
    done, _ = await asyncio.wait({coming}, timeout=AT_ONCE_S)
    look = await _look(asked, plans, outlook, coming.result() if done else None)
    return html(request, await asyncio.to_thread(render_page, look), forms=True)


@router.get("/blocks")
async def blocks(request: Request, asked: AskedFor, plans: Plans, outlook: TheOutlook) -> Response:
    """The blocks of the page, when the forecast is there."""
    look = await _look(asked, plans, outlook, await _fan(asked, outlook))
    return tagged(
        request, await asyncio.to_thread(render_blocks, look), media_type="text/html; charset=utf-8"
    )


@router.get("/files/{name}.{form}")
async def files(
    request: Request, asked: AskedFor, plans: Plans, outlook: TheOutlook, name: Name, form: Form
) -> Response:
    """A chart as a file."""
    fan = await _fan(asked, outlook)
    look = await _look(asked, plans, outlook, fan)
    if name == "staff" and not look.shown:
        raise NotFound(f"Week {look.week.number} is not planned yet; plan it first.")
    content = await asyncio.to_thread(chart_file, look, fan, name, form)
    answer = tagged(request, content, media_type=MEDIA[form])
    called = f"{name}-{look.week}-{look.subject.id}.{form}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{called}"'
    return answer


@router.post("/plan", dependencies=[Depends(only_json)], status_code=204)
async def plan(state: State, plans: Plans, week: WhichWeek, unit: str) -> None:
    """Plan one unit's week; who plans unit after unit sees how far it is."""
    await plans.make(Week.parse(week), unit, now=state.now())


@router.get("/what-if")
async def what_if(
    request: Request,
    state: State,
    plans: Plans,
    week: WhichWeek,
    unit: str,
    share: Annotated[float, Query(gt=0, lt=100)],
    within: Annotated[float, Query(gt=0)],
    service: Annotated[float, Query(gt=0)],
    demand: Annotated[float, Query(gt=0)],
    opens: Annotated[int, Query(ge=0, le=23)],
    closes: Annotated[int, Query(ge=1, le=24)],
    *,
    wide: bool = False,
) -> Response:
    """What other target, service time, percent of people and opening do to a unit's plan."""
    chosen = Week.parse(week)
    made = plans.made(chosen, unit)
    change = _change(
        made, Target(share=share / 100, within_min=within), service, demand / 100, (opens, closes)
    )
    found = await plans.difference(chosen, unit, change)
    name = next(one.name for one in state.site.units if one.id == unit)
    text = await asyncio.to_thread(render_difference, found, chosen, name=name, size=WIDE if wide else NARROW)
    return tagged(request, text, media_type="text/html; charset=utf-8")


@router.get("/together")
async def together(
    plans: Plans, week: WhichWeek, unit: Annotated[list[str], Query(min_length=1, max_length=50)]
) -> dict[str, str]:
    """What it saves if units share their staff."""
    return {"why": (await plans.together(Week.parse(week), unit)).reason()}


@router.get("/play")
async def play(
    request: Request, asked: AskedFor, plans: Plans, outlook: TheOutlook, planner: ThePlanner
) -> Response:
    """What plays of the week's roster come to, or of its plan if there is no roster."""
    roster = await asyncio.to_thread(asked.rosters.roster, asked.week) if asked.rosters else None
    made = plans.of(asked.week)
    given: Given
    if roster is not None:
        given = at_desks(roster.roster)
    elif made is not None and made.plans:
        given = {
            unit: spans(unit, zip(one.demand.starts, one.staff, strict=True), one.demand.slot_min)
            for unit, one in made.plans.items()
        }
    else:
        raise NotFound(f"Week {asked.week.number} is not planned yet; plan it first.")
    units = await played_units(
        asked.site, asked.shares, outlook, given, today=asked.now.date(), costs=Costs()
    )
    found = await planner.plays(units, asked.site, plays=PLAYS, seed=1)
    of = "roster" if roster is not None else "plan"
    text = await asyncio.to_thread(render_played, found, asked.site, of=of)
    return tagged(request, text, media_type="text/html; charset=utf-8")


def _change(
    made: StaffPlan, target: Target, service_min: float, demand_times: float, hours: tuple[int, int]
) -> Change:
    """What is otherwise than in a plan."""
    opens, closes = opening(steps([made]))
    return Change(
        target=None if target == made.by.target else target,
        service_min=None if service_min == made.by.service.mean_min else service_min,
        demand_times=demand_times,
        opens=None if hours[0] == opens else time(hours[0]),
        closes=None if hours[1] == closes else time.max if hours[1] == LAST_HOUR else time(hours[1]),
    )


@router.post("/people", dependencies=[Depends(only_a_file)], status_code=204)
async def people(request: Request, rosters: Rosters, name: str) -> None:
    """Keep a file of people: its content is the body."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise BadRequest(f"{name!r} is over {MOST_BYTES >> 20} megabytes: is it the right file?")
    await asyncio.to_thread(rosters.keep_people, name, bytes(content))


@router.post("/roster", dependencies=[Depends(only_json)], status_code=204)
async def make_roster(state: State, rosters: Rosters, plans: Plans, week: WhichWeek) -> None:
    """Begin a week's roster."""
    chosen = Week.parse(week)
    planned = plans.of(chosen)
    await asyncio.to_thread(rosters.start, chosen, planned.plans if planned else {}, now=state.now())


@router.post("/absent", dependencies=[Depends(only_json)])
async def absent(
    rosters: Rosters, week: WhichWeek, person: str, day: date | None = None
) -> dict[str, tuple[str, ...]]:
    """Somebody is ill: the week's roster changes so that as few others as possible notice; what changes."""
    return {"changes": await asyncio.to_thread(rosters.absent, Week.parse(week), person, day)}


@router.get("/roster")
async def roster_progress(rosters: Rosters, week: WhichWeek) -> dict[str, Any]:
    """How far a week's roster is."""
    job = await asyncio.to_thread(rosters.job, Week.parse(week))
    return {**job.progress, "state": job.state, "problem": job.problem, "of_seconds": SECONDS}


async def _fan(asked: Asked, outlook: SiteOutlook) -> Fan:
    return await week_fan(
        outlook, asked.week, asked.subject.forecast(asked.site, asked.shares), now=asked.now
    )


async def _look(asked: Asked, plans: WeekPlans, outlook: SiteOutlook, fan: Fan | None) -> Look:
    card = (await outlook.view()).card if fan is not None else None
    rosters = asked.rosters
    roster = await asyncio.to_thread(rosters.roster, asked.week) if rosters else None
    people = await asyncio.to_thread(rosters.people) if rosters else ()
    return Look(
        site=asked.site, week=asked.week, subject=asked.subject, now=asked.now, fan=fan, card=card,
        share=asked.subject.forecast(asked.site, asked.shares).said,
        plan=plans.of(asked.week), roster=roster, people=people, keeps_rosters=rosters is not None,
    )  # fmt: skip
