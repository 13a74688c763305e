"""`vilina roster`: who works when."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import click
from pydantic import ValidationError

from vilina_api.errors import ApiError, RosterError
from vilina_api.rostering.document import document, read_roster, repair_document, write_roster
from vilina_api.rostering.exports import to_csv, to_ical, to_xlsx
from vilina_api.rostering.making import make
from vilina_api.rostering.people_file import read_people
from vilina_api.rostering.repair import repair
from vilina_api.rostering.required import from_document, required
from vilina_api.rostering.roster import AT_MOST, Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.search import Stage
from vilina_api.rostering.shifts import Week
from vilina_api.rostering.told import repair_lines, stage_line, summary, table
from vilina_edge.delivery.durable import write_whole
from vilina_ingest.errors import SiteError
from vilina_ingest.site_file import load_site

QUIET_S: Final = 2.0
SITE = click.option(
    "--site", "site_path", type=click.Path(path_type=Path), required=True, help="The site file."
)
ROSTER = click.option("--roster", "roster_path", type=click.Path(path_type=Path), required=True,
                      help="A file that `vilina roster plan --out` wrote.")  # fmt: skip


@click.group()
def roster() -> None:
    """Who works when: shifts for people with skills, contracts and wishes."""


def _day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no date; write like 2026-03-02") from error


@roster.command("plan")
@SITE
@click.option("--people", "people_path", type=click.Path(path_type=Path), required=True,
              help="CSV or XLSX: name, skills, hours; and if wanted id, available, away, prefers, avoids.")  # fmt: skip
@click.option("--staff", "staff_path", type=click.Path(path_type=Path), required=True,
              help="What `vilina staffing plan --json` printed.")  # fmt: skip
@click.option("--rules", "rules_path", type=click.Path(path_type=Path),
              help="JSON with the rules that are not the usual ones, like {\"rest_min\": 600}.")  # fmt: skip
@click.option(
    "--from", "first", callback=_day, help="First day of the week; by default the first one of the plan."
)
@click.option("--seconds", type=click.FloatRange(min=1), default=60.0, show_default=True,
              help="How long to look for a better one, at most.")  # fmt: skip
@click.option("--progress", is_flag=True, help="Say bound, gap and time while it runs, each time on a line.")
@click.option(
    "--out", "out_path", type=click.Path(path_type=Path), help="Keep it as JSON, for repair and export."
)
@click.option("--json", "as_json", is_flag=True, help="Print the roster as JSON.")
def plan_(
    site_path: Path, people_path: Path, staff_path: Path, rules_path: Path | None, *, first: date | None,
    seconds: float, progress: bool, out_path: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a week's roster. Ctrl-C ends the search and keeps the best so far; twice, it keeps nothing."""
    try:
        site = load_site(site_path)
        rules = _rules(rules_path)
        people = read_people(people_path, site, rules)
        needs = from_document(_json(staff_path))
        week = Week(site, people, required(needs, site, first=first, block_min=rules.block_min), rules)
        with _interrupted() as ended, _telling(progress) as tell:
            until = monotonic() + seconds
            made = make(week, tell=tell, stop=lambda: bool(ended) or monotonic() > until)
        if out_path is not None:
            _write(out_path, write_roster(week, made))
    except (ApiError, SiteError) as error:
        raise click.ClickException(str(error)) from error
    _print(made, as_json=as_json)


@roster.command("repair")
@SITE
@ROSTER
@click.option("--absent", required=True, help="Id of who cannot come.")
@click.option("--day", "days", multiple=True, callback=lambda c, o, v: [_day(c, o, one) for one in v],
              help="A day of absence; may be given again. By default all days of the roster.")  # fmt: skip
@click.option("--at-most", type=click.IntRange(min=0), default=AT_MOST, show_default=True,
              help="How many others may change at all.")  # fmt: skip
@click.option("--out", "out_path", type=click.Path(path_type=Path), help="Keep the repaired roster as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print changes and roster as JSON.")
def repair_(
    site_path: Path, roster_path: Path, *, absent: str, days: list[date], at_most: int, out_path: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Somebody is ill: change the roster so that as few others as possible notice."""
    try:
        week, made = _roster(site_path, roster_path)
        repaired = repair(week, made, absent=absent, days=days or made.days, at_most=at_most)
        if out_path is not None:
            _write(out_path, write_roster(week, repaired.roster))
    except (ApiError, SiteError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(repair_document(repaired), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(repair_lines(repaired)))


@roster.command("export")
@SITE
@ROSTER
@click.option(
    "--person", help="Id of whose shifts go into an .ics file; by default everybody's, into a folder."
)
@click.argument("path", type=click.Path(path_type=Path))
def export_(site_path: Path, roster_path: Path, *, person: str | None, path: Path) -> None:
    """Write the roster to PATH: .xlsx, .csv, or .ics for one person; a folder gets an .ics for each."""
    try:
        _, made = _roster(site_path, roster_path)
        now = datetime.now(UTC)
        if path.suffix == ".xlsx":
            _write(path, to_xlsx(made))
        elif path.suffix == ".csv":
            _write(path, to_csv(made))
        elif path.suffix == ".ics":
            if person is None:
                raise RosterError("whose calendar? Name one with --person, or give a folder for everybody's")
            _write(path, to_ical(made, person, made_at=now))
        else:
            path.mkdir(parents=True, exist_ok=True)
            for worker in made.workers:
                _write(path / f"{worker.id}.ics", to_ical(made, worker.id, made_at=now))
    except (ApiError, SiteError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error


def _rules(path: Path | None) -> ShiftRules:
    if path is None:
        return ShiftRules()
    try:
        return ShiftRules.model_validate(_json(path))
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'rules'}: {e['msg']}" for e in error.errors())
        raise RosterError(f"{path}: {told}") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RosterError(f"{path} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise RosterError(f"{path} is not JSON: {error}") from error


def _roster(site_path: Path, roster_path: Path) -> tuple[Week, Roster]:
    site = load_site(site_path)
    try:
        return read_roster(roster_path.read_bytes(), site, where=str(roster_path))
    except OSError as error:
        raise RosterError(f"{roster_path} cannot be read: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise RosterError(f"{path} cannot be written: {error.strerror}") from error


def _print(made: Roster, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(document(made), indent=2, ensure_ascii=False))
        click.echo("\n".join(summary(made)), err=True)
    else:
        click.echo("\n".join(table(made)))


@contextmanager
def _interrupted() -> Iterator[list[int]]:
    """A list that is not empty once Ctrl-C was pressed; pressed again, it interrupts as ever."""
    ended: list[int] = []

    def end(number: int, _frame: object) -> None:
        if ended:
            raise KeyboardInterrupt
        ended.append(number)
        click.echo("Ending with the best so far; Ctrl-C again to end at once.", err=True)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _telling(every: bool) -> Iterator[Any]:
    """What tells how far the search is: on one line that changes, or on many."""
    began, live = monotonic(), sys.stderr.isatty() and not every
    told = 0

    def tell(stage: Stage) -> None:
        nonlocal told
        seconds = monotonic() - began
        if not every and (seconds < QUIET_S or not live):
            return
        line = stage_line(stage, seconds)
        click.echo(f"\r{line:<{told}}" if live else line, nl=not live, err=True)
        told = max(told, len(line))

    try:
        yield tell
    finally:
        if live and told:
            click.echo(f"\r{'':<{told}}\r", nl=False, err=True)
