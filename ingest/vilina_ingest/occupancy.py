"""People inside, from the crossings around each zone: the live estimate of the open local day.

Before opening a square is empty, so the day begins at zero and counts on: who entered less who left, never below zero.
A gap is not zero: the estimate stays where it was, and says since when it is uncertain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vilina_ingest.site import OUTSIDE, Line
from vilina_ingest.store import Bins, FlowSeries


@dataclass(frozen=True, slots=True)
class Occupancy:
    """People inside a zone, or the whole site (`zone` is None), estimated live.

    `curve` has the people at the end of each bin, the last one as of now; None in bins with a gap.
    `uncertain_since` is the start of the first gap of the day at a line around the zone.
    """

    zone: str | None
    people: int
    curve: tuple[int | None, ...]
    uncertain_since: datetime | None


def live_occupancy(
    flows: Mapping[str, FlowSeries], lines: Sequence[Line], bins: Bins, *, zone: str | None = None
) -> Occupancy:
    """Occupancy of a zone, or of the site, by flows since the local day began; the last bin may still be open."""
    around = [(flows[line.id], sign) for line in lines if (sign := _sign(line, zone))]
    people, curve, uncertain_since = 0, list[int | None](), None
    last = len(bins) - 1
    for i in range(len(bins)):
        known = [(s.entered[i], s.left[i], sign) for s, sign in around]
        net = sum(sign * ((entered or 0) - (left or 0)) for entered, left, sign in known)
        people = max(0, people + net)
        gap = any(entered is None for entered, _, _ in known)
        # The open bin has no report yet in its first minute; that is not a gap.
        if gap and i < last and uncertain_since is None:
            uncertain_since = bins.edges[i]
        curve.append(None if gap and i < last else people)
    return Occupancy(zone, people, tuple(curve), uncertain_since)


def _sign(line: Line, zone: str | None) -> int:
    """+1 if entering by the line adds to the zone, -1 if it takes away, 0 if it is not around the zone."""
    if zone is None:
        return (line.origin == OUTSIDE) - (line.to == OUTSIDE)
    return (line.to == zone) - (line.origin == zone)
