"""`/v1/sites/{site}/staffing/play`: any plan or roster, played customer by customer against sampled demand."""

import asyncio
from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Depends, Request

from vilina_api.errors import BadRequest
from vilina_api.problem import RESPONSES
from vilina_api.rostering.manning import at_desks
from vilina_api.routes.needs import Shares, SiteState, only_json
from vilina_api.routes.roster import jobs_of
from vilina_api.routes.staffing import Costs, TheOutlook, ThePlanner, asked_of, demands_of
from vilina_api.site_forecast.outlook import Outlook
from vilina_api.staffing.at_desks import Given, Span
from vilina_api.staffing.planner import Asked
from vilina_api.staffing.report_plays import play_document
from vilina_api.staffing.shares import Share
from vilina_api.staffing.staff_file import of_document
from vilina_api.staffing_documents import PlayAsked, PlayDocument
from vilina_ingest.site import Site

router = APIRouter(prefix="/v1/sites", tags=["staffing"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys


@router.post("/{site}/staffing/play", response_model=PlayDocument, dependencies=[Depends(only_json)])
async def play(
    request: Request,
    state: SiteState,
    outlook: TheOutlook,
    shares: Shares,
    planner: ThePlanner,
    asked: PlayAsked,
) -> PlayDocument:
    """Play a plan or a roster against demand as it may come: who is in time, how long people wait, how long staff are
    idle, each with its 95 % interval.

    Send the answer of `/staffing` back, with other numbers of staff if you like, or the name of a roster. Days that are
    over are not played.
    """
    if (asked.roster is None) == (not asked.units):
        raise BadRequest("Send units with slots, as /staffing answers them, or the name of a roster.")
    given: Given
    if asked.roster is not None:
        made = await asyncio.to_thread(jobs_of(request, state).roster, asked.roster)
        given = at_desks(made[1])
    else:
        given = of_document({"units": list(asked.units)}, "the plan")
    today = state.site.local(state.now()).date()
    units = await played_units(state.site, shares, outlook, given, today=today, costs=Costs(
        asked.hour_eur, asked.shrinkage, asked.breaks
    ))  # fmt: skip
    found = await planner.plays(units, state.site, plays=asked.plays, seed=asked.seed)
    return PlayDocument.model_validate({"site": state.site.id, **play_document(found)})


async def played_units(
    site: Site, shares: Mapping[str, Share], outlook: Outlook, given: Given, *, today: date, costs: Costs
) -> list[tuple[Asked, list[Span]]]:
    """Units of which staff is given, with who is forecast to come on the days that it is of.

    Raises:
        ApiError: all days are over or too far ahead, or a unit is not of the site.
    """
    own = {unit: [_on_the_clock(one, site) for one in spans] for unit, spans in given.items()}
    days = {one.start.date() for spans in own.values() for one in spans if one.start.date() >= today}
    if not days:
        raise BadRequest(
            f"The plan has nobody on {today} or later; who came on days that are over is known already."
        )
    first = min(days)
    demands = await demands_of(
        site, shares, outlook, first=first, days=(max(days) - first).days + 1,
        units=[unit for unit in own if own[unit]], step=15,
    )  # fmt: skip
    return [(one, own[one.demand.unit]) for one in asked_of(site, demands, costs)]


def _on_the_clock(one: Span, site: Site) -> Span:
    """In the site's local time, without an offset."""
    if one.start.tzinfo is None:
        return one
    start, end = (site.local(at).replace(tzinfo=None) for at in (one.start, one.end))
    return Span(start, end, one.staff)
