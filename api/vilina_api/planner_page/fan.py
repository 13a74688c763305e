"""What may come in a week as a fan, what came, and what was said of it yesterday."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import isfinite, isnan
from typing import Any, Final

import altair as alt

from vilina_api.forecasting.counts import DAY_MINUTES, Floats
from vilina_api.forecasting.forecast import HIGH, LEVELS, LOW, MEDIAN
from vilina_api.planner_page.axis import ChartWords, Size, WeekAxis, data, finished, y_axis
from vilina_api.planner_page.week import DAYS, Week
from vilina_api.theme import GAP, TOKENS

LOW_HALF, HIGH_HALF = LEVELS.index(0.25), LEVELS.index(0.75)
"""Places of the 50 % interval."""
BANDS: Final = (("low80", "high80", 0.22), ("low50", "high50", 0.3))
"""Lower and upper end of a band, and its strength."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanSlot:
    """People expected from `start` to `end`, local times: the middle, and the ends of the 50 and 80 % intervals.

    All of these are None where nothing was forecast. `came` is None in a gap and in what is not over. `said` is the
    middle of the day before, None where nothing was said.
    """

    start: datetime
    end: datetime
    low80: float | None
    low50: float | None
    middle: float | None
    high50: float | None
    high80: float | None
    came: float | None
    said: float | None


@dataclass(frozen=True, slots=True)
class Fan:
    """The open slots of a week, and until when (local time) they are over."""

    week: Week
    slots: tuple[FanSlot, ...]
    now: datetime

    @property
    def came(self) -> float | None:
        """In the slots that are over, without gaps; None where nothing came yet."""
        known = [slot.came for slot in self.slots if slot.came is not None]
        return sum(known) if known else None

    @property
    def to_come(self) -> float:
        """Expected in the slots that are not over."""
        return sum(slot.middle or 0.0 for slot in self.slots if slot.end > self.now)

    @property
    def was_said(self) -> bool:
        """Whether anything was said of it the day before."""
        return any(slot.said is not None for slot in self.slots)

    @property
    def gaps(self) -> tuple[FanSlot, ...]:
        """Slots that are over and of which nothing is known."""
        return tuple(slot for slot in self.slots if slot.came is None and slot.end <= self.now)


def fan(
    week: Week, *, expected: Floats, said: Floats | None = None, came: Floats | None = None, now: datetime
) -> Fan:
    """Of a week of H equal slots a day: `expected` (7, H, Q) quantiles, `said` and `came` (7, H).

    NaN is what nothing is known of. `now` is the site's local time, naive. Slots in which nobody is expected and nobody
    came are closed, and left out.
    """
    slots = expected.shape[1]
    width = timedelta(minutes=DAY_MINUTES // slots)
    midnight = datetime.combine(week.first, time())
    found = []
    for place in range(DAYS * slots):
        start, (day, slot) = midnight + place * width, divmod(place, slots)
        levels, true = expected[day, slot], _number(came, day, slot)
        before = _number(said, day, slot)
        if not levels[-1] > 0 and not true and not before:
            continue
        low80, low50, middle, high50, high80 = (
            None if isnan(levels[level]) else float(levels[level])
            for level in (LOW, LOW_HALF, MEDIAN, HIGH_HALF, HIGH)
        )
        found.append(
            FanSlot(
                start=start, end=start + width, low80=low80, low50=low50, middle=middle, high50=high50, high80=high80,
                came=true if start + width <= now else None, said=before,
            )
        )  # fmt: skip
    return Fan(week, tuple(found), now)


def fan_chart(shown: Fan, *, size: Size, words: ChartWords) -> alt.LayerChart:
    """The specification: bands and the middle in the colour of forecasts, what was said before dashed, what came in
    ink."""
    axis = WeekAxis.around(shown.week, [(slot.start, slot.end) for slot in shown.slots])
    highest = max([max(s.high80 or 0.0, s.came or 0.0, s.said or 0.0) for s in shown.slots], default=1.0)
    y, top = y_axis("middle", highest)
    x, of_day = axis.x(), alt.Detail("day:N")
    rows = data(_rows(shown, axis))
    violet, ink, quiet = (TOKENS[name].light for name in ("forecast", "ink", "quiet"))
    line: dict[str, Any] = {"interpolate": "monotone", "invalid": "break-paths-show-domains"}
    bands = [
        rows.mark_area(color=violet, opacity=strength, **line).encode(
            x=x, y=alt.Y(f"{low}:Q"), y2=f"{high}:Q", detail=of_day
        )
        for low, high, strength in BANDS
    ]
    gaps = data(
        {"at": axis.at(s.start), "to": axis.at(s.start) + _hours(s), "low": 0, "high": highest}
        for s in shown.gaps
    )
    layers = [
        *axis.days(words, top=top, size=size, opened={slot.start.date() for slot in shown.slots}),
        *bands,
        gaps.mark_rect(color=GAP).encode(x=x, x2="to:Q", y=alt.Y("low:Q"), y2="high:Q"),
        rows.mark_line(color=violet, strokeWidth=2, **line).encode(x=x, y=y, detail=of_day),
        rows.mark_line(color=quiet, strokeWidth=1.5, strokeDash=[5, 4], **line).encode(
            x=x, y=alt.Y("said:Q"), detail=of_day
        ),
        rows.mark_line(color=ink, strokeWidth=2.5, **line).encode(x=x, y=alt.Y("came:Q"), detail=of_day),
    ]
    return finished(layers, size)


def _rows(shown: Fan, axis: WeekAxis) -> Iterator[dict[str, Any]]:
    for slot in shown.slots:
        middle = axis.at(slot.start) + _hours(slot) / 2
        yield {
            "day": slot.start.date().isoformat(), "at": middle, "low80": slot.low80, "low50": slot.low50,
            "middle": slot.middle, "high50": slot.high50, "high80": slot.high80, "came": slot.came, "said": slot.said,
        }  # fmt: skip


def _number(values: Floats | None, day: int, slot: int) -> float | None:
    if values is None or not isfinite(values[day, slot]):
        return None
    return float(values[day, slot])


def _hours(slot: FanSlot) -> float:
    return (slot.end - slot.start).total_seconds() / 3600
