"""What the API says about staff: plans, changes, and who should move. Times are of the site's local clock."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vilina_api.staffing.report import PlannedUnit
from vilina_api.staffing.walk import Because
from vilina_api.staffing.wording import reason
from vilina_ingest.site import Target

COLUMNS = ("unit", "start", "minutes", "staff", "paid_hours", "eur", "expected", "in_time", "because", "why")


class Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class SlotDocument(Document):
    """Staff of one slot."""

    start: Annotated[datetime, Field(description="local time", examples=["2026-03-02T07:30:00"])]
    staff: int
    paid_hours: float
    eur_per_visit: Annotated[float | None, Field(description="of the slot; null where nobody is expected")]
    expected: Annotated[float, Field(description="people who come")]
    load: Annotated[float, Field(description="how many of the staff they keep busy")]
    in_time: Annotated[float, Field(description="share of them who are expected to be served in time")]
    one_fewer_in_time: Annotated[float | None, Field(description="with one fewer; null where nobody asked")]
    because: Annotated[Because, Field(description="what decided how many")]
    why: Annotated[str, Field(description="one sentence, with its numbers")]


class CostDocument(Document):
    """Hours and euros, and what they bring."""

    paid_hours: float
    eur: float
    eur_per_visit: float | None
    visits: Annotated[float, Field(description="expected people")]
    in_time: Annotated[float, Field(description="share of them who are served in time")]


class SumsDocument(CostDocument):
    desk_hours: Annotated[float, Field(description="hours at desks, without breaks and absence")]


class NowDocument(SumsDocument):
    """The same days without the plan."""

    what: Annotated[str, Field(alias="is", description="whose staff they are")]
    against: Annotated[str, Field(description="the plan against it, in one sentence")]


class UnitPlanDocument(Document):
    """The plan of one unit."""

    unit: str
    target: Target
    service_min: float
    slot_min: float
    slots: tuple[SlotDocument, ...]
    plan: SumsDocument
    now: NowDocument | None


class StaffingDocument(Document):
    """The least staff per unit and slot with which targets hold over all that may come."""

    site: str
    first: date
    days: int
    units: tuple[UnitPlanDocument, ...]
    all: CostDocument
    all_now: CostDocument | None
    shares: Annotated[tuple[str, ...], Field(description="what units are taken to get of their zones")]


class ClosedHours(Document):
    start: Annotated[time, Field(alias="from", examples=["12:00"])]
    end: Annotated[time, Field(alias="to", examples=["13:00"])]


class ChangeAsked(Document):
    """What would be otherwise; what is left out stays. Opening hours change when people come, not how many."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    first: Annotated[date | None, Field(alias="from", description="a local day; by default today")] = None
    days: Annotated[int, Field(ge=1, le=28)] = 7
    units: Annotated[tuple[str, ...], Field(description="by default all", examples=[["citizen"]])] = ()
    step: Annotated[int, Field(description="minutes of a slot: 15, 30 or 60")] = 30
    target: Target | None = None
    service_min: float | None = None
    demand_percent: Annotated[float, Field(description="so many percent of the people", examples=[110])] = (
        100.0
    )
    opens: Annotated[time | None, Field(description="of every open day", examples=["08:00"])] = None
    closes: Annotated[time | None, Field(description="of every open day", examples=["18:00"])] = None
    closed: Annotated[ClosedHours | None, Field(description="in between, on every open day")] = None
    hour_eur: Annotated[float, Field(ge=0, description="what a paid hour costs")] = 30.0
    shrinkage: Annotated[float, Field(ge=0, lt=100, description="percent of paid time away")] = 0.0
    breaks: Annotated[float, Field(ge=0, lt=100, description="percent of the time present")] = 0.0


class WorstSlot(Document):
    start: datetime
    in_time: float


class ChangedSums(CostDocument):
    worst_slot: WorstSlot


class UnitChange(Document):
    """What a change does to one unit. `unchanged`: with the staff of before, null where hours are new."""

    unit: str
    change: str
    before: ChangedSums
    after: ChangedSums
    unchanged: ChangedSums | None
    paid_hours: Annotated[float, Field(description="more, or fewer if negative")]
    eur: float
    why: Annotated[str, Field(description="one sentence, with its numbers")]


