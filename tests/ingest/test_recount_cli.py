"""`vilina occupancy recount` and `ledger`."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.sites import square, write_square
from vilina_ingest.calendar import day_start
from vilina_ingest.records import Correction
from vilina_ingest.recount_cli import instant, ledger, recount
from vilina_ingest.store_sqlite import SqliteStore

NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""12:00 in Helsinki."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site and its store, in which nobody has crossed."""
    write_square(tmp_path)
    SqliteStore.open(tmp_path / "vilina.db").close()
    return tmp_path


def told(folder: Path, *arguments: str) -> Result:
    paths = ["--site", str(folder / "site.yaml"), "--store", str(folder / "vilina.db")]
    return CliRunner().invoke(recount, [*paths, *arguments])


def entries(folder: Path) -> list[str]:
    paths = ["--site", str(folder / "site.yaml"), "--store", str(folder / "vilina.db")]
    return CliRunner().invoke(ledger, paths).output.splitlines()


def test_a_recount_is_told_and_stands_in_the_ledger(folder: Path) -> None:
    made = told(folder, "--people", "20", "--zone", "hall", "--author", "Aino", "--note", "after the drill")
    assert made.exit_code == 0, made.output
    assert "20 people in Hall at" in made.output
    assert "+20 to the live estimate" in made.output
    now = datetime.now(UTC)
    earlier = Correction("c1", None, now - timedelta(days=2), -81.0, "settled", "vilina", "balanced", now)
    with closing(SqliteStore.open(folder / "vilina.db")) as store:
        store.write_correction("square", earlier)
    head, first, second = entries(folder)
    assert head.split() == ["when", "where", "people", "counted", "reason", "author", "note"]
    assert first.split()[2:] == ["Test", "square", "-81", "settled", "vilina", "balanced"]
    assert second.split()[2:] == ["Hall", "+20", "20", "recount", "Aino", "after", "the", "drill"]
    assert second.index("+20") + len("+20") == head.index("people") + len("people")


def test_a_count_is_of_the_instant_that_is_named(folder: Path) -> None:
    midnight = day_start(square(), square().local(datetime.now(UTC)).date())
    made = told(folder, "--people", "3", "--author", "Aino", "--at", midnight.isoformat())
    assert made.exit_code == 0, made.output
    assert "3 people in Test square at 00:00" in made.output
    with closing(SqliteStore.open(folder / "vilina.db")) as store:
        (entry,) = store.corrections("square", midnight, midnight + timedelta(seconds=1))
    assert (entry.at, entry.counted, entry.zone) == (midnight, 3, None)


def test_a_ledger_without_entries_says_so(folder: Path) -> None:
    assert entries(folder) == ["Nothing was corrected in the last seven days."]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("12:05", NOON + timedelta(minutes=5)),
        ("2026-03-02 12:05", NOON + timedelta(minutes=5)),
        ("2026-03-02T12:05:00+01:00", NOON + timedelta(minutes=65)),
        ("2026-03-02T12:05:00Z", NOON + timedelta(minutes=125)),
    ],
)
def test_times_are_of_the_site_unless_they_say_otherwise(text: str, at: datetime) -> None:
    assert instant(text, square(), NOON) == at


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--people", "-1", "--author", "Aino"], "count from 0 to 1000"),
        (["--people", "1", "--author", " "], "say who counted"),
        (["--people", "1", "--author", "Aino", "--zone", "attic"], "there are hall"),
        (["--people", "1", "--author", "Aino", "--at", "noon"], "write like 14:05"),
        (["--people", "1", "--author", "Aino", "--at", "2020-01-01 12:00"], "before today"),
        (["--people", "1", "--author", "Aino", "--store", "nothing.db"], "there is no store at nothing.db"),
    ],
)
def test_what_cannot_be_meant_is_said_and_changes_nothing(
    folder: Path, arguments: list[str], words: str
) -> None:
    refused = told(folder, *arguments)
    assert refused.exit_code != 0
    assert words in refused.output
    assert entries(folder) == ["Nothing was corrected in the last seven days."]
