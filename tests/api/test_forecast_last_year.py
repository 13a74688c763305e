"""Which day of last year a day is held against."""

from datetime import date, timedelta

import numpy as np
import pytest

from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.forecasting.holiday_names import public_holidays
from vilina_api.forecasting.last_year import same_days_last_year

FIRST, DAYS = date(2024, 1, 1), 800


def last_year(day: date, calendar: Calendar | None = None) -> date | None:
    calendar = calendar or Calendar(holidays=public_holidays("NZ", "AUK", FIRST, date(2026, 12, 31)))
    past = Counts(names=("door",), first=FIRST, people=np.zeros((1, DAYS, 1)))
    found = int(same_days_last_year(past, calendar, DAYS)[(day - FIRST).days])
    return FIRST + timedelta(days=found) if found >= 0 else None


@pytest.mark.parametrize(
    ("day", "then", "why"),
    [
        (date(2025, 2, 18), date(2024, 2, 20), "364 days back"),
        (date(2025, 12, 25), date(2024, 12, 25), "a fixed date"),
        (date(2025, 1, 27), date(2024, 1, 29), "a Monday near a date"),
        (date(2025, 4, 18), date(2024, 3, 29), "Good Friday, three weeks later"),
        (date(2025, 4, 21), date(2024, 4, 1), "Easter Monday"),
        (date(2025, 4, 20), date(2024, 3, 31), "the Sunday between, which is no holiday"),
        (date(2025, 4, 22), date(2024, 4, 2), "the first working day after"),
        (date(2025, 3, 28), date(2024, 3, 22), "Good Friday was 364 days back: the week before it instead"),
        (date(2025, 3, 30), date(2024, 3, 24), "so was Easter Sunday, without being a holiday"),
        (date(2025, 4, 24), date(2024, 4, 18), "Anzac Day was 364 days back"),
        (date(2024, 4, 20), None, "before counts begin"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_holidays_are_held_against_themselves_and_other_days_against_usual_ones(
    day: date, then: date | None, why: str
) -> None:
    assert last_year(day) == then, why


def test_a_holiday_that_follows_the_moon_alone_takes_no_other_weekdays_with_it() -> None:
    moon = Calendar(holidays={date(2024, 4, 10): "Eid", date(2025, 3, 31): "Eid"})
    assert last_year(date(2025, 3, 31), moon) == date(2024, 4, 10)
    assert last_year(date(2025, 4, 1), moon) == date(2024, 4, 2)
    assert last_year(date(2025, 4, 9), moon) == date(2024, 4, 3)