class ChangeDocument(Document):
    site: str
    units: tuple[UnitChange, ...]
    before: CostDocument
    after: CostDocument


class TogetherDocument(Document):
    """What sharing staff saves, at the least: units are taken to be busy on the same days."""

    site: str
    units: tuple[str, ...]
    apart: CostDocument
    together: CostDocument
    saved_hours: Annotated[float, Field(description="paid")]
    saved_eur: float
    why: Annotated[str, Field(description="one sentence, with its numbers")]


class Levels(Document):
    now: float
    then: float


class MoveMade(Document):
    """One person from one unit to another, for the next hour."""

    origin: Annotated[str, Field(alias="from")]
    to: str
    gain: Annotated[float, Field(description="more customers served in time, of both units")]
    from_in_time: Levels
    to_in_time: Levels


class MoveDocument(Document):
    """Who should help whom now; null if nobody should move."""

    site: str
    as_of: datetime
    move: MoveMade | None
    why: Annotated[str, Field(description="one sentence, with its numbers")]


class PlayAsked(Document):
    """What is to be played: `units`, or a `roster`."""

    units: Annotated[
        tuple[dict[str, Any], ...],
        Field(
            max_length=200,
            description="unit, slot_min, and slots with start and staff, as /staffing answers them",
        ),
    ] = ()
    roster: Annotated[str | None, Field(description="the name of a roster's job")] = None
    plays: Annotated[int, Field(ge=20, le=1000)] = 200
    seed: int = 1
    hour_eur: Annotated[float, Field(ge=0, description="what a paid hour costs")] = 30.0
    shrinkage: Annotated[float, Field(ge=0, lt=100, description="percent of paid time away")] = 0.0
    breaks: Annotated[float, Field(ge=0, lt=100, description="percent of the time present")] = 0.0


class IntervalDocument(Document):
    """What was seen, and the 95 % interval of what many more plays would come to; null where nobody came."""

    value: float | None
    low: float | None
    high: float | None


class PlayedSlot(Document):
    start: datetime
    staff: int
    in_time: IntervalDocument


class PlayedSums(Document):
    paid_hours: float
    eur: float
    visits: Annotated[float, Field(description="in one play")]
    served: Annotated[float, Field(description="of them, in time or not")]
    eur_per_visit: Annotated[float | None, Field(description="of those served")]
    in_time: Annotated[IntervalDocument, Field(description="share of all who came")]


class PlayedUnit(PlayedSums):
    """One unit's staff, played."""

    unit: str
    target: Target
    slot_min: float
    plays: int
    outside_hours: Annotated[float, Field(description="of staff at times at which nobody is expected")]
    wait_min: IntervalDocument
    gave_up: Annotated[IntervalDocument, Field(description="share of who was not served")]
    idle_hours: IntervalDocument
    over_hours: Annotated[IntervalDocument, Field(description="that staff stayed with who was there")]
    slots: tuple[PlayedSlot, ...]
    short_slots: Annotated[
        tuple[datetime, ...], Field(description="in which the target surely does not hold, the worst first")
    ]
    why: Annotated[str, Field(description="one sentence, with its numbers")]


class PlayDocument(Document):
    site: str
    units: tuple[PlayedUnit, ...]
    all: PlayedSums


def as_csv(units: Sequence[PlannedUnit]) -> str:
    """A row for each unit and slot."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for unit in units:
        made, rules = unit.plan, unit.plan.by.rules
        for slot in made.slots:
            hours = made.slot_hours(slot)
            writer.writerow([
                made.demand.unit, slot.start.isoformat(), f"{made.demand.slot_min:g}", slot.staff, f"{hours:.3f}",
                f"{hours * rules.hour_eur:.2f}", f"{slot.expected:.2f}", f"{slot.within:.4f}", slot.because,
                reason(slot, made.by),
            ])  # fmt: skip
    return text.getvalue()
