"""`vilina staffing`: how many staff each unit needs, why, and at what cost; what a change would do; who should move."""

import json
from contextlib import closing
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import click

from vilina_api.errors import StaffingError
from vilina_api.staffing.came import came_to_units, came_today
from vilina_api.staffing.cost import present
from vilina_api.staffing.judge import judge
from vilina_api.staffing.moving import advice
from vilina_api.staffing.plan import plan
from vilina_api.staffing.pooling import pool
from vilina_api.staffing.present_file import read_present
from vilina_api.staffing.report import PlannedUnit, document, table
from vilina_api.staffing.report_changes import change_document, change_table, move_document
from vilina_api.staffing.tickets import read_tickets
from vilina_api.staffing.today import units_now
from vilina_api.staffing.what_if import Change, what_if
from vilina_api.staffing_options import (
    Asked,
    Coming,
    demand_options,
    said,
    target_of,
    tell,
    told_before,
    watched,
)
from vilina_api.staffing_play_cli import FEWEST_PLAYS, play_command
from vilina_edge.clock import SystemClock
from vilina_ingest.site import Target
from vilina_ingest.stores import open_store


@click.group()
def staffing() -> None:
    """How many staff each unit needs, for whoever may come."""


staffing.add_command(play_command)


@staffing.command("plan")
@demand_options
@click.option("--simulate", type=click.IntRange(min=FEWEST_PLAYS), metavar="N",
              help="Judge the plan: play it so many times against sampled demand.")  # fmt: skip
@click.option("--together", is_flag=True, help="Say what it saves when these units share their staff.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the plays.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def plan_(simulate: int | None, seed: int, *, together: bool, as_json: bool, **options: Any) -> None:
    """Print the least staff per slot with which the target holds over all that may come; why; and what it costs."""
    asked = Asked(**options)
    with said():
        coming = asked.coming(asked.site(), tell=tell)
        planned = [_planned(one, simulate, seed) for one in watched(coming)]
        shared = pool([one.plan for one in planned]) if together else None
    if as_json:
        click.echo(json.dumps(document(planned, shared), indent=2))
    else:
        click.echo("\n".join(table(planned, shared)))


def _clock(_context: click.Context, _option: click.Parameter, text: str | None) -> time | None:
    if text is None:
        return None
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time of day; write like 09:30") from error


def _clocks(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[time, time] | None:
    if text is None:
        return None
    begin, _, end = text.partition("-")
    try:
        return time.fromisoformat(begin), time.fromisoformat(end)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} are no hours; write like 12:00-13:00") from error


@staffing.command("what-if")
@demand_options
@click.option("--then-target", callback=target_of, help="Another target, like 90/5.")
@click.option("--then-service-min", type=float, help="Other mean minutes at the desk.")
@click.option("--then-demand", type=float, default=100.0, show_default=True, metavar="PERCENT",
              help="So many percent of the people.")  # fmt: skip
@click.option("--then-opens", callback=_clock, metavar="HH:MM", help="Open from then on, on every open day.")
@click.option("--then-closes", callback=_clock, metavar="HH:MM", help="Open until then.")
@click.option("--then-closed", callback=_clocks, metavar="HH:MM-HH:MM", help="Closed in between.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def what_if_(
    then_target: Target | None, then_service_min: float | None, then_demand: float, then_opens: time | None,
    then_closes: time | None, then_closed: tuple[time, time] | None, *, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Change target, service, opening hours or demand, and print the difference: hours, euros, who is in time.

    Opening hours change when people come, not how many.
    """
    asked = Asked(**options)
    with said():
        change = Change(
            target=then_target, service_min=then_service_min, demand_times=then_demand / 100, opens=then_opens,
            closes=then_closes, closed=then_closed,
        )  # fmt: skip
        coming = asked.coming(asked.site(), tell=tell)
        found = [what_if(one.demand, one.by, change) for one in watched(coming)]
    if as_json:
        click.echo(json.dumps({"units": [change_document(one) for one in found]}, indent=2))
    else:
        click.echo("\n".join(change_table(found)))


@staffing.command("move")
@demand_options
@click.option("--present", "present_path", type=click.Path(path_type=Path), required=True,
              help="Who is where: columns unit, staff, and, if known, waiting and skills (a;b).")  # fmt: skip
@click.option("--came", "came_path", type=click.Path(path_type=Path),
              help="Who came to units today: columns time, unit, and count, or a row for each; by default what the "
                   "--store says.")  # fmt: skip
@click.option("--at", "at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
              help="The local time, if it is not now.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def move_(
    present_path: Path, came_path: Path | None, at: datetime | None, *, as_json: bool, **options: Any
) -> None:  # fmt: skip
    """Say who should help whom in the next hour, now that today is not as expected; or that nobody should move."""
    asked = Asked(**options)
    if came_path is None and asked.store_address is None:
        raise click.UsageError(
            "give --came with who came to units today, or --store with the counts of zones"
        )
    with said():
        site = asked.site()
        if site is None:
            raise StaffingError("give --site, which says what skills units need")
        coming = asked.coming(site, tell=tell)
        demands = [one.demand for one in coming]
        at = at or site.local(SystemClock().now()).replace(tzinfo=None)
        if came_path is not None:
            tickets = read_tickets(came_path, [unit.id for unit in site.units], site.tz)
            came = {one.unit: tickets.by_slot(one) for one in demands}
        else:
            with closing(open_store(str(asked.store_address), read_only=True)) as reader:
                zones = came_today(reader, site, at.replace(tzinfo=site.tz).astimezone(UTC))
            came = came_to_units(site, demands, zones, asked.shares(site, told_before))
        now = units_now(
            demands, {one.demand.unit: one.by for one in coming}, came=came, moved=asked.moved,
            present=read_present(present_path, site),
            at=at.replace(tzinfo=site.tz) if demands[0].starts[0].tzinfo else at,
        )  # fmt: skip
        found = advice(now)
    click.echo(json.dumps(move_document(found), indent=2) if as_json else found.reason())


def _planned(coming: Coming, plays: int | None, seed: int) -> PlannedUnit:
    made = plan(coming.demand, coming.by)
    return PlannedUnit(
        plan=made,
        now=present(coming.demand, coming.by, coming.of.staff),
        judged=judge(coming.demand, coming.by, made.staff, plays=plays, seed=seed) if plays else None,
    )
