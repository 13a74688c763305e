"""Any staff played against sampled demand: what it costs, and whether targets hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, sqrt

from vilina_api.staffing.at_desks import Manned
from vilina_api.staffing.judge import NORMAL_95, Interval, Judged, judge
from vilina_api.staffing.plan import HOUR_MIN
from vilina_api.staffing.rules import Staffed


@dataclass(frozen=True, eq=False)
class Played:
    """A unit's staff, and what plays of it came to."""

    manned: Manned
    by: Staffed
    judged: Judged

    @property
    def desk_hours(self) -> float:
        return sum(self.manned.staff) * self.manned.demand.slot_min / HOUR_MIN

    @property
    def paid_hours(self) -> float:
        return self.desk_hours * self.by.rules.paid

    @property
    def eur(self) -> float:
        return self.paid_hours * self.by.rules.hour_eur

    @property
    def served(self) -> float:
        """Visits of one play that were served, in time or not."""
        return self.judged.visits * (1 - self.judged.gave_up.value) if self.judged.visits else 0.0

    @cached_property
    def short(self) -> tuple[int, ...]:
        """Slots of which it is sure that fewer than the target asks for are served in time, the worst first."""
        share = self.by.target.share
        sure = [i for i, one in enumerate(self.judged.slots) if isfinite(one.value) and one.high < share]
        return tuple(sorted(sure, key=lambda i: self.judged.slots[i].value))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedSum:
    """Of several units: hours and euros of staff, visits that were served, and the share of all who were in time."""

    paid_hours: float
    eur: float
    visits: float
    served: float
    within: Interval

    @property
    def eur_per_visit(self) -> float | None:
        """Of those served; None where nobody was."""
        return self.eur / self.served if self.served else None


def play(manned: Manned, by: Staffed, *, plays: int, seed: int = 1) -> Played:
    """As `judge` does."""
    return Played(manned, by, judge(manned.demand, by, manned.staff, plays=plays, seed=seed))


def sum_of(played: Sequence[Played]) -> PlayedSum:
    """Units are played each with dice of its own, so squares of errors add up."""
    known = [one for one in played if one.judged.visits]
    visits = sum(one.judged.visits for one in known)
    share = sum(one.judged.within.value * one.judged.visits for one in known) / visits if visits else 1.0
    errors = [
        (one.judged.within.high - one.judged.within.value) / NORMAL_95 * one.judged.visits for one in known
    ]
    error = NORMAL_95 * sqrt(sum(each**2 for each in errors)) / visits if visits else 0.0
    return PlayedSum(
        paid_hours=sum(one.paid_hours for one in played), eur=sum(one.eur for one in played), visits=visits,
        served=sum(one.served for one in played), within=Interval(share, share - error, share + error),
    )  # fmt: skip
