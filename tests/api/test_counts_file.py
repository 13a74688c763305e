"""Anybody's counts from a CSV file: what is put right and said, and what is refused with its line."""

import gzip
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vilina_api.errors import CountsError
from vilina_api.forecasting.counts_file import Columns, Read, read_counts

COLUMNS = Columns("at", "people")
HOURS = [f"2026-03-0{day} {hour:02}:00" for day in (2, 3, 4) for hour in range(24)]
ROWS = [f"{at},{i}" for i, at in enumerate(HOURS)]


def read(tmp_path: Path, rows: list[str], *, header: str = "at,people", columns: Columns = COLUMNS, minutes: int = 60,
         zone: ZoneInfo | None = None) -> Read:  # fmt: skip
    path = tmp_path / "counts.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_counts(path, columns, minutes=minutes, zone=zone)


def test_a_file_of_hours_becomes_whole_local_days(tmp_path: Path) -> None:
    found = read(tmp_path, ROWS[5:])
    assert (found.counts.first, found.counts.people.shape) == (date(2026, 3, 2), (1, 3, 24))
    assert np.isnan(found.counts.people[0, 0, :5]).all()
    assert found.counts.people[0, 2, 23] == 71
    assert found.notes == ()


def test_real_half_hours_are_added_up_to_hours(test_data: Path) -> None:
    path = test_data / "footfall/calit2_in_out_30min.csv"
    halves = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=1)[: 48 * 20]
    counts = read_counts(path, Columns("local_time", "entered")).counts
    assert counts.first == date(2005, 7, 24)
    np.testing.assert_array_equal(counts.people[0, :20].ravel(), halves.reshape(-1, 2).sum(axis=1))


def test_rows_in_any_order_and_several_series_are_told_apart(tmp_path: Path) -> None:
    rows = [f"{name},{row}" for name in ("hall", "yard") for row in ROWS]
    found = read(tmp_path, rows[::-1], header="where,at,people", columns=Columns("at", "people", "where"))
    assert sorted(found.counts.names) == ["hall", "yard"]
    np.testing.assert_array_equal(found.counts.people[0], found.counts.people[1])


def test_a_missing_hour_an_empty_cell_and_a_missing_day_are_gaps_and_the_day_is_said(tmp_path: Path) -> None:
    rows = [*ROWS[:3], "2026-03-02 03:00,", "2026-03-02 04:00,NA", *ROWS[6:24], *ROWS[48:]]
    found = read(tmp_path, rows)
    assert np.isnan(found.counts.people[0, 0, 3:6]).all()
    assert np.isnan(found.counts.people[0, 1]).all()
    assert found.notes == ("people: 1 of 3 days are missing (the first is 2026-03-03); they are gaps",)


def test_a_repeated_row_counts_once_and_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, [*ROWS, ROWS[7]])
    assert found.counts.people[0, 0, 7] == 7
    assert found.notes == ("1 rows are repeated and count once (the first in line 74)",)


def test_the_hour_that_comes_twice_in_autumn_is_the_mean_of_both_and_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, [*ROWS[:4], "2026-03-02 03:00,9", *ROWS[4:]])
    assert found.counts.people[0, 0, 3] == 6
    assert "their mean is taken (the first in line 6)" in found.notes[0]


def test_slots_that_are_known_in_part_are_gaps_and_that_is_said(tmp_path: Path) -> None:
    rows = [f"2026-03-02 {h:02}:{m:02},1" for h in range(24) for m in (0, 15, 30, 45) if (h, m) != (9, 30)]
    found = read(tmp_path, rows)
    assert np.isnan(found.counts.people[0, 0, 9])
    assert found.counts.people[0, 0, 8] == 4
    assert found.notes == ("1 slots are known in part only, and are gaps",)
    assert read(tmp_path, rows, minutes=15).counts.people.shape == (1, 1, 96)


