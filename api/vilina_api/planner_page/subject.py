"""What a planner looks at: the whole site, a unit, or a zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from vilina_api.errors import NotFound
from vilina_api.site_forecast.hierarchy import SITE, zone_key
from vilina_ingest.site import Site

Kind = Literal["site", "unit", "zone"]
WHOLE: Final = "site"


@dataclass(frozen=True, slots=True)
class Subject:
    """`key` is that of its people in the forecast; a unit's are those of its zone."""

    kind: Kind
    id: str
    name: str
    key: str

    def __str__(self) -> str:
        """As addresses have it."""
        return WHOLE if self.kind == "site" else f"{self.kind}:{self.id}"


def subjects(site: Site) -> Iterator[Subject]:
    """All that can be looked at."""
    yield Subject("site", site.id, site.name, SITE)
    for unit in site.units:
        yield Subject("unit", unit.id, unit.name, zone_key(unit.zone))
    for zone in site.zones:
        yield Subject("zone", zone.id, zone.name, zone_key(zone.id))


def subject(site: Site, text: str) -> Subject:
    """Written like site, unit:library or zone:hall.

    Raises:
        NotFound: the site does not have it.
    """
    found = {str(one): one for one in subjects(site)}
    if text not in found:
        raise NotFound(f"There is no {text!r} in site {site.id!r}; there are {', '.join(found)}.")
    return found[text]
