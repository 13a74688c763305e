"""What a unit is planned by: its service, its target, and what else decides how many are at the desks."""

from dataclasses import dataclass, field
from math import inf, isfinite

from vilina_api.errors import StaffingError
from vilina_api.staffing.service import Service
from vilina_ingest.site import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What else decides how many are at the desks, and what their time costs.

    `least`: staff present in every open slot. `desks`: the most who can work at once. `shrinkage`: share of paid time
    in which staff are away, ill or in training. `break_share`: share of the time present that is a paid break.

    Raises:
        StaffingError: nobody can be planned by them.
    """

    least: int = 1
    desks: int | None = None
    shrinkage: float = 0.0
    break_share: float = 0.0
    hour_eur: float = 0.0

    def __post_init__(self) -> None:
        if self.least < 1:
            raise StaffingError(f"at least {self.least} present cannot be; an open unit has 1, or is closed")
        if self.desks is not None and self.desks < self.least:
            raise StaffingError(f"{self.desks} desks are fewer than the {self.least} who are to be present")
        for name, share in (("shrinkage", self.shrinkage), ("breaks", self.break_share)):
            if not 0 <= share < 1:
                raise StaffingError(
                    f"{name} of {100 * share:g} % cannot be; give 0 or more, and less than 100"
                )
        if not (isfinite(self.hour_eur) and self.hour_eur >= 0):
            raise StaffingError(f"an hour at {self.hour_eur:g} euros cannot be; give 0 or more")

    @property
    def paid(self) -> float:
        """Paid hours for each hour at a desk."""
        return 1 / (1 - self.shrinkage) / (1 - self.break_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffed:
    """What a unit is planned by."""

    service: Service
    target: Target
    rules: Rules = field(default_factory=Rules)
    patience_min: float = inf

    def __post_init__(self) -> None:
        if not self.patience_min > 0:
            raise StaffingError(f"a patience of {self.patience_min:g} minutes cannot be; give more than 0")
