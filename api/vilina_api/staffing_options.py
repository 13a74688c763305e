"""What the commands of `vilina staffing` have in common: who comes, from which file, and what units are planned by."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import click
from pydantic import ValidationError

from vilina_api.errors import ApiError, StaffingError
from vilina_api.forecasting.counts_file import Columns, read_counts
from vilina_api.site_forecast.options import models_option, planned_of, planned_option
from vilina_api.site_forecast.serving import HORIZON
from vilina_api.staffing.calibration import calibrated
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.demand_file import UnitDemand, read_demand
from vilina_api.staffing.rules import Rules, Staffed
from vilina_api.staffing.service import USUAL_CV, Service
from vilina_api.staffing.shares import Share, said_shares
from vilina_api.staffing.tickets import read_tickets
from vilina_api.staffing.unit_demand import unit_demands
from vilina_api.staffing_store import counted_zones, forecast_zones
from vilina_ingest.errors import IngestError
from vilina_ingest.site import Site, Target, Unit
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import HELP

HOUR_EUR: Final = 30.0

Command = TypeVar("Command", bound=Callable[..., object])


class Coming(NamedTuple):
    """A unit's demand, its staff of now where a file says it, and what it is planned by."""

    of: UnitDemand
    by: Staffed

    @property
    def demand(self) -> Demand:
        return self.of.demand


def target_of(_context: click.Context, _option: click.Parameter, text: str | None) -> Target | None:
    """A share in percent and minutes, like 80/10."""
    if text is None:
        return None
    try:
        share, within = (float(part) for part in text.split("/"))
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no target; write like 80/10 for 80 % within 10 minutes"
        ) from error
    if 0 < share < 1:
        raise click.BadParameter(
            f"a target of {share:g} % is hardly one; write {100 * share:g}/{within:g} for {100 * share:g} %"
        )
    try:
        return Target(share=share / 100, within_min=within)
    except ValidationError as error:
        raise click.BadParameter(
            f"a target of {share:g} % within {within:g} minutes cannot be; "
            "the share is more than 0 and less than 100 %, the minutes are more than 0"
        ) from error


def _share(_context: click.Context, _option: click.Parameter, percent: float) -> float:
    return percent / 100


_OPTIONS: Final = (
    click.option("--csv", "csv_path", type=click.Path(path_type=Path),
                 help="Who comes to units: columns time (slot's start), unit, and q05 q10 q25 q50 q75 q90 q95 or one "
                      "value of people; staff, if known, is how many there are now. A slot not there, or with nobody, "
                      "is closed."),
    click.option("--forecast", "forecast_paths", type=click.Path(path_type=Path), multiple=True,
                 help="Who comes to a zone, as `vilina forecast show --csv` says it, or columns time, zone, q05 to "
                      "q95; may be given again. Needs --site, whose units have shares of their zones."),
    click.option("--store", "store_address",
                 help=f"Where the site's counts are, to forecast its zones from. Needs --site. {HELP}"),
    click.option("--days", type=click.IntRange(1, HORIZON), default=7, show_default=True,
                 help="With --store: local days from today on."),
    models_option,
    planned_option,
    click.option("--tickets", "tickets_path", type=click.Path(path_type=Path),
                 help="Queue tickets, which teach the units' shares: columns time, unit, and count, or a row for each "
                      "ticket. Needs --counts or --store."),
    click.option("--counts", "counts_path", type=click.Path(path_type=Path),
                 help="Who was counted entering zones in the days of the tickets: columns time, zone, value."),
    click.option("--spread", type=float, default=15.0, show_default=True, callback=_share,
                 help="Of one value: percent by which a day may differ from it, as a standard deviation."),
    click.option("--counted", is_flag=True,
                 help="Quantiles are of people counted, as a forecast's: chance alone is taken out. Always so with "
                      "--forecast and --store."),
    click.option("--site", "site_path", type=click.Path(path_type=Path),
                 help="Site file, for what its units know: minutes of service, target, desks."),
    click.option("--unit", "units", multiple=True, help="Only this unit; may be given again."),
    click.option("--service-min", type=float, help="Mean minutes at the desk."),
    click.option("--service-cv", type=float, default=USUAL_CV, show_default=True,
                 help="Spread of service times: standard deviation over mean."),
    click.option("--target", callback=target_of, help="Service level: 80/10 is 80 % within 10 minutes."),
    click.option("--patience-min", type=float, default=inf, show_default="endless",
                 help="Mean minutes after which who waits gives up."),
    click.option("--least", type=int, default=1, show_default=True, help="Always present while it is open."),
    click.option("--desks", type=click.IntRange(min=1), help="The most who can work at once."),
    click.option("--shrinkage", type=float, default=0.0, show_default=True, callback=_share,
                 help="Percent of paid time away: ill, in training, in meetings."),
    click.option("--breaks", type=float, default=0.0, show_default=True, callback=_share,
                 help="Percent of the time present that is paid breaks."),
    click.option("--hour-eur", type=float, default=HOUR_EUR, show_default=True,
                 help="What a paid hour costs, in euros."),
)  # fmt: skip


