"""`vilina staffing`: how many staff each unit needs, why, and at what cost."""

import json
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError

from vilina_api.errors import StaffingError
from vilina_api.staffing.cost import present
from vilina_api.staffing.demand_file import UnitDemand, read_demand
from vilina_api.staffing.judge import judge
from vilina_api.staffing.plan import plan
from vilina_api.staffing.pooling import pool
from vilina_api.staffing.report import PlannedUnit, document, table
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import USUAL_CV, Service
from vilina_ingest.errors import SiteError
from vilina_ingest.site import Target, Unit
from vilina_ingest.site_file import load_site

FEWEST_PLAYS: Final = 20
"""Fewer say nothing of how sure they are."""


@click.group()
def staffing() -> None:
    """How many staff each unit needs, for whoever may come."""


def _target(_context: click.Context, _option: click.Parameter, text: str | None) -> Target | None:
    """A share in percent and minutes, like 80/10."""
    if text is None:
        return None
    try:
        share, within = (float(part) for part in text.split("/"))
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no target; write like 80/10 for 80 % within 10 minutes"
        ) from error
    try:
        return Target(share=share / 100, within_min=within)
    except ValidationError as error:
        raise click.BadParameter(
            f"a target of {share:g} % within {within:g} minutes cannot be; "
            "the share is more than 0 and less than 100 %, the minutes are more than 0"
        ) from error


def _share(_context: click.Context, _option: click.Parameter, percent: float) -> float:
    return percent / 100


@staffing.command("plan")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), required=True,
              help="Columns time (slot's start), unit, and q05 q10 q25 q50 q75 q90 q95 or one value of people; staff, "
                   "if known, is how many there are now. A slot not there, or with nobody, is closed.")  # fmt: skip
@click.option("--spread", type=float, default=15.0, show_default=True, callback=_share,
              help="Of one value: percent by which a day may differ from it, as a standard deviation.")  # fmt: skip
@click.option("--counted", is_flag=True,
              help="Quantiles are of people counted, as a forecast's: chance alone is taken out.")  # fmt: skip
@click.option("--site", "site_path", type=click.Path(path_type=Path),
              help="Site file, for what its units know: minutes of service, target, desks.")  # fmt: skip
@click.option("--unit", "units", multiple=True, help="Only this unit; may be given again.")
@click.option("--service-min", type=float, help="Mean minutes at the desk.")
@click.option("--service-cv", type=float, default=USUAL_CV, show_default=True,
              help="Spread of service times: standard deviation over mean.")  # fmt: skip
@click.option("--target", callback=_target, help="Service level: 80/10 is 80 % within 10 minutes.")
@click.option("--patience-min", type=float, default=inf, show_default="endless",
              help="Mean minutes after which who waits gives up.")  # fmt: skip
@click.option("--least", type=int, default=1, show_default=True, help="Always present while it is open.")
@click.option("--desks", type=click.IntRange(min=1), help="The most who can work at once.")
@click.option("--shrinkage", type=float, default=0.0, show_default=True, callback=_share,
              help="Percent of paid time away: ill, in training, in meetings.")  # fmt: skip
@click.option("--breaks", type=float, default=0.0, show_default=True, callback=_share,
              help="Percent of the time present that is paid breaks.")  # fmt: skip
@click.option(
    "--hour-eur", type=float, default=30.0, show_default=True, help="What a paid hour costs, in euros."
)
@click.option("--simulate", type=click.IntRange(min=FEWEST_PLAYS), metavar="N",
              help="Judge the plan: play it so many times against sampled demand.")  # fmt: skip
@click.option("--together", is_flag=True, help="Say what it saves when these units share their staff.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the plays.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def plan_(
    csv_path: Path,
    spread: float,
    site_path: Path | None,
    units: tuple[str, ...],
    service_min: float | None,
    service_cv: float,
    target: Target | None,
    patience_min: float,
    least: int,
    desks: int | None,
    shrinkage: float,
    breaks: float,
    hour_eur: float,
    simulate: int | None,
    seed: int,
    *,
    counted: bool,
    together: bool,
    as_json: bool,
) -> None:
    """Print the least staff per slot with which the target holds over all that may come; why; and what it costs."""
    try:
        rules = Rules(least=least, desks=desks, shrinkage=shrinkage, break_share=breaks, hour_eur=hour_eur)
        known = {unit.id: unit for unit in load_site(site_path).units} if site_path else None
        coming = _chosen(read_demand(csv_path, spread=spread, counted=counted), units)
        planned = []
        for one in coming:
            by = _staffed(_known(one.demand.unit, known), service_min=service_min, service_cv=service_cv,
                          target=target, rules=rules, patience_min=patience_min)  # fmt: skip
            planned.append(_planned(one, by, simulate, seed))
        shared = pool([one.plan for one in planned]) if together else None
    except (StaffingError, SiteError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(document(planned, shared), indent=2))
    else:
        click.echo("\n".join(table(planned, shared)))


def _chosen(found: Sequence[UnitDemand], units: Sequence[str]) -> list[UnitDemand]:
    names = [one.demand.unit for one in found]
    for unit in units:
        if unit not in names:
            raise StaffingError(f"there is no unit {unit!r} in the file; it has {', '.join(names)}")
    return [one for one in found if not units or one.demand.unit in units]


def _known(name: str, units: dict[str, Unit] | None) -> Unit | None:
    if units is None:
        return None
    if name not in units:
        raise StaffingError(f"the site has no unit {name!r}; it has {', '.join(units) or 'none'}")
    return units[name]


def _staffed(
    unit: Unit | None,
    *,
    service_min: float | None,
    service_cv: float,
    target: Target | None,
    rules: Rules,
    patience_min: float,
) -> Staffed:
    """What is asked for, and for what is not, what the site says of the unit."""
    if unit is not None:
        service_min = unit.service_min if service_min is None else service_min
        target = target or unit.target
        rules = replace(rules, desks=rules.desks or unit.desks)
    if service_min is None or target is None:
        raise StaffingError("give --service-min and --target, or a --site whose units say them")
    return Staffed(
        service=Service(service_min, service_cv), target=target, rules=rules, patience_min=patience_min
    )


def _planned(coming: UnitDemand, by: Staffed, plays: int | None, seed: int) -> PlannedUnit:
    made = plan(coming.demand, by)
    return PlannedUnit(
        plan=made,
        now=present(coming.demand, by, coming.staff),
        judged=judge(coming.demand, by, made.staff, plays=plays, seed=seed) if plays else None,
    )
