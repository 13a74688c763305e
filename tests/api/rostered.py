"""A small site with people, as tests of rosters want it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from tests.sites import SQUARE
from vilina_api.rostering.making import make
from vilina_api.rostering.people import Person
from vilina_api.rostering.required import UnitNeed, required
from vilina_api.rostering.roster import Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.shifts import Week
from vilina_ingest.site import Site

MONDAY: Final = date(2026, 3, 2)
BY: Final = {"zone": "hall", "desks": 4, "service_min": 12, "target": {"share": 0.8, "within_min": 10}}
UNITS: Final[tuple[dict[str, Any], ...]] = (
    {"id": "health", "name": "Health desk", "skills": ["nurse"], **BY},
    {"id": "citizen", "name": "Citizen service", "skills": ["guidance", "permits"], **BY},
    {"id": "library", "name": "Library", **BY},
)


def rostered_site() -> Site:
    return Site.model_validate({**SQUARE, "units": list(UNITS)})


def person(name: str, *skills: str, hours: float = 37.5, **more: Any) -> Person:
    return Person(id=name.lower(), name=name, skills=frozenset(skills), hours=hours, **more)


PEOPLE: Final = (
    person("Aino", "nurse"),
    person("Ben", "nurse", "library"),
    person("Cia", "guidance", "permits"),
    person("Dan", "guidance", "permits", "library", hours=30),
    person("Eva", "library"),
    person("Fia", "nurse", "guidance", "permits"),
)


def needs(
    days: int = 2, *, staff: Mapping[str, int] | None = None, opens: int = 8, closes: int = 18
) -> tuple[UnitNeed, ...]:
    """The same staff in each half hour of some days from Monday on."""
    staff = {"health": 1, "citizen": 1, "library": 1} if staff is None else staff
    starts = [
        datetime.combine(MONDAY + timedelta(days=day), datetime.min.time())
        + timedelta(hours=opens, minutes=30 * n)
        for day in range(days)
        for n in range(2 * (closes - opens))
    ]
    return tuple(UnitNeed(unit, 30.0, tuple((at, n) for at in starts)) for unit, n in staff.items())


def document_of(wanted: Sequence[UnitNeed]) -> dict[str, Any]:
    """The same as `vilina staffing plan --json` prints it."""
    return {
        "units": [
            {
                "unit": need.unit,
                "slot_min": need.slot_min,
                "slots": [{"start": at.isoformat(), "staff": staff} for at, staff in need.slots],
            }
            for need in wanted
        ]
    }


def week(
    people: Sequence[Person] = PEOPLE,
    wanted: Sequence[UnitNeed] | None = None,
    rules: ShiftRules | None = None,
) -> Week:
    rules, site = rules or ShiftRules(), rostered_site()
    made = required(needs() if wanted is None else wanted, site, first=MONDAY, block_min=rules.block_min)
    return Week(site, tuple(people), made, rules)


def roster(of: Week, *, parts: int = 0) -> Roster:
    """The first one, or the best after so many parts of the search."""
    turns = iter(range(parts))
    return make(of, tell=lambda _: None, stop=lambda: next(turns, None) is None)
