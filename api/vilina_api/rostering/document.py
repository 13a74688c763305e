"""A roster as JSON, and back: for files between commands, and for the API."""

from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vilina_api.errors import RosterError
from vilina_api.rostering.people import Person
from vilina_api.rostering.required import Required
from vilina_api.rostering.roster import Change, Repaired, Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.shifts import Week
from vilina_ingest.site import Site

ROSTER: Final = TypeAdapter(Roster)
PEOPLE: Final = TypeAdapter(tuple[Person, ...])
CHANGES: Final = TypeAdapter(tuple[Change, ...])
FORMAT: Final = 1


class Planned(BaseModel):
    """What a roster was made of, and the roster: all that repairing it takes."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)] = FORMAT
    rules: ShiftRules
    people: tuple[Person, ...]
    need: Annotated[
        tuple[tuple[tuple[int, ...], ...], ...], Field(description="staff by unit, day and block")
    ]
    roster: Roster


def write_roster(week: Week, roster: Roster) -> bytes:
    """All of it as JSON."""
    need = tuple(tuple(tuple(day) for day in unit) for unit in week.required.need.tolist())
    planned = Planned(rules=week.rules, people=week.people, need=need, roster=roster)
    return planned.model_dump_json(indent=1).encode()


def read_roster(content: bytes, site: Site, *, where: str) -> tuple[Week, Roster]:
    """The same again.

    Raises:
        RosterError: it is no roster, or one of another site.
    """
    try:
        planned = Planned.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise RosterError(
            f"{where} is no roster ({place}: {first['msg']}); give a file of `vilina roster plan`"
        ) from error
    roster = planned.roster
    if roster.site != site.id or set(roster.units) != {unit.id for unit in site.units}:
        raise RosterError(f"{where} is of a site {roster.site!r} with other units; give its site file")
    required = Required(
        roster.first,
        tuple(unit.id for unit in site.units),
        planned.rules.block_min,
        np.array(planned.need, np.int64),
    )
    return Week(site, planned.people, required, planned.rules), roster


def document(roster: Roster) -> dict[str, Any]:
    """A roster for programs, with its gap."""
    told: dict[str, Any] = ROSTER.dump_python(roster, mode="json")
    told["quality"]["gap"] = round(roster.quality.gap, 5)
    return told


def repair_document(repaired: Repaired) -> dict[str, Any]:
    """A repair for programs: who changes what, and the roster after it."""
    return {
        "others": repaired.others,
        "changes": CHANGES.dump_python(repaired.changes, mode="json"),
        "roster": document(repaired.roster),
    }
