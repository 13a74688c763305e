"""`vilina staffing play`: any plan or roster, judged by simulation."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from vilina_api.errors import StaffingError
from vilina_api.rostering.document import read_roster
from vilina_api.rostering.manning import at_desks
from vilina_api.staffing.at_desks import Given, Manned, days_of, manned
from vilina_api.staffing.played import play
from vilina_api.staffing.report_plays import play_document, play_table
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.staff_file import read_staff
from vilina_api.staffing_options import Asked, Coming, demand_options, said, tell, watched
from vilina_ingest.site import Site

FEWEST_PLAYS: Final = 20
"""Fewer say nothing of how sure they are."""
PLAYS: Final = 200
MOST_PLAYS: Final = 10_000


@click.command("play")
@demand_options
@click.option("--staff", "staff_path", type=click.Path(path_type=Path),
              help="Who is at the desks: what `plan --json` printed, or a CSV file with columns start, unit, staff and "
                   "if known minutes. By default the column staff of --csv.")  # fmt: skip
@click.option("--roster", "roster_path", type=click.Path(path_type=Path),
              help="Or those of a file that `vilina roster plan --out` wrote. Needs --site.")  # fmt: skip
@click.option("--plays", type=click.IntRange(FEWEST_PLAYS, MOST_PLAYS), default=PLAYS, show_default=True,
              help="How many times.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Of the plays.")
@click.option("--slots", is_flag=True, help="Say it of each slot, too.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def play_command(
    staff_path: Path | None, roster_path: Path | None, plays: int, seed: int, *, slots: bool, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Play any plan or roster, yours too, customer by customer against sampled demand: who is served in time, how long
    people wait, how long staff are idle, each with its 95 % interval.
    """
    asked = Asked(**options)
    with said():
        site = asked.site()
        given = _given(staff_path, roster_path, site)
        coming = asked.coming(site, tell=tell)
        chosen = _played_units(coming, given, asked.units)
        found = [play(one, by, plays=plays, seed=seed) for one, by in _manned(chosen, given, site)]
    if as_json:
        click.echo(json.dumps(play_document(found), indent=2))
    else:
        click.echo("\n".join(play_table(found, slots=slots)))


def _given(staff_path: Path | None, roster_path: Path | None, site: Site | None) -> Given | None:
    """Staff of a file; None if there is none."""
    if staff_path is not None and roster_path is not None:
        raise click.UsageError("--staff and --roster both say who is at the desks; give one")
    if staff_path is not None:
        return read_staff(staff_path)
    if roster_path is None:
        return None
    if site is None:
        raise click.UsageError("--roster needs --site, whose units it is of")
    try:
        content = roster_path.read_bytes()
    except OSError as error:
        raise StaffingError(f"{roster_path} cannot be read: {error.strerror}") from error
    return at_desks(read_roster(content, site, where=str(roster_path))[1])


def _played_units(coming: Sequence[Coming], given: Given | None, units: Sequence[str]) -> list[Coming]:
    """Those of which staff is given; whatever is left out is said."""
    if given is None:
        unsaid = [one.demand.unit for one in coming if one.of.staff is None]
        if unsaid:
            raise click.UsageError(
                "say who is at the desks: give --staff, --roster, or a --csv with staff in each open slot"
                f" ({', '.join(unsaid)} lacks it)"
            )
        return list(coming)
    known = [one.demand.unit for one in coming]
    for unit in given:
        if unit not in known and given[unit] and (not units or unit in units):
            tell(f"{unit} is not played: nobody is expected there")
    for unit in known:
        if not given.get(unit):
            tell(f"{unit} is not played: no staff is given")
    found = [one for one in coming if given.get(one.demand.unit)]
    if not found:
        raise StaffingError(
            f"staff is given of {', '.join(given)}, and people are expected at {', '.join(known)}; "
            "write units as the site file or the demand does"
        )
    return found


def _manned(
    coming: Sequence[Coming], given: Given | None, site: Site | None
) -> Iterator[tuple[Manned, Staffed]]:
    for one in watched(coming):
        if given is not None:
            yield manned(one.demand, given[one.demand.unit], site, days=days_of(given)), one.by
        elif one.of.staff is not None:
            yield Manned(one.demand, one.of.staff, 0.0), one.by
