"""The process of one job: `python -m vilina_api.rostering.worker FOLDER make|repair`; an absence is on its stdin."""

import json
import sys
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from vilina_api.errors import ApiError, RosterError
from vilina_api.rostering.document import PEOPLE, read_roster, repair_document, write_roster
from vilina_api.rostering.jobs import ASKED, FAILED, PROGRESS, REFUSED, ROSTER, behind
from vilina_api.rostering.making import make
from vilina_api.rostering.repair import repair
from vilina_api.rostering.required import from_document, required
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.search import Stage
from vilina_api.rostering.shifts import Week
from vilina_edge.delivery.durable import write_whole
from vilina_ingest.site import Site


def week_of(asked: dict[str, Any]) -> Week:
    """What a job is asked for.

    Raises:
        RosterError: nothing can be made of it.
    """
    site, rules = Site.model_validate(asked["site"]), ShiftRules.model_validate(asked["rules"])
    first = None if asked["first"] is None else date.fromisoformat(asked["first"])
    needs = required(from_document(asked["staff"]), site, first=first, block_min=rules.block_min)
    return Week(site, PEOPLE.validate_python(asked["people"], strict=False), needs, rules)


def make_in(folder: Path) -> None:
    """Make the roster that a folder asks for, or say in it why not."""
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    began = monotonic()

    def tell(stage: Stage) -> None:
        said = {
            "seconds": round(monotonic() - began, 1), "bound": stage.bound, "best": stage.best,
            "gap": stage.gap, "uncovered": stage.uncovered,
        }  # fmt: skip
        write_whole(folder / PROGRESS, json.dumps(said).encode())

    try:
        week = week_of(asked)
        until = began + asked["seconds"]
        made = make(week, tell=tell, stop=lambda: monotonic() > until)
    except ApiError as error:
        write_whole(folder / FAILED, str(error).encode())
        return
    write_whole(folder / ROSTER, write_roster(week, made))


def repair_in(folder: Path, absence: dict[str, Any]) -> dict[str, Any]:
    """Repair the roster of a folder, and say what changes.

    Raises:
        RosterError: it cannot be.
    """
    site = Site.model_validate(json.loads((folder / ASKED).read_text(encoding="utf-8"))["site"])
    week, made = read_roster((folder / ROSTER).read_bytes(), site, where=folder.name)
    days = [date.fromisoformat(day) for day in absence["days"]] or list(made.days)
    repaired = repair(week, made, absent=absence["person"], days=days, at_most=absence["at_most"])
    write_whole(folder / ROSTER, write_roster(week, repaired.roster))
    return repair_document(repaired)


def main(folder: Path, what: str) -> int:
    if what == "make":
        behind()
        make_in(folder)
        return 0
    try:
        sys.stdout.write(json.dumps(repair_in(folder, json.load(sys.stdin))))
    except RosterError as error:
        sys.stderr.write(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
