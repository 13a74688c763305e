"""`/v1/sites/{site}/flows`: crossings per step of time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from vilina_api.errors import BadRequest, NotFound
from vilina_api.etag import tagged
from vilina_api.models import FlowLine, Flows
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import SiteState
from vilina_edge.wire import GapReason
from vilina_ingest.calendar import day_start, local_days, local_hours
from vilina_ingest.site import OUTSIDE, Line, Site
from vilina_ingest.store import Bins, FlowSeries

router = APIRouter(prefix="/v1/sites", tags=["flows"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

MAX_STEPS: Final = 10_000
STEP: Final = re.compile(r"^([1-9]\d{0,3})(m|h|d)$")
UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


START = Query(
    alias="from",
    description="An instant with its zone; by default the begin of today",
    examples=["2026-03-02T07:00:00Z"],
)
END = Query(
    alias="to", description="An instant with its zone; by default now", examples=["2026-03-02T20:00:00Z"]
)
STEPS = Query(
    description="Minutes or hours like 1m, 15m or 2h, counted from the first instant; 1h, which is an hour of the"
    " site's clock; or 1d, which is a local day of 23, 24 or 25 hours",
    examples=["15m"],
)
ZONE = Query(description="All crossings into and out of this zone", examples=["library"])
LINE = Query(description="Only this line; by default all lines", examples=["door-a"])


@router.get("/{site}/flows", response_model=Flows)
def flows(
    request: Request,
    state: SiteState,
    start: Annotated[AwareDatetime | None, START] = None,
    end: Annotated[AwareDatetime | None, END] = None,
    step: Annotated[str, STEPS] = "15m",
    zone: Annotated[str | None, ZONE] = None,
    line: Annotated[str | None, LINE] = None,
) -> Response:
    """Crossings per step. A step that nobody observed is null, never zero.

    Counters report each minute or more often. After a long time without a connection they report by the quarter of an
    hour, and shorter steps then have all of a quarter's people in its last one.
    """
    site = state.site
    if zone is not None and line is not None:
        raise BadRequest("Ask for a zone or for a line, not for both.")
    now = state.now()
    bins = _bins(site, start or day_start(site, site.local(now).date()), end or now, step)
    lines = _lines(site, zone, line)
    found = state.reader.flows(site.id, bins, [one.id for one in lines])
    answers = (
        (_around(site, zone, lines, found),) if zone else tuple(_line(one, found[one.id]) for one in lines)
    )
    body = Flows(site=site.id, step=step, edges=bins.edges, flows=answers)
    return tagged(request, body.model_dump_json(by_alias=True), media_type="application/json")


def _bins(site: Site, start: datetime, end: datetime, step: str) -> Bins:
    if end <= start:
        raise BadRequest("`to` must be later than `from`.")
    match = STEP.match(step)
    if match is None:
        raise BadRequest(f"A step of {step!r} is not known; write 1m, 15m, 1h or 1d.")
    number, unit = int(match[1]), match[2]
    if unit == "d" and number != 1:
        raise BadRequest("Days come one at a time: write 1d.")
    length = UNITS.get(unit, timedelta(days=1)) * number
    if (end - start) / length > MAX_STEPS:
        raise BadRequest(f"That is over {MAX_STEPS} steps; ask for a longer step or a shorter time.")
    if unit == "d":
        return local_days(site, site.local(start).date(), site.local(end - timedelta(microseconds=1)).date())
    if step == "1h":
        return local_hours(site, start.astimezone(UTC), end.astimezone(UTC))
    return Bins.regular(start.astimezone(UTC), end.astimezone(UTC), length)


def _lines(site: Site, zone: str | None, line: str | None) -> tuple[Line, ...]:
    if zone is not None:
        around = tuple(one for one in site.lines if zone in (one.origin, one.to))
        if zone == OUTSIDE or not around:
            raise NotFound(f"There is no zone {zone!r}; there are {', '.join(z.id for z in site.zones)}.")
        return around
    if line is None:
        return site.lines
    chosen = tuple(one for one in site.lines if one.id == line)
    if not chosen:
        raise NotFound(f"There is no line {line!r}; there are {', '.join(one.id for one in site.lines)}.")
    return chosen


def _line(line: Line, series: FlowSeries) -> FlowLine:
    return FlowLine(
        id=line.id,
        name=line.name,
        from_zone=line.origin,
        to_zone=line.to,
        entered=series.entered,
        left=series.left,
        coverage=_rounded(series.coverage),
        reasons=series.reasons,
    )


def _around(site: Site, zone: str, lines: tuple[Line, ...], found: dict[str, FlowSeries]) -> FlowLine:
    """All lines of a zone as one, seen from the zone; a gap at one of them is a gap."""
    into = [
        (s.entered, s.left) if line.to == zone else (s.left, s.entered)
        for line in lines
        for s in [found[line.id]]
    ]
    series = [found[line.id] for line in lines]
    return FlowLine(
        id=zone,
        name=next(one.name for one in site.zones if one.id == zone),
        from_zone=None,
        to_zone=zone,
        entered=_sum([entered for entered, _ in into]),
        left=_sum([left for _, left in into]),
        coverage=_rounded(tuple(min(at_step) for at_step in zip(*(s.coverage for s in series), strict=True))),
        reasons=tuple(_first(at_step) for at_step in zip(*(s.reasons for s in series), strict=True)),
    )


def _sum(series: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    return tuple(_whole(at_step) for at_step in zip(*series, strict=True))


def _whole(counts: tuple[int | None, ...]) -> int | None:
    known = [n for n in counts if n is not None]
    return sum(known) if len(known) == len(counts) else None


def _first(reasons: tuple[GapReason | None, ...]) -> GapReason | None:
    return next((reason for reason in reasons if reason is not None), None)


def _rounded(coverage: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(share, 3) for share in coverage)
