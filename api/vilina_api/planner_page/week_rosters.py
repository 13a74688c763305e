"""Rosters of weeks: the people who may work, kept in the folder of rosters, and the job that makes a week's roster."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from vilina_api.errors import BadRequest, NotFound, NotKept, RosterError
from vilina_api.planner_page.week import Week
from vilina_api.rostering.document import CHANGES, PEOPLE
from vilina_api.rostering.jobs import Job, Jobs
from vilina_api.rostering.people import Person
from vilina_api.rostering.people_file import read_people
from vilina_api.rostering.required import Required, from_plans, required
from vilina_api.rostering.roster import AT_MOST, Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.told import change_lines
from vilina_api.staffing.plan import StaffPlan
from vilina_ingest.site import Site

SECONDS: Final = 60.0
"""A roster is made better for so long, if it is not the best before."""
FOLDER: Final = "people"
KINDS: Final = (".csv", ".xlsx")
RULES: Final = ShiftRules()


@dataclass(frozen=True, slots=True, eq=False)
class WeekRoster:
    """A week's roster, the job that made it, and the staff that it was made for."""

    job: str
    required: Required
    roster: Roster


class WeekRosters:
    """Of one site. Everything reads or writes files: call it in threads."""

    def __init__(self, site: Site, *, jobs: Jobs, folder: Path) -> None:
        self._site, self._jobs, self._folder = site, jobs, folder / FOLDER
        self._names: dict[Week, str] | None = None

    def people(self) -> tuple[Person, ...]:
        """Those who may work; none before a file of them was kept.

        Raises:
            RosterError: the file fits the site no more.
        """
        for kind in KINDS:
            path = self._path(kind)
            if path.exists():
                return _read(path, self._site, path.name)
        return ()

    def keep_people(self, name: str, content: bytes) -> None:
        """Keep a file of people in the place of the one before.

        Raises:
            RosterError: it cannot be used; its text says which row, and the remedy.
            NotKept: it cannot be written.
        """
        kind = Path(name).suffix.lower()
        if kind not in KINDS:
            raise BadRequest(f"{name!r} is no file of people; give one that ends in .csv or .xlsx.")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with TemporaryDirectory(dir=self._folder) as place:
                path = Path(place) / f"new{kind}"
                path.write_bytes(content)
                _read(path, self._site, name)
                for other in KINDS:
                    self._path(other).unlink(missing_ok=True)
                shutil.move(path, self._path(kind))
        except OSError as error:
            raise NotKept(f"The people were not kept: {error.strerror}.") from error

    def start(self, week: Week, plans: Mapping[str, StaffPlan], *, now: datetime) -> None:
        """Begin a week's roster from its plans.

        Raises:
            RosterError: there are no people or no plans, or another roster is on its way.
        """
        people = self.people()
        if not people:
            raise RosterError("nobody is known who could work; give the file of people first")
        if not plans:
            raise RosterError(f"week {week.number} is not planned yet; plan it first")
        asked = {
            "staff": {"units": [_staff(unit, made) for unit, made in plans.items()]},
            "people": PEOPLE.dump_python(people, mode="json"), "seconds": SECONDS,
            "first": week.first.isoformat(), "rules": RULES.model_dump(),
        }  # fmt: skip
        self._known()[week] = self._jobs.start(asked, now=now).id

    def job(self, week: Week) -> Job:
        """How far the newest roster of a week is.

        Raises:
            NotFound: none was begun.
        """
        if week not in self._known():
            raise NotFound(f"No roster of week {week.number} was begun.")
        return self._jobs.job(self._known()[week])

    def absent(self, week: Week, person: str, day: date | None) -> tuple[str, ...]:
        """Somebody cannot come on a day, or all week: the week's roster is repaired, and kept so; what changes.

        Raises:
            NotFound: there is no roster of the week.
            RosterError: it cannot be repaired so.
        """
        made = self.roster(week)
        if made is None:
            raise NotFound(f"There is no roster of week {week.number} yet; make it first.")
        days = [] if day is None else [day.isoformat()]
        told = self._jobs.repair(made.job, {"person": person, "days": days, "at_most": AT_MOST})
        changes = CHANGES.validate_python(told["changes"])
        return tuple(change_lines(self._jobs.roster(made.job)[1], changes))

    def roster(self, week: Week) -> WeekRoster | None:
        """The newest of a week; None if there is none, or none yet."""
        name = self._known().get(week)
        try:
            if name is None or self._jobs.job(name).state != "done":
                return None
            asked, made = self._jobs.roster(name)
            return WeekRoster(name, asked.required, made)
        except NotFound:
            return None  # somebody has deleted it

    def _known(self) -> dict[Week, str]:
        """The newest job of each week, also of those that were made before the server was started."""
        if self._names is None:
            found = {}
            for name in self._jobs.names():
                if self._jobs.job(name).state == "done":
                    found[Week.of(self._jobs.roster(name)[1].first)] = name
            self._names = found
        return self._names

    def _path(self, kind: str) -> Path:
        return self._folder / f"people{kind}"


def fits(asked: Required, plans: Iterable[StaffPlan], site: Site) -> bool:
    """Whether a roster was made for just the staff of these plans, on the days that they are of."""
    needs = from_plans(plans)
    if not any(staff for need in needs for _, staff in need.slots):
        return True
    now = required(needs, site, first=asked.first, block_min=asked.block_min)
    days = np.flatnonzero(now.need.any(axis=(0, 2)))
    begin = int(days[0])
    return bool(np.array_equal(now.need[:, begin:], asked.need[:, begin:]))


def _read(path: Path, site: Site, name: str) -> tuple[Person, ...]:
    """People of a file that people know by its name, not by where it is kept."""
    try:
        return read_people(path, site, RULES)
    except RosterError as error:
        raise RosterError(str(error).replace(str(path), name)) from error


def _staff(unit: str, made: StaffPlan) -> dict[str, Any]:
    """A plan, as a roster is asked for by it."""
    slots = [{"start": slot.start.isoformat(), "staff": slot.staff} for slot in made.slots]
    return {"unit": unit, "slot_min": made.demand.slot_min, "slots": slots}
