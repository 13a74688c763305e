"""Shares of units as tickets show them, where there are tickets, and else as the site file says them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from vilina_api.errors import StaffingError
from vilina_api.forecasting.counts import Counts
from vilina_api.staffing.service import Floats
from vilina_api.staffing.shares import HOURS, Share, learned_shares, said_shares
from vilina_api.staffing.tickets import Tickets, without_silence
from vilina_api.staffing.unit_demand import opening
from vilina_ingest.site import Site


class Calibrated(NamedTuple):
    """Shares by unit, and what a person should know about how they were found."""

    shares: dict[str, Share]
    notes: tuple[str, ...]


def calibrated(site: Site, tickets: Tickets, counts: Counts) -> Calibrated:
    """Learn from tickets, beside who was counted entering zones: series of `counts` are named by zones.

    Raises:
        StaffingError: they have no time or no zone in common, or too little.
    """
    drawn = tickets.by_hour({unit.id: opening(site, unit) for unit in site.units})
    came = _came(site, tickets, counts)
    notes = []
    for unit in site.units:
        if unit.id not in drawn:
            continue
        if unit.zone not in came:
            raise StaffingError(
                f"{unit.id} has tickets, but its zone {unit.zone} has no counts; they are of {', '.join(counts.names)}"
            )
        drawn[unit.id], silent = without_silence(drawn[unit.id], came[unit.zone])
        if silent:
            notes.append(
                f"{unit.id}: {silent} hours without a ticket, while people came, are taken for gaps, not for nobody"
            )
    return Calibrated(said_shares(site) | learned_shares(site.units, drawn, came), tuple(notes))


def _came(site: Site, tickets: Tickets, counts: Counts) -> Mapping[str, Floats]:
    """Who came to each zone in the days of the tickets and did not only pass (D, 24); an hour with a gap is one."""
    passing = {zone.id: zone.passing for zone in site.zones}
    days = counts.of(tickets.first, tickets.days)
    if not np.isfinite(days).any():
        last = tickets.first + timedelta(days=tickets.days - 1)
        raise StaffingError(
            f"nobody was counted on the days of the tickets, {tickets.first} to {last}; give counts of the same days"
        )
    hours = days.reshape(*days.shape[:2], HOURS, -1).sum(axis=-1)
    return {name: hours[i] * (1 - passing.get(name, 0.0)) for i, name in enumerate(counts.names)}
