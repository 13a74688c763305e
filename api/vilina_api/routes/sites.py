"""`/v1/sites`: the site, how it is now, its counters, and the stream of changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from vilina_api.errors import NotFound
from vilina_api.etag import tagged
from vilina_api.models import Counters, DirectionChecked, Live, Sites, SiteSummary, Validated, Validations
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import CurrentSnapshot, SiteState, State
from vilina_api.state import LiveState
from vilina_edge.wire import Validation
from vilina_ingest.site import Site

router = APIRouter(prefix="/v1/sites", tags=["sites"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

HEARTBEAT_S = 15
SEND_TIMEOUT_S = 30.0
"""A listener that takes nothing for so long is let go; it may come back."""


@router.get("", response_model=Sites)
async def sites(request: Request, state: State) -> Response:
    """The sites of this server."""
    return tagged(
        request, Sites(sites=(_summary(state.site),)).model_dump_json(), media_type="application/json"
    )


@router.get("/{site}", response_model=SiteSummary)
async def site(request: Request, state: SiteState) -> Response:
    """One site: its zones and lines by id."""
    return tagged(request, _summary(state.site).model_dump_json(), media_type="application/json")


@router.get("/{site}/live", response_model=Live)
async def live(request: Request, state: SiteState, snapshot: CurrentSnapshot) -> Response:
    """The site now: people per zone, doors, counters, and what needs a person. People are live estimates."""
    return tagged(request, snapshot.body, media_type="application/json")


@router.get("/{site}/counters", response_model=Counters)
async def counters(request: Request, state: SiteState, snapshot: CurrentSnapshot) -> Response:
    """How each counter is, and the last that was heard of it."""
    body = Counters(site=state.site.id, as_of=snapshot.live.as_of, counters=snapshot.live.counters)
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.get("/{site}/counters/{counter}/validations", response_model=Validations)
async def validations(
    request: Request, state: SiteState, counter: Annotated[str, Path(examples=["counter-door-a"])]
) -> Response:
    """What was counted by hand at a counter, and how wrong it was: oldest first."""
    if counter not in {known.id for known in state.site.counters}:
        raise NotFound(f"There is no counter {counter!r} in site {state.site.id!r}.")
    kept = await asyncio.to_thread(state.reader.validations, state.site.id, counter)
    body = Validations(site=state.site.id, counter=counter, validations=tuple(map(_validated, kept)))
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.get(
    "/{site}/stream",
    response_class=EventSourceResponse,
    responses={200: {"description": "Events named `live`; each has the live document as its data."}},
)
async def stream(state: SiteState) -> EventSourceResponse:
    """The live document at once, and again whenever it changes, as server-sent events."""
    return EventSourceResponse(_events(state), ping=HEARTBEAT_S, send_timeout=SEND_TIMEOUT_S)


async def _events(state: LiveState) -> AsyncIterator[ServerSentEvent]:
    async for snapshot in state.listen():
        yield ServerSentEvent(data=snapshot.body, event="live", id=str(snapshot.number))


def _validated(kept: Validation) -> Validated:
    directions = (DirectionChecked(**msgspec.to_builtins(one)) for one in kept.hand_counts)
    return Validated(
        id=kept.id,
        line=kept.line,
        start=kept.start,
        end=kept.end,
        directions=tuple(directions),
        enough=kept.enough,
    )


def _summary(site: Site) -> SiteSummary:
    return SiteSummary(
        site=site.id,
        name=site.name,
        time_zone=site.time_zone,
        capacity=site.capacity,
        zones=tuple(zone.id for zone in site.zones),
        lines=tuple(line.id for line in site.lines),
    )
