"""What a planner looks at: the whole site, a unit, or a zone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from vilina_api.errors import NotFound
from vilina_api.forecast_subject import Subject as Asked
from vilina_api.forecast_subject import subject_of
from vilina_api.staffing.shares import Share
from vilina_ingest.site import Site

Kind = Literal["site", "unit", "zone"]
WHOLE: Final = "site"


@dataclass(frozen=True, slots=True)
class Subject:
    """A week is planned for all of it; charts are of one."""

    kind: Kind
    id: str
    name: str

    def forecast(self, site: Site, shares: Mapping[str, Share]) -> Asked:
        """Whom a forecast of it is about."""
        unit, zone = (self.id if self.kind == kind else None for kind in ("unit", "zone"))
        return subject_of(site, shares, unit=unit, zone=zone, floor=None)

    def __str__(self) -> str:
        """As addresses have it."""
        return WHOLE if self.kind == "site" else f"{self.kind}:{self.id}"


def subjects(site: Site) -> Iterator[Subject]:
    """All that can be looked at."""
    yield Subject("site", site.id, site.name)
    for unit in site.units:
        yield Subject("unit", unit.id, unit.name)
    for zone in site.zones:
        yield Subject("zone", zone.id, zone.name)


def subject(site: Site, text: str) -> Subject:
    """Written like site, unit:library or zone:hall.

    Raises:
        NotFound: the site does not have it.
    """
    found = {str(one): one for one in subjects(site)}
    if text not in found:
        raise NotFound(f"There is no {text!r} in site {site.id!r}; there are {', '.join(found)}.")
    return found[text]
