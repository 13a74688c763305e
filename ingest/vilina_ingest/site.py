"""The site model: what `site.yaml` says about a building. Read it with `vilina_ingest.site_file.load_site`.

Lengths are metres in the floor's own coordinates, x to the right and y down, as a plan is drawn.
"""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from vilina_edge.wire import NAME

Id = Annotated[str, Field(pattern=NAME, description="short name, used in topics, addresses and the store")]
Point = tuple[float, float]
Length = Annotated[float, Field(gt=0)]
Size = tuple[Length, Length]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UnitKind = Literal["library", "office", "clinic", "laboratory", "youth", "other"]
COUNTRY = r"^[A-Z]{2}$"
LONGEST_DAYS = 400
"""Of one closure, school holiday or event."""
OUTSIDE = "outside"
"""The zone that every site has without saying so: whatever is not the site."""


def known_time_zone(name: str) -> str:
    """The name of a time zone, if it is one; ValueError if not."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/Helsinki")
    return name


class Part(BaseModel):
    """Common to everything in the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hours(Part):
    """Opening hours of one weekday, in local time."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"closes ({self.closes:%H:%M}) must be later than opens ({self.opens:%H:%M})")
        return self


Opening = Annotated[dict[Weekday, Hours], Field(description="weekdays that are not named are closed")]


class Days(Part):
    """Days from the first to the last, both included; without a last one, a single day."""

    name: Annotated[str, Field(min_length=1)]
    first: date
    last: Annotated[date | None, Field(description="included; by default the first")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last ({self.last}) must not be before first ({self.first})")
        if self.last is not None and (self.last - self.first).days >= LONGEST_DAYS:
            raise ValueError(f"these are over {LONGEST_DAYS} days; is the year right?")
        return self

    def each(self) -> tuple[date, ...]:
        return tuple(
            self.first + timedelta(days=n) for n in range(((self.last or self.first) - self.first).days + 1)
        )


class Event(Days):
    """Something that changes how many come; what it changes is learned from events of the same name, or said."""

    zone: Annotated[Id | None, Field(description="where; by default the whole site")] = None
    percent: Annotated[
        float | None, Field(gt=-100, le=900, description="so many more people than usual, fewer if negative")
    ] = None


class PopUp(Days):
    """Something that stands at a spot for some days; what it changes in the spot's zone is learned, or said."""

    spot: Annotated[Id, Field(description="where it stands")]
    percent: Annotated[
        float | None, Field(gt=-100, le=900, description="so many more people than usual, fewer if negative")
    ] = None


class Floor(Part):
    id: Id
    name: str
    size: Annotated[Size, Field(description="width and depth of the plan")]


class Zone(Part):
    """An area of a floor plan in which people are counted."""

    id: Id
    name: str
    floor: Id
    polygon: Annotated[tuple[Point, ...], Field(min_length=3)]
    capacity: Annotated[int, Field(gt=0, description="people")]
    quiet: Annotated[bool, Field(description="noise disturbs here")] = False
    passing: Annotated[
        float, Field(ge=0, lt=1, description="share of those who enter that only pass through")
    ] = 0.0
    sensitive: Annotated[bool, Field(description="never published alone")] = False


class Counter(Part):
    """A device with a camera."""

    id: Id
    name: str
    floor: Id
    at: Point


class Line(Part):
    """A directed segment in a counter's view. Entered means passing from zone `origin` to zone `to`."""

    id: Id
    name: str
    counter: Id
    origin: Annotated[Id, Field(alias="from")]
    to: Id
    at: Annotated[
        tuple[Point, Point],
        Field(description="where it lies on its counter's floor; walking along it, `to` is on the right"),
    ]
    door: Annotated[bool, Field(description="a way in from outside, shown as a door")] = False


class Area(Part):
    """A part of a zone in which a counter sees who is there; in a queue, also who waits."""

    id: Id
    name: str
    counter: Id
    zone: Id
    queue: bool = False


class Target(Part):
    """Service level: this share of customers waits at most so long."""

    share: Annotated[float, Field(gt=0, lt=1)]
    within_min: Annotated[float, Field(gt=0)]


class Unit(Part):
    """A service with desks, in a zone."""

    id: Id
    name: str
    zone: Id
    desks: Annotated[int, Field(gt=0)]
    kind: Annotated[
        UnitKind, Field(description="what it is like; before anybody was counted, forecasts rest on it")
    ] = "other"
    service_min: Annotated[float, Field(gt=0, description="mean minutes at the desk")]
    target: Target
    share: Annotated[
        float | None,
        Field(
            gt=0,
            le=1,
            description="of those who come to its zone and do not only pass, who come to its desks",
        ),
    ] = None
    skills: tuple[Id, ...] = ()
    opening: Opening | None = None


class Spot(Part):
    """A place where a pop-up or a movable counter can stand."""

    id: Id
    name: str
    zone: Id
    at: Point
    size: Annotated[Size, Field(description="width and depth that are free")]
    power: bool = False
    escape_route: bool = False


class Partner(Part):
    """An organisation that brings pop-ups."""

    id: Id
    name: str


class Retention(Part):
    raw_days: Annotated[int, Field(ge=1)] = 30
    rollup_days: Annotated[int, Field(ge=30)] = 3 * 365


class Disclosure(Part):
    """What may be published: no finer bins and no smaller counts than these."""

    bin_minutes: Annotated[int, Field(ge=15)] = 15
    min_count: Annotated[int, Field(ge=3)] = 5


class Site(Part):
    """One building."""

    id: Id
    name: str
    time_zone: Annotated[str, AfterValidator(known_time_zone)]
    country: Annotated[str, Field(pattern=COUNTRY, description="for public holidays")]
    subdivision: Annotated[str | None, Field(description="its part, for holidays of its own")] = None
    capacity: Annotated[int, Field(gt=0, description="people allowed inside at once")]
    opening: Opening
    floors: Annotated[tuple[Floor, ...], Field(min_length=1)]
    zones: Annotated[tuple[Zone, ...], Field(min_length=1)]
    counters: tuple[Counter, ...]
    lines: tuple[Line, ...]
    areas: tuple[Area, ...] = ()
    units: tuple[Unit, ...] = ()
    spots: tuple[Spot, ...] = ()
    partners: tuple[Partner, ...] = ()
    closures: Annotated[
        tuple[Days, ...], Field(description="when the site is closed though it would be open")
    ] = ()
    school_holidays: tuple[Days, ...] = ()
    events: tuple[Event, ...] = ()
    pop_ups: tuple[PopUp, ...] = ()
    retention: Retention = Retention()
    disclosure: Disclosure = Disclosure()

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def local(self, at: datetime) -> datetime:
        """The site's wall clock at an instant."""
        return at.astimezone(self.tz)

    def is_closed(self, day: date) -> bool:
        """Whether a closure says so; weekdays and public holidays are told by `calendar.hours_of`."""
        return any(closure.first <= day <= (closure.last or closure.first) for closure in self.closures)

    def lines_of(self, counter: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.counter == counter)

    def areas_of(self, counter: str) -> tuple[Area, ...]:
        return tuple(area for area in self.areas if area.counter == counter)

    def name_of(self, subject: str) -> str:
        """What people call a zone or a counter; any other subject is the site itself."""
        names = {zone.id: zone.name for zone in self.zones} | {one.id: one.name for one in self.counters}
        return names.get(subject, self.name)

    def doors(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.door)
