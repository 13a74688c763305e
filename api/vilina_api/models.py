"""The documents of the API. People are whole numbers, shares go from 0 to 1, instants are UTC."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vilina_edge.wire import BlindReason
from vilina_ingest.records import CorrectionReason, EventKind

Level = Literal["calm", "busy", "crowded", "full"]
PerQuarter = tuple[int | None, ...]
"""Null in a gap."""
State = Literal["online", "silent", "blind", "stopped", "offline", "unknown"]


class Document(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class ZoneLive(Document):
    """People in a zone now."""

    zone: str
    name: str
    floor: str
    people: Annotated[int, Field(description="people inside, estimated live", examples=[143])]
    low: Annotated[int, Field(description="lower end of its 90 % interval", examples=[134])]
    high: Annotated[int, Field(description="upper end of its 90 % interval", examples=[153])]
    capacity: Annotated[int, Field(description="people", examples=[220])]
    share: Annotated[float, Field(description="people by capacity", examples=[0.65])]
    level: Level
    uncertain_since: Annotated[
        datetime | None, Field(description="start of the first gap of today at a line around the zone")
    ] = None


class DoorLive(Document):
    """Today at a door."""

    line: str
    name: str
    entered: Annotated[int, Field(description="people since the local day began", examples=[812])]
    left: Annotated[int, Field(description="people since the local day began", examples=[644])]
    recent_entered: Annotated[PerQuarter, Field(description="people per 15 minutes, the open one last")]
    recent_left: Annotated[PerQuarter, Field(description="people per 15 minutes, the open one last")]


class CounterLive(Document):
    """How a counter is."""

    counter: str
    name: str
    floor: str
    state: State
    since: Annotated[datetime | None, Field(description="since when it is in this state, if not online")] = (
        None
    )
    reason: Annotated[
        BlindReason | None, Field(description="why it sees nothing, if it is blind", examples=["dark"])
    ] = None
    last_report: Annotated[datetime | None, Field(description="end of the newest stored report")] = None
    frames_per_second: float | None = None
    inference_ms: float | None = None
    outbox_depth: Annotated[int | None, Field(description="reports that wait at the counter")] = None
    temperature_c: Annotated[float | None, Field(description="of its processor")] = None
    throttled: Annotated[bool | None, Field(description="slowed down by heat or too little current")] = None
    disk_free_mb: int | None = None
    clock_offset_s: Annotated[float | None, Field(description="from its time server's clock")] = None
    brightness: Annotated[float | None, Field(description="mean grey level of its picture, 0 to 255")] = None
    sharpness: Annotated[float | None, Field(description="fine detail of its picture over middle detail")] = (
        None
    )
    config_version: Annotated[int | None, Field(description="of the config that it answered for last")] = None
    config_accepted: bool | None = None


class DirectionChecked(Document):
    """One direction of a line, by hand and by its counter in the same minutes."""

    direction: Literal["entered", "left"]
    by_hand: int
    counted: int
    missed: Annotated[int, Field(description="counted by hand only")]
    false: Annotated[int, Field(description="counted by the counter only")]
    error: Annotated[float, Field(description="signed, as a share of those who passed", examples=[-0.02])]
    low: Annotated[float, Field(description="lower end of the error's 95 % interval")]
    high: Annotated[float, Field(description="upper end of the error's 95 % interval")]


class Validated(Document):
    """Somebody stood at a line and counted."""

    id: str
    line: str
    start: datetime
    end: datetime
    directions: tuple[DirectionChecked, ...]
    enough: Annotated[bool, Field(description="whether enough people passed to trust the errors")]


class Validations(Document):
    site: str
    counter: str
    validations: tuple[Validated, ...]


class AreaLive(Document):
    """People whom a camera sees in an area now, on average over the last two minutes. Null: nobody is looking."""

    area: str
    name: str
    zone: str
    people: Annotated[int | None, Field(description="people in the area", examples=[7])]
    waiting: Annotated[
        int | None, Field(description="of them, who stand and wait, if it is a queue", examples=[4])
    ]
    queue: bool


class Attention(Document):
    """Something that needs a person."""

    kind: Literal["counter", "capacity", "clock", "drift"]
    level: Literal["watch", "act"]
    about: Annotated[str, Field(description="the counter, the zone, or the site")]
    text: Annotated[str, Field(examples=["Door C silent since 14:26"])]


class Live(Document):
    """The site now. Everything about people is the live estimate, not a settled record."""

    site: str
    name: str
    label: Literal["live"] = "live"
    as_of: datetime
    open: Annotated[bool, Field(description="whether it is within the opening hours")]
    people: Annotated[int, Field(description="people inside, estimated live", examples=[412])]
    low: Annotated[int, Field(description="lower end of its 90 % interval", examples=[396])]
    high: Annotated[int, Field(description="upper end of its 90 % interval", examples=[429])]
    capacity: Annotated[int, Field(examples=[900])]
    share: Annotated[float, Field(description="people by capacity", examples=[0.46])]
    level: Level
    uncertain_since: datetime | None = None
    usual_people: Annotated[
        float | None, Field(description="median of the weekday at this time", examples=[350.0])
    ]
    versus_usual_percent: Annotated[
        float | None, Field(description="null if too little is usual", examples=[18.0])
    ]
    last_report: Annotated[
        datetime | None, Field(description="end of the newest stored report of any counter")
    ]
    zones: tuple[ZoneLive, ...]
    areas: tuple[AreaLive, ...]
    doors: tuple[DoorLive, ...]
    counters: tuple[CounterLive, ...]
    attention: tuple[Attention, ...]


class LiveCurve(Document):
    """As it was estimated at the time: not corrected by what was known later."""

    label: Literal["live"] = "live"
    at: Annotated[tuple[datetime, ...], Field(description="whole minutes")]
    people: tuple[float, ...]
    low: Annotated[tuple[float, ...], Field(description="lower ends of the 90 % intervals")]
    high: Annotated[tuple[float, ...], Field(description="upper ends of the 90 % intervals")]


class SettledCurve(Document):
    """A local day, balanced after closing: everybody has left. Null is a gap: nobody was looking."""

    label: Literal["settled"] = "settled"
    day: Annotated[date, Field(examples=["2026-03-02"])]
    edges: Annotated[tuple[datetime, ...], Field(description="of its 92, 96 or 100 quarter hours")]
    people: Annotated[tuple[float | None, ...], Field(description="inside at the end of each quarter hour")]
    entered: Annotated[int, Field(description="as counted", examples=[4512])]
    left: Annotated[int, Field(description="as counted", examples=[4431])]
    drift: Annotated[int, Field(description="entered less left, before it was balanced", examples=[81])]
    settled_at: datetime


class OccupancyPast(Document):
    """People inside a zone, or the whole site if `zone` is null."""

    site: str
    zone: str | None
    live: LiveCurve
    settled: tuple[SettledCurve, ...]


class CorrectionEntry(Document):
    """One entry of the drift ledger."""

    id: str
    zone: Annotated[str | None, Field(description="null for the whole site", examples=["library"])]
    at: datetime
    people: Annotated[float, Field(description="more, or fewer, people inside from then on", examples=[-81])]
    counted: Annotated[int | None, Field(description="people inside, if a person counted them")] = None
    reason: CorrectionReason
    author: Annotated[str, Field(description="vilina, or a person's role or name", examples=["vilina"])]
    note: Annotated[str, Field(examples=["2026-03-02 balanced after closing: 4512 entered, 4431 left"])]
    made_at: datetime


class RecountMade(Document):
    """A person has counted how many people are inside."""

    model_config = ConfigDict(extra="forbid")

    people: Annotated[int, Field(strict=True, description="counted inside", examples=[57])]
    zone: Annotated[
        str | None, Field(description="where; without it, in the whole site", examples=["library"])
    ] = None
    at: Annotated[
        AwareDatetime | None,
        Field(description="when, today; without it, now", examples=["2026-03-02T12:05:00Z"]),
    ] = None
    author: Annotated[str, Field(description="who counted, by role or name", examples=["manager"])]
    note: Annotated[str, Field(examples=["the back door stood open"])] = ""


class Corrections(Document):
    site: str
    corrections: tuple[CorrectionEntry, ...]


class SiteEventEntry(Document):
    """Something that happened to the building; it lasts while `until` is null."""

    id: Annotated[str, Field(description="of this one occurrence")]
    kind: EventKind
    subject: Annotated[str, Field(description="a zone, a counter, or site", examples=["library"])]
    name: Annotated[str, Field(description="of the subject", examples=["Library"])]
    since: datetime
    until: datetime | None
    value: Annotated[
        float | None,
        Field(
            description="the highest share of the capacity, the drift's share, or seconds", examples=[0.86]
        ),
    ]


class SiteEvents(Document):
    site: str
    events: tuple[SiteEventEntry, ...]


class Counters(Document):
    site: str
    as_of: datetime
    counters: tuple[CounterLive, ...]


class FlowLine(Document):
    """Crossings per step. Null is a gap: nobody was looking, which is not zero."""

    id: Annotated[str, Field(description="the line, or the zone that was asked for")]
    name: str
    from_zone: Annotated[
        str | None, Field(alias="from", description="null for a zone: from everywhere around it")
    ]
    to_zone: Annotated[str, Field(alias="to")]
    entered: tuple[int | None, ...]
    left: tuple[int | None, ...]
    coverage: Annotated[tuple[float, ...], Field(description="share of each step that was observed")]
    reasons: Annotated[
        tuple[str | None, ...],
        Field(description="why a gap is one, where the counter said so: no_frames, dark, outbox_full, ..."),
    ]


class Flows(Document):
    site: str
    step: Annotated[str, Field(examples=["15m"])]
    edges: Annotated[tuple[datetime, ...], Field(description="one more than there are steps")]
    flows: tuple[FlowLine, ...]


class SiteSummary(Document):
    site: str
    name: str
    time_zone: str
    capacity: int
    zones: tuple[str, ...]
    lines: tuple[str, ...]


class Sites(Document):
    sites: tuple[SiteSummary, ...]


class HealthDocument(Document):
    status: Literal["ok"]


class Problem(Document):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