def demand_options(command: Command) -> Command:
    """All of them, which come as the fields of Asked."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options say."""

    csv_path: Path | None
    forecast_paths: tuple[Path, ...]
    store_address: str | None
    days: int
    models: Path | None
    planned_path: Path | None
    tickets_path: Path | None
    counts_path: Path | None
    spread: float
    counted: bool
    site_path: Path | None
    units: tuple[str, ...]
    service_min: float | None
    service_cv: float
    target: Target | None
    patience_min: float
    least: int
    desks: int | None
    shrinkage: float
    breaks: float
    hour_eur: float

    def __post_init__(self) -> None:
        if self.csv_path is not None and self.forecast_paths:
            raise click.UsageError(
                "give --csv with who comes to units, or --forecast with who comes to zones"
            )
        if self.csv_path is None and not self.forecast_paths and self.store_address is None:
            raise click.UsageError("say who comes: give --csv, --forecast, or --store")
        if self.csv_path is None and self.site_path is None:
            raise click.UsageError(
                "--forecast and --store need --site, which says what units there are in the zones"
            )
        if self.counts_path is not None and self.tickets_path is None:
            raise click.UsageError("--counts teach shares together with --tickets; give both")
        if self.tickets_path is not None and self.counts_path is None and self.store_address is None:
            raise click.UsageError(
                "--tickets teach shares beside counts of the same days; give --counts or --store"
            )
        if self.tickets_path is not None and self.csv_path is not None:
            raise click.UsageError(
                "--tickets teach shares of zones, and --csv has units already; leave one out"
            )

    @property
    def moved(self) -> bool:
        """Whether today's forecast knows already what has come."""
        return self.csv_path is None and not self.forecast_paths

    def site(self) -> Site | None:
        """Of the site file.

        Raises:
            SiteError: it cannot be used.
        """
        return load_site(self.site_path) if self.site_path else None

    def coming(self, site: Site | None, *, tell: Callable[[str], None]) -> list[Coming]:
        """Units, who comes to them and what they are planned by; whatever a person should know of it is told.

        Raises:
            ApiError: a file or a wish cannot be used.
        """
        rules = Rules(
            least=self.least, desks=self.desks, shrinkage=self.shrinkage, break_share=self.breaks,
            hour_eur=self.hour_eur,
        )  # fmt: skip
        if self.csv_path is not None:
            found = _chosen(read_demand(self.csv_path, spread=self.spread, counted=self.counted), self.units)
            for note in (note for one in found for note in one.notes()):
                tell(note)
        else:
            assert site is not None
            found = self._from_forecast(site, tell)
        known = {unit.id: unit for unit in site.units} if site else None
        return [Coming(one, self._staffed(_known(one.demand.unit, known), rules)) for one in found]

    def _from_forecast(self, site: Site, tell: Callable[[str], None]) -> list[UnitDemand]:
        zones = self._zones(site, tell)
        shares = self.shares(site, tell)
        demands = unit_demands(site, zones, shares, self.units)
        for demand in demands:
            tell(shares[demand.unit].reason())
        return [UnitDemand(demand, None) for demand in demands]

    def _zones(self, site: Site, tell: Callable[[str], None]) -> dict[str, Demand]:
        if not self.forecast_paths:
            tell("Reading the past of the site.")
            planned = planned_of(self.planned_path, site)
            return forecast_zones(
                site, str(self.store_address), models=self.models, planned=planned, days=self.days
            )
        zones: dict[str, Demand] = {}
        for path in self.forecast_paths:
            for one in read_demand(path, spread=self.spread, of="zone"):
                if one.demand.unit in zones:
                    raise StaffingError(
                        f"{path}: zone {one.demand.unit} is in a file before, too; give it once"
                    )
                for note in one.notes():
                    tell(note)
                zones[one.demand.unit] = one.demand
        return zones

    def shares(self, site: Site, tell: Callable[[str], None]) -> dict[str, Share]:
        """Of zones: learned from tickets if there are any, and else as the site file says them.

        Raises:
            ApiError: a file cannot be used.
            StoreError: the store cannot be read.
        """
        if self.tickets_path is None:
            return said_shares(site)
        tickets = read_tickets(self.tickets_path, [unit.id for unit in site.units], site.tz)
        if self.counts_path is not None:
            counts, notes = read_counts(self.counts_path, Columns("time", "value", "zone"), zone=site.tz)
        else:
            counts = counted_zones(site, str(self.store_address), first=tickets.first, days=tickets.days)
            notes = ()
        found = calibrated(site, tickets, counts)
        for note in (*notes, *found.notes):
            tell(note)
        return found.shares

    def _staffed(self, unit: Unit | None, rules: Rules) -> Staffed:
        """What is asked for, and for what is not, what the site says of the unit."""
        service_min, target = self.service_min, self.target
        if unit is not None:
            service_min = unit.service_min if service_min is None else service_min
            target = target or unit.target
            rules = replace(rules, desks=rules.desks or unit.desks)
        if service_min is None or target is None:
            raise StaffingError("give --service-min and --target, or a --site whose units say them")
        return Staffed(
            service=Service(service_min, self.service_cv), target=target, rules=rules,
            patience_min=self.patience_min,
        )  # fmt: skip


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


@contextmanager
def said() -> Iterator[None]:
    """Errors of ours are said, without where they were raised."""
    try:
        yield
    except (ApiError, IngestError) as error:
        raise click.ClickException(str(error)) from error


def tell(note: str) -> None:
    click.echo(note, err=True)


def told_before(_note: str) -> None:
    """Where the same was read for the demand."""


def watched(coming: Sequence[Coming]) -> Iterator[Coming]:
    """Say which unit is planned, because a week of many takes seconds."""
    for number, one in enumerate(coming, start=1):
        if len(coming) > 1:
            tell(f"{one.demand.unit}, {number} of {len(coming)}")
        yield one
