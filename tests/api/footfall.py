"""Real counts for tests of forecasts: a building of 15 weeks, street sensors, and a service desk."""

from datetime import date
from pathlib import Path

from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.forecasting.counts_file import Columns, read_counts
from vilina_api.forecasting.holiday_names import public_holidays

BUILDING_HOURS = Calendar(opens=7 * 60, closes=22 * 60)


def building(folder: Path) -> Counts:
    return read_counts(folder / "footfall/calit2_in_out_30min.csv", Columns("local_time", "entered")).counts


def streets(folder: Path) -> Counts:
    """Ten series over three years."""
    return read_counts(
        folder / "footfall/melbourne_hourly.csv.gz", Columns("local_time", "count", "series")
    ).counts


def street_calendar() -> Calendar:
    return Calendar(holidays=public_holidays("AU", "VIC", date(2012, 1, 1), date(2015, 3, 1)))
