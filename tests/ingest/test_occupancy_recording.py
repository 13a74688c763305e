"""Recorded counts: what is read, what is refused and with which words, and what a replay knows when."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.ingest.occupied import SLOTS, day
from vilina_deploy.cli import vilina
from vilina_ingest.errors import RecordingError
from vilina_ingest.occupancy.recording import parse_opening, read_recording

HELSINKI = ZoneInfo("Europe/Helsinki")
HEADER = "local_time,entered,left"


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks with truth, of which 2 % of entries and 5 % of exits are missed."""
    dice, lines = np.random.default_rng(1), [f"{HEADER},true"]
    for number in range(14):
        seen, true = day(dice, miss=(0.02, 0.05))
        for i in range(SLOTS):
            at = datetime(2026, 3, 2) + timedelta(days=number, minutes=15 * i)  # noqa: DTZ001 - local, as in the file
            lines.append(f"{at},{seen.entered[0, i]:.0f},{seen.left[0, i]:.0f},{true[i]:.0f}")
    return written(tmp_path_factory.mktemp("recorded") / "fortnight.csv", *lines)


def replayed(path: Path, *options: str) -> Result:
    return CliRunner().invoke(vilina, ["occupancy", "replay", "--csv", str(path), *options])


def document(path: Path, *options: str) -> Any:
    result = replayed(path, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_replay_prints_days_and_how_wrong_live_and_settled_are(fortnight: Path) -> None:
    said = replayed(fortnight).output
    assert "2026-03-15" in said
    assert "mean absolute error" in said
    errors = document(fortnight)["errors"]
    assert errors["settled_percent"] < 5
    assert errors["live_percent"] < 10
    assert errors["night_reset_percent"] > 15
    assert errors["carry_over_percent"] > 100


def test_what_comes_later_changes_nothing_that_was_live_before(fortnight: Path, tmp_path: Path) -> None:
    lines = fortnight.read_text(encoding="utf-8").splitlines()
    until = 1 + 12 * SLOTS + 50
    shorter = document(written(tmp_path / "shorter.csv", *lines[:until]))
    for whole, part in zip(document(fortnight)["days"], shorter["days"], strict=False):
        for a, b in zip(whole["bins"], part["bins"], strict=True):
            assert b["entered"] is None or (a["live"], a["low"], a["high"]) == (
                b["live"],
                b["low"],
                b["high"],
            )


def test_bins_of_one_or_two_days_are_printed_each(fortnight: Path, tmp_path: Path) -> None:
    one_day = written(tmp_path / "one.csv", *fortnight.read_text(encoding="utf-8").splitlines()[: 1 + SLOTS])
    assert "2026-03-02 12:15" in replayed(one_day).output


@pytest.mark.parametrize(("name", "magic"), [("out.svg", b"<svg"), ("out.png", b"\x89PNG")])
def test_a_replay_can_be_drawn(fortnight: Path, tmp_path: Path, name: str, magic: bytes) -> None:
    assert replayed(fortnight, "--plot", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_a_missing_bin_is_a_gap_in_the_settled_day(fortnight: Path, tmp_path: Path) -> None:
    lines = fortnight.read_text(encoding="utf-8").splitlines()
    del lines[1 + 5 * SLOTS + 40]
    bins = document(written(tmp_path / "gap.csv", *lines))["days"][5]["bins"]
    assert [(one["settled"] is None, one["entered"] is None) for one in bins[39:42]] == [
        (False, False),
        (True, True),
        (False, False),
    ]
    assert bins[40]["live"] > 0


def test_narrow_bins_are_added_up(tmp_path: Path) -> None:
    rows = [f"2026-03-02 {minute // 60:02}:{minute % 60:02},1,0" for minute in range(240)]
    (recorded,) = read_recording(
        written(tmp_path / "minutes.csv", HEADER, *rows), zone=HELSINKI, opening=None
    )
    assert (len(recorded.starts), recorded.slots) == (288, 288)
    assert np.nansum(recorded.entered) == 240


@pytest.mark.parametrize(("day", "bins"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_local_days_have_23_and_25_hours(tmp_path: Path, day: date, bins: int) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=HELSINKI)
    starts = [(begin.timestamp() + 3600 * hour) for hour in range(bins)]
    clocks = [datetime.fromtimestamp(at, HELSINKI).strftime("%Y-%m-%dT%H:%M") for at in starts]
    path = written(tmp_path / "odd.csv", HEADER, *(f"{clock},2,1" for clock in clocks))
    (recorded,) = read_recording(path, zone=HELSINKI, opening=None)
    assert len(recorded.starts) == bins
    assert not np.isnan(recorded.entered).any()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("local_time,entered", "2026-03-02 07:00,1"), "has no column 'left'"),
        ((HEADER, "2026-03-02 07:00,1,0"), "fewer than two rows"),
        ((HEADER, "7 o'clock,1,0", "8 o'clock,1,0"), 'line 2: "7 o\'clock" is not a time'),
        ((HEADER, "2026-03-02 07:00+02:00,1,0"), "has an offset"),
        ((HEADER, "2026-03-02 08:00,1,0", "2026-03-02 07:00,1,0"), "line 3: 2026-03-02 07:00 is not later"),
        ((HEADER, "2026-03-02 07:00,1,0", "2026-03-02 07:00,1,0"), "sort the file by time"),
        ((HEADER, "2026-03-02 07:00,-1,0", "2026-03-02 08:00,1,0"), "entered is '-1'; write a whole number"),
        ((HEADER, "2026-03-02 07:00,1,half", "2026-03-02 08:00,1,0"), "left is 'half'"),
        ((HEADER, "2026-03-29 02:00,1,0", "2026-03-29 03:30,1,0"), "does not exist in Europe/Helsinki"),
        ((HEADER, "2026-03-02 07:00,1,0", "2026-03-02 07:30,1,0", "2026-03-02 08:10,1,0"), "make bins equal"),
        ((HEADER, "2026-03-02 07:00,1,0", "2026-03-02 07:07,1,0"), "have to divide the day"),
        ((HEADER, "2026-03-02 07:10,1,0", "2026-03-02 07:40,1,0"), "do not begin at midnight"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, lines: Sequence[str], words: str
) -> None:
    with pytest.raises(RecordingError) as raised:
        read_recording(written(tmp_path / "wrong.csv", *lines), zone=HELSINKI, opening=None)
    assert words in str(raised.value)


def test_opening_hours_are_read_as_people_write_them() -> None:
    opening = parse_opening("mon-fri 07:00-20:00, sat 09:00-17:00")
    assert list(opening) == ["mon", "tue", "wed", "thu", "fri", "sat"]
    assert opening["sat"].closes.hour == 17
    assert len(parse_opening("07:00-20:00")) == 7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--opening", "always"), "are no opening hours"),
        (("--opening", "20:00-07:00"), "are no opening hours"),
        (("--time-zone", "Helsinki"), "is not a time zone"),
        (("--plot", "out.gif"), "is no picture"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    fortnight: Path, options: Sequence[str], words: str
) -> None:
    result = replayed(fortnight, *options)
    assert result.exit_code != 0
    assert words in result.output
    assert "Traceback" not in result.output


def test_columns_that_are_exchanged_are_said_to_be(fortnight: Path, tmp_path: Path) -> None:
    text = fortnight.read_text(encoding="utf-8").replace("entered,left", "left,entered")
    assert "is a counter turned around?" in replayed(written(tmp_path / "turned.csv", text.strip())).output
