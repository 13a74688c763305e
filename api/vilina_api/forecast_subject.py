"""What a forecast is asked about: a unit, a zone, a floor, or the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from vilina_api.errors import BadRequest, NotFound
from vilina_api.forecasting.counts import Floats
from vilina_api.site_forecast.documents import Level
from vilina_api.site_forecast.hierarchy import SITE, floor_key, zone_key
from vilina_api.site_forecast.quarters import by_hour
from vilina_api.staffing.shares import Share
from vilina_api.staffing.unit_forecast import unit_counts, unit_quantiles
from vilina_ingest.site import Site, Unit


@dataclass(frozen=True, slots=True)
class Subject:
    """`key` is that of its people in the hierarchy of the site; a unit's are its share of those of its zone."""

    level: Level
    id: str
    key: str
    name: str
    unit: Unit | None = None
    share: Share | None = None

    def people(self, site: Site, quantiles: Floats, first: date) -> Floats:
        """(D, H, Q) of the subject from those of its key, on local days from `first` on."""
        if self.unit is None or self.share is None:
            return quantiles
        return unit_quantiles(site, self.unit, quantiles, first, self.share)

    def came(self, site: Site, quarters: Floats, first: date, *, hourly: bool) -> Floats:
        """(D, 24 or 96) of the subject from those (D, 96) of its key; NaN in gaps."""
        if self.unit is not None and self.share is not None:
            quarters = unit_counts(site, self.unit, quarters, first, self.share)
        return by_hour(quarters[None])[0] if hourly else quarters

    @property
    def said(self) -> str | None:
        """Of a unit: what it is taken to get of its zone, in a sentence."""
        return None if self.share is None else self.share.reason()


def subject_of(
    site: Site, shares: Mapping[str, Share], *, unit: str | None, zone: str | None, floor: str | None
) -> Subject:
    """One of them, or else the site; `shares` are those that units have of their zones.

    Raises:
        BadRequest: more than one is named.
        NotFound: the site does not have it.
    """
    asked = {"unit": unit, "zone": zone, "floor": floor}
    named = [what for what, name in asked.items() if name is not None]
    if len(named) > 1:
        raise BadRequest(f"Ask for a {named[0]} or for a {named[1]}, not for both.")
    if unit is not None:
        units = {one.id: one for one in site.units}
        found = units[_known("unit", unit, list(units))]
        return Subject("unit", found.id, zone_key(found.zone), found.name, found, shares[found.id])
    if zone is not None:
        names = {one.id: one.name for one in site.zones}
        return Subject("zone", _known("zone", zone, list(names)), zone_key(zone), names[zone])
    if floor is not None:
        names = {one.id: one.name for one in site.floors}
        return Subject("floor", _known("floor", floor, list(names)), floor_key(floor), names[floor])
    return Subject("site", site.id, SITE, site.name)


def _known(what: str, name: str, names: list[str]) -> str:
    if name not in names:
        raise NotFound(f"There is no {what} {name!r}; there are {', '.join(names) or 'none'}.")
    return name
