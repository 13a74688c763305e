"""`/v1/sites/{site}/roster`: rosters are made as jobs beside the API; progress, result, exports, repair."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from vilina_api.errors import NotFound
from vilina_api.etag import tagged
from vilina_api.models import Document
from vilina_api.problem import RESPONSES
from vilina_api.rostering.document import PEOPLE, document
from vilina_api.rostering.exports import to_csv, to_ical, to_xlsx
from vilina_api.rostering.jobs import Job, Jobs
from vilina_api.rostering.people_file import COLUMNS, people_of
from vilina_api.rostering.required import from_document, required
from vilina_api.rostering.roster import AT_MOST
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.shifts import Week
from vilina_api.routes.needs import SiteState, only_json

router = APIRouter(prefix="/v1/sites", tags=["roster"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JobName = Annotated[str, Path(examples=["20260302T081500-0a1b2c3d"])]


class PersonAsked(Document):
    """A person, in the words of the people file."""

    name: Annotated[str, Field(examples=["Aino Korhonen"])]
    skills: Annotated[str, Field(examples=["nurse counselling"])]
    hours: Annotated[float, Field(description="paid, a week, by contract", examples=[37.5])]
    id: Annotated[str, Field(description="by default made of the name", examples=["aino-korhonen"])] = ""
    available: Annotated[str, Field(description="only then; empty is always", examples=["mon-fri"])] = ""
    away: Annotated[str, Field(description="never then", examples=["2026-03-05"])] = ""
    prefers: Annotated[str, Field(description="a shift then, if it can be", examples=["tue 07:00-12:00"])] = (
        ""
    )
    avoids: Annotated[str, Field(description="no shift then, if it can be", examples=["18:00-20:00"])] = ""


class RosterAsked(Document):
    """What a roster is to be made of."""

    staff: Annotated[dict[str, Any], Field(description="what `vilina staffing plan --json` prints")]
    people: Annotated[tuple[PersonAsked, ...], Field(max_length=1000)]
    first: Annotated[date | None, Field(description="first day of the week; by default of the plan")] = None
    rules: Annotated[ShiftRules, Field(description="of shifts")] = ShiftRules()
    seconds: Annotated[float, Field(ge=1, le=600, description="to look for a better one, at most")] = 60.0


class JobTold(Document):
    """How a job is. Costs are paid hours, with what is uncovered and unfair weighed in."""

    job: str
    state: Annotated[str, Field(description="running, done, failed or interrupted", examples=["running"])]
    seconds: Annotated[float | None, Field(description="since it began")] = None
    bound: Annotated[float | None, Field(description="no roster costs less")] = None
    best: Annotated[float | None, Field(description="cost of the best so far")] = None
    gap: Annotated[
        float | None, Field(description="by how much the best may be above the least, as a share")
    ] = None
    uncovered: Annotated[int | None, Field(description="blocks times staff that nobody covers yet")] = None
    problem: Annotated[str | None, Field(description="why there is no roster")] = None
    roster: Annotated[dict[str, Any] | None, Field(description="the result, when it is done")] = None


class AbsenceAsked(Document):
    """Somebody cannot come."""

    person: Annotated[str, Field(description="their id", examples=["aino-korhonen"])]
    days: Annotated[tuple[date, ...], Field(description="by default all days of the roster")] = ()
    at_most: Annotated[int, Field(ge=0, le=100, description="how many others may change")] = AT_MOST


class RepairTold(Document):
    """What changes for others."""

    others: Annotated[int, Field(description="how many other people change")]
    changes: Annotated[tuple[dict[str, Any], ...], Field(description="person, day, shift before and after")]
    roster: Annotated[dict[str, Any], Field(description="the repaired roster, which is kept")]


def jobs_of(request: Request, state: SiteState) -> Jobs:
    jobs = request.app.state.roster_jobs
    if jobs is None:
        raise NotFound(
            f"Rosters of {state.site.id!r} are not made here; start the server with --roster-folder."
        )
    assert isinstance(jobs, Jobs)
    return jobs


RosterJobs = Annotated[Jobs, Depends(jobs_of)]


@router.post("/{site}/roster", response_model=JobTold, status_code=202, dependencies=[Depends(only_json)])
def begin(response: Response, state: SiteState, jobs: RosterJobs, asked: RosterAsked) -> JobTold:
    """Begin a week's roster; the answer says where to ask how far it is. One is made at a time.

    It holds data about people: it is kept with the newest few, and can be deleted.
    """
    site, rules = state.site, asked.rules
    rows = (
        (f"people[{number}]", {column: str(getattr(person, column)) for column in COLUMNS})
        for number, person in enumerate(asked.people)
    )
    people = people_of(rows, site, rules, where="people")
    # What cannot be is said now, not by a job that fails.
    Week(
        site,
        people,
        required(from_document(asked.staff), site, first=asked.first, block_min=rules.block_min),
        rules,
    )
    job = jobs.start(
        {
            "staff": asked.staff, "people": PEOPLE.dump_python(people, mode="json"), "seconds": asked.seconds,
            "first": None if asked.first is None else asked.first.isoformat(), "rules": rules.model_dump(),
        },
        now=state.now(),
    )  # fmt: skip
    response.headers["Location"] = f"/v1/sites/{site.id}/roster/{job.id}"
    return _told(job, None)


@router.get("/{site}/roster/{job}", response_model=JobTold)
def progress(request: Request, jobs: RosterJobs, job: JobName) -> Response:
    """How far a roster is; the roster, when it is done."""
    known = jobs.job(job)
    made = document(jobs.roster(job)[1]) if known.state == "done" else None
    return tagged(request, _told(known, made).model_dump_json(), media_type="application/json")


@router.delete("/{site}/roster/{job}", status_code=204)
def forget(jobs: RosterJobs, job: JobName) -> None:
    """Forget a roster, and everything about the people in it."""
    jobs.delete(job)


@router.get("/{site}/roster/{job}/people/{person}.ics", response_class=Response)
def ical(request: Request, jobs: RosterJobs, state: SiteState, job: JobName, person: str) -> Response:
    """One person's shifts for their calendar."""
    content = to_ical(jobs.roster(job)[1], person, made_at=state.now())
    return tagged(request, content, media_type="text/calendar; charset=utf-8")


@router.get("/{site}/roster/{job}/roster.xlsx", response_class=Response)
def xlsx(request: Request, jobs: RosterJobs, job: JobName) -> Response:
    """The roster as a spreadsheet: a sheet of the week, and one for each day."""
    return tagged(request, to_xlsx(jobs.roster(job)[1]), media_type=XLSX)


@router.get("/{site}/roster/{job}/roster.csv", response_class=Response)
def csv_(request: Request, jobs: RosterJobs, job: JobName) -> Response:
    """The roster as CSV: a line for each time at a unit, and each break."""
    return tagged(request, to_csv(jobs.roster(job)[1]), media_type="text/csv; charset=utf-8")


@router.post("/{site}/roster/{job}/repair", response_model=RepairTold, dependencies=[Depends(only_json)])
def mend(jobs: RosterJobs, job: JobName, absence: AbsenceAsked) -> RepairTold:
    """Somebody is ill: the roster changes so that as few others as possible notice, and is kept so."""
    told = jobs.repair(job, absence.model_dump(mode="json"))
    return RepairTold.model_validate(told)


def _told(job: Job, roster: dict[str, Any] | None) -> JobTold:
    return JobTold(job=job.id, state=job.state, problem=job.problem, roster=roster, **job.progress)
