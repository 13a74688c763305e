"""What a shift may be, and how much of it one person may work: frozen, with defaults that most places know."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

HOUR_MIN = 60


class ShiftRules(BaseModel):
    """Rules that no roster breaks. Minutes of a day are those of the site's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    block_min: Annotated[
        Literal[15, 30, 60], Field(description="nobody changes desk, or takes a break, on a finer grid")
    ] = 30
    start_every_min: Annotated[
        int, Field(ge=15, le=240, description="shifts begin and end so often, from the day's opening on")
    ] = 60
    shortest_min: Annotated[int, Field(ge=60, le=720, description="presence, breaks included")] = 240
    longest_min: Annotated[int, Field(ge=60, le=720, description="presence, breaks included")] = 540
    rest_min: Annotated[int, Field(ge=0, le=1440, description="between the shifts of one person")] = 660
    most_days: Annotated[int, Field(ge=1, le=7, description="days of work a week")] = 5
    most_hours: Annotated[
        float, Field(gt=0, le=60, description="paid hours a week; a contract may say fewer")
    ] = 37.5
    break_min: Annotated[int, Field(ge=0, le=120, description="of a long shift; 0 for none")] = 30
    break_paid: Annotated[bool, Field(description="whether the break counts as hours")] = False
    long_min: Annotated[int, Field(ge=60, description="a shift of this presence or more has a break")] = 360
    break_after_min: Annotated[int, Field(ge=0, description="work before the break, at least")] = 150
    break_until_min: Annotated[int, Field(ge=0, description="the break is over so long after the start")] = (
        330
    )
    late_from_min: Annotated[
        int, Field(ge=0, le=1440, description="a shift that ends later in the day is an evening shift")
    ] = 18 * HOUR_MIN

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("start_every_min", "break_min", "shortest_min", "longest_min", "break_after_min"):
            if getattr(self, name) % self.block_min:
                raise ValueError(
                    f"{name} ({getattr(self, name)}) must be a multiple of block_min ({self.block_min})"
                )
        if self.longest_min < self.shortest_min:
            raise ValueError(
                f"longest_min ({self.longest_min}) must not be shorter than shortest_min ({self.shortest_min})"
            )
        if self.break_min and not (
            self.break_after_min + self.break_min <= self.break_until_min <= self.long_min
        ):
            raise ValueError(
                "a break must fit: break_after_min + break_min <= break_until_min <= long_min, "
                f"but {self.break_after_min} + {self.break_min}, {self.break_until_min}, {self.long_min}"
            )
        return self

    def has_break(self, presence_min: int) -> bool:
        return self.break_min > 0 and presence_min >= self.long_min

    def paid_hours(self, presence_min: int) -> float:
        """What counts of a shift."""
        unpaid = self.break_min if self.has_break(presence_min) and not self.break_paid else 0
        return (presence_min - unpaid) / HOUR_MIN

    def break_starts(self, start_min: int) -> range:
        """When the break of a long shift may begin, in minutes of the day."""
        latest = start_min + self.break_until_min - self.break_min
        return range(start_min + self.break_after_min, latest + 1, self.block_min)
