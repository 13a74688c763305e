"""Who is at the desks of each unit in a roster, as plays and files of staff have it."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise

from vilina_api.rostering.roster import Roster
from vilina_api.staffing.at_desks import Span


def at_desks(roster: Roster) -> Mapping[str, tuple[Span, ...]]:
    """How many are at each unit and when, in local times; breaks are not at a desk."""
    changes: dict[str, dict[datetime, int]] = {unit: {} for unit in roster.units}
    for shift in roster.shifts:
        midnight = datetime.combine(shift.day, time())
        for stint in shift.stints:
            if stint.unit is not None:
                for minute, more in ((stint.start_min, 1), (stint.end_min, -1)):
                    at = midnight + timedelta(minutes=minute)
                    changes[stint.unit][at] = changes[stint.unit].get(at, 0) + more
    return {unit: _spans(sorted(found.items())) for unit, found in changes.items()}


def _spans(changes: list[tuple[datetime, int]]) -> tuple[Span, ...]:
    found: list[Span] = []
    staff = 0
    for (at, more), (then, _) in pairwise(changes):
        staff += more
        if staff:
            found.append(Span(at, then, staff))
    return tuple(found)
