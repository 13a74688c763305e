"""`/v1/sites/{site}/occupancy`, `/corrections` and `/events`: people inside in the past, and what happened."""

from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime
from sse_starlette import EventSourceResponse, ServerSentEvent

from vilina_api.errors import BadRequest, NotFound, NotKept
from vilina_api.etag import tagged
from vilina_api.keys import Role
from vilina_api.models import (
    CorrectionEntry,
    Corrections,
    LiveCurve,
    OccupancyPast,
    RecountMade,
    SettledCurve,
    SiteEventEntry,
    SiteEvents,
)
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import OpenStore, SiteState, only_json
from vilina_api.routes.roles import only
from vilina_api.routes.sites import HEARTBEAT_S, SEND_TIMEOUT_S
from vilina_api.state import LiveState
from vilina_ingest.calendar import day_start
from vilina_ingest.errors import RecountError, StoreError
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent
from vilina_ingest.recounting import Recount, entry_of, kept
from vilina_ingest.site import Site

router = APIRouter(prefix="/v1/sites", tags=["occupancy"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

LONGEST: Final = timedelta(days=366)
LONGEST_LIVE: Final = timedelta(days=7)
"""The live estimates of more minutes than that are not for one answer; settled days are."""
WEEK: Final = timedelta(days=7)

START = Query(alias="from", description="An instant with its zone", examples=["2026-03-02T07:00:00Z"])
END = Query(
    alias="to", description="An instant with its zone; by default now", examples=["2026-03-02T20:00:00Z"]
)
ZONE = Query(description="A zone; by default the whole site", examples=["library"])
Start = Annotated[AwareDatetime | None, START]
End = Annotated[AwareDatetime | None, END]


@router.get("/{site}/occupancy", response_model=OccupancyPast)
def occupancy(
    request: Request,
    state: SiteState,
    start: Start = None,
    end: End = None,
    zone: Annotated[str | None, ZONE] = None,
) -> Response:
    """People inside: live, as was estimated each minute, and settled, as was balanced after closing.

    By default since the local day began. Settled are the local days that the time from `from` to `to` touches; live
    estimates are there for seven days at a time.
    """
    site = state.site
    if zone is not None and zone not in {one.id for one in site.zones}:
        raise NotFound(f"There is no zone {zone!r}; there are {', '.join(one.id for one in site.zones)}.")
    begin, until = _range(state, start, end, day_start(site, site.local(state.now()).date()))
    first, last = (site.local(at).date() for at in (begin, until - timedelta(microseconds=1)))
    settled = [one for one in state.reader.settled(site.id, first, last) if one.zone == zone]
    minutes = state.reader.live(site.id, begin, until, zone) if until - begin <= LONGEST_LIVE else []
    body = OccupancyPast(
        site=site.id, zone=zone, live=_live_curve(minutes), settled=tuple(map(_settled_curve, settled))
    )
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.get("/{site}/corrections", response_model=Corrections)
def corrections(request: Request, state: SiteState, start: Start = None, end: End = None) -> Response:
    """The drift ledger: by how much people inside were corrected, when, why and by whom; by default for a week.

    Raw counts are never changed, and entries of the ledger neither: what was wrong gets another entry.
    """
    begin, until = _range(state, start, end, state.now() - WEEK)
    entries = state.reader.corrections(state.site.id, begin, until)
    body = Corrections(site=state.site.id, corrections=tuple(map(_correction, entries)))
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.post(
    "/{site}/corrections",
    response_model=CorrectionEntry,
    status_code=201,
    dependencies=[Depends(only_json), only(Role.MANAGER, Role.TECHNICIAN)],
    responses={201: {"headers": {"Location": {"schema": {"type": "string"}}}}},
)
def recount(
    response: Response, state: SiteState, open_to_write: OpenStore, made: RecountMade
) -> CorrectionEntry:
    """A person has counted who is inside: the live estimate says so from then on, and the ledger who counted.

    As JSON only, so that no form of another page can send it. The answer says by how much the estimate was wrong.
    """
    site, now = state.site, state.now()
    recount = Recount(made.people, made.zone, (made.at or now).astimezone(UTC), made.author, made.note)
    try:
        entry = entry_of(recount, state.reader, site, now, known=state.knowledge(now))
    except RecountError as error:
        raise BadRequest(f"It was not kept: {error}.") from error
    try:
        # The API only reads; a store is opened to be written for this alone. Other writers wait for each other.
        with closing(open_to_write()) as store:
            there = kept(entry, store, site)
    except StoreError as error:
        raise NotKept(
            f"The recount was not kept: {error}. Try again in a moment. If it stays so, let the API write to its store,"
            " or enter it with `vilina occupancy recount` where ingest runs."
        ) from error
    begin, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (there.at, there.at + timedelta(seconds=1)))
    response.headers["Location"] = f"/v1/sites/{site.id}/corrections?from={begin}&to={end}"
    return _correction(there)


@router.get("/{site}/events", response_model=SiteEvents)
def events(request: Request, state: SiteState, start: Start = None, end: End = None) -> Response:
    """What happened to the building: by default what lasted at some time of the last week."""
    begin, until = _range(state, start, end, state.now() - WEEK)
    found = state.reader.events(state.site.id, begin, until)
    body = SiteEvents(site=state.site.id, events=tuple(_event(state.site, one) for one in found))
    return tagged(request, body.model_dump_json(), media_type="application/json")


@router.get(
    "/{site}/events/stream",
    response_class=EventSourceResponse,
    responses={200: {"description": "Events named by their kind; each has one event as its data."}},
)
async def events_stream(state: SiteState) -> EventSourceResponse:
    """Every event that lasts, at once, and from then on each that begins, changes or is over."""
    return EventSourceResponse(_changes(state), ping=HEARTBEAT_S, send_timeout=SEND_TIMEOUT_S)


async def _changes(state: LiveState) -> AsyncIterator[ServerSentEvent]:
    told: dict[str, SiteEvent] | None = None
    async for snapshot in state.listen():
        known = {event.id: event for event in snapshot.events}
        for event in _news(told, known):
            yield ServerSentEvent(
                data=_event(state.site, event).model_dump_json(), event=event.kind, id=event.id
            )
        told = known


def _news(told: dict[str, SiteEvent] | None, known: dict[str, SiteEvent]) -> Sequence[SiteEvent]:
    """What is to be told; to who has just come, what lasts."""
    if told is None:
        return [event for event in known.values() if event.until is None]
    return [event for event in known.values() if told.get(event.id) != event]


def _range(
    state: LiveState, start: datetime | None, end: datetime | None, default: datetime
) -> tuple[datetime, datetime]:
    """From when until when is asked for, in UTC; up to now includes now."""
    until = (end or state.now() + timedelta(seconds=1)).astimezone(UTC)
    begin = (start or min(default, until - timedelta(seconds=1))).astimezone(UTC)
    if until <= begin:
        raise BadRequest("`to` must be later than `from`.")
    if until - begin > LONGEST:
        raise BadRequest(f"That is over {LONGEST.days} days; ask for a shorter time.")
    return begin, until


def _live_curve(points: Sequence[OccupancyPoint]) -> LiveCurve:
    return LiveCurve(
        at=tuple(point.at for point in points),
        people=tuple(round(point.people, 1) for point in points),
        low=tuple(round(point.low, 1) for point in points),
        high=tuple(round(point.high, 1) for point in points),
    )


def _settled_curve(day: SettledDay) -> SettledCurve:
    return SettledCurve(
        day=day.day,
        edges=day.edges,
        people=tuple(None if people is None else round(people, 1) for people in day.people),
        entered=day.entered,
        left=day.left,
        drift=day.drift,
        settled_at=day.settled_at,
    )


def _correction(entry: Correction) -> CorrectionEntry:
    return CorrectionEntry(
        id=entry.id,
        zone=entry.zone,
        at=entry.at,
        people=entry.people,
        counted=entry.counted,
        reason=entry.reason,
        author=entry.author,
        note=entry.note,
        made_at=entry.made_at,
    )


def _event(site: Site, event: SiteEvent) -> SiteEventEntry:
    return SiteEventEntry(
        id=event.id,
        kind=event.kind,
        subject=event.subject,
        name=site.name_of(event.subject),
        since=event.since,
        until=event.until,
        value=event.value,
    )