@pytest.mark.parametrize(
    "texts",
    [
        ("31/01/2026 22:00", "31/01/2026 23:00", "01/02/2026 00:00"),
        ("01/31/2026 10:00:00 PM", "01/31/2026 11:00:00 PM", "02/01/2026 12:00:00 AM"),
        ("31.1.2026 22:00", "31.1.2026 23:00", "1.2.2026 0:00"),
        ("2026-01-31T22:00", "2026-01-31 23:00:00", "2026-02-01"),
        ("2026-01-31 22:00", "31.01.2026 23:00", "2026-02-01"),
        ("2026-01-31T22:00+02:00", "2026-01-31T23:00+02:00", "2026-02-01T00:00+02:00"),
    ],
)
def test_a_time_is_read_however_it_is_written_if_it_can_mean_one_thing(
    tmp_path: Path, texts: tuple[str, ...]
) -> None:
    found = read(tmp_path, [f"{text},{i}" for i, text in enumerate(texts)]).counts
    assert found.first == date(2026, 1, 31)
    assert [found.people[0, 0, 22], found.people[0, 0, 23], found.people[0, 1, 0]] == [0, 1, 2]


def test_times_that_are_written_in_several_ways_are_read_and_that_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, [*ROWS[:23], "2.3.2026 23:00,23", "3/13/2026 00:00,1"])
    assert found.counts.people[0, 0, 23] == 23
    assert found.notes[0] == (
        "people: times are written in several ways, '2.3.2026 23:00' in line 25 unlike '2026-03-02 00:00' in line 2;"
        " each is read as it is written"
    )


def test_times_in_utc_become_local_where_the_zone_is_said(tmp_path: Path) -> None:
    rows = [f"2026-03-02T{hour:02}:00Z,{hour}" for hour in range(20)]
    assert read(tmp_path, rows).counts.people[0, 0, 10] == 10
    assert read(tmp_path, rows, zone=ZoneInfo("Europe/Helsinki")).counts.people[0, 0, 10] == 8


def test_semicolons_a_decimal_comma_and_a_packed_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig") as file:
        file.write("at;people\n2026-03-02 00:00;1,5\n2026-03-02 01:00;2\n")
    assert list(read_counts(path, COLUMNS).counts.people[0, 0, :2]) == [1.5, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS[:3], "2026-03-02 03:00,-4"], "line 5: the count is -4"),
        ([*ROWS[:3], "2026-03-02 03:00,many"], "line 5: 'many' is not a count"),
        ([*ROWS[:3], "2026-03-02 03:00,inf"], "line 5: the count is inf"),
        ([*ROWS[:3], "noon,4"], "line 5: 'noon' is not a time"),
        ([*ROWS[:3], "2026-02-30 03:00,4"], "line 5: '2026-02-30 03:00' is not a time"),
        ([*ROWS[:3], "2026-03-02 03:00"], "line 5: there are 1 cells"),
        ([*ROWS[:3], "2026-03-02 03:10,4"], "line 5: '2026-03-02 03:10' is not at a full 60 minutes"),
        ([*ROWS[:3], "2026-03-02T03:00Z,4"], "line 5: '2026-03-02T03:00Z' has an offset, unlike"),
        ([*ROWS[:3], "2106-03-02 03:00,4"], "line 5: 2106-03-02 03:00:00 is 80 years after"),
        (["1/2/2026 03:00,4", "1/2/2026 04:00,4"], "line 2: '1/2/2026 03:00' may be a day and a month or"),
        (["13/2/2026 03:00,4", "2/13/2026 04:00,4"], "line 3: '2/13/2026 04:00' has day and month in another"),
        ([row + "0" for row in ROWS] + ROWS, "line 75: '2026-03-02 01:00' is there again with another count"),
        ([f"2026-03-0{day},4" for day in (2, 3, 4)], "most rows are 1440 minutes apart"),
        (ROWS[:1], "no two times"),
        ([], "has no counts"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(CountsError, match=r"counts\.csv") as refused:
        read(tmp_path, rows)
    assert message in str(refused.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(CountsError, match="no column 'visits'; its columns are at, people"):
        read(tmp_path, ROWS, columns=Columns("at", "visits"))


def test_a_file_that_is_not_there_or_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CountsError, match="cannot be read"):
        read_counts(tmp_path / "none.csv", COLUMNS)
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(CountsError, match="cannot be read"):
        read_counts(tmp_path / "picture.csv", COLUMNS)
