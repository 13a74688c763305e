"""Exports, opened again as people open them."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from tests.ingest.stores import crossings, presence
from tests.sites import SQUARE
from vilina_ingest.calendar import quarters_of_day
from vilina_ingest.cli import ingest
from vilina_ingest.errors import ExportError
from vilina_ingest.export import Column
from vilina_ingest.export_files import write_export
from vilina_ingest.records import Correction, SettledDay, SiteEvent
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

AREA = {"id": "queue", "name": "Queue", "counter": "counter-a", "zone": "hall", "queue": True}
SITE = Site.model_validate(SQUARE | {"areas": [AREA]})
LONG_DAY = date(2026, 10, 25)
"""The clock shows the hour from three to four twice."""
DAYS = ("--from", "2026-10-24", "--to", "2026-10-25")
BLIND = range(40, 44)
"""Quarters of the long day that nobody observed."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store in which line `middle` has a report of each quarter of the long day, and the day before has nothing."""
    (tmp_path / "site.yaml").write_text(
        SITE.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8"
    )
    store = SqliteStore.open(tmp_path / "vilina.db")
    bins = quarters_of_day(SITE, LONG_DAY)
    seen = [
        (i, crossings(i + 1, end=end, entered=i, left=1, seconds=900.0, line="middle"))
        for i, end in enumerate(bins.edges[1:])
        if i not in BLIND
    ]
    store.write(Batch([*(point for _, point in seen), presence(1, end=bins.edges[1], seconds=900.0)]))
    store.write_settled(
        "square",
        [
            SettledDay(
                zone=None, day=LONG_DAY, edges=bins.edges, people=(None, *range(99)), entered=3, left=3, drift=0,
                settled_at=bins.edges[-1],
            )
        ],
    )  # fmt: skip
    noon = bins.edges[52]
    store.write_correction(
        "square", Correction("00000000000000c1", "hall", noon, -4.0, "recount", "vilina", "", noon, 31)
    )
    store.write_events("square", [SiteEvent("full", "capacity_100", "hall", noon, None, 1.02)])
    store.close()
    return tmp_path


def export(folder: Path, *arguments: str, out: str = "out.csv") -> Result:
    paths = (
        "--site",
        str(folder / "site.yaml"),
        "--store",
        str(folder / "vilina.db"),
        "--out",
        str(folder / out),
    )
    return CliRunner().invoke(ingest, ["export", *paths, *arguments])


def cells(folder: Path, out: str = "out.csv") -> Iterator[dict[str, str]]:
    with (folder / out).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize(("step", "rows"), [("15m", 96 + 100), ("hour", 24 + 25), ("day", 2)])
def test_flows_come_by_local_steps_and_a_gap_is_an_empty_cell(folder: Path, step: str, rows: int) -> None:
    result = export(folder, *DAYS, "--step", step)
    assert result.exit_code == 0, result.output
    middle = [row for row in cells(folder) if row["line"] == "middle"]
    assert len(middle) == rows
    assert {row["entered"] for row in middle if row["date"] == "2026-10-24"} == {""}
    assert {row["coverage"] for row in middle if row["date"] == "2026-10-24"} == {"0.0"}
    expected = sum(range(100)) - sum(BLIND)
    assert sum(int(row["entered"] or 0) for row in middle) == expected
    gaps = [row for row in middle if row["date"] == "2026-10-25" and row["entered"] == ""]
    assert len(gaps) == {"15m": 4, "hour": 1, "day": 0}[step]


def test_the_hour_that_comes_twice_is_told_apart(folder: Path) -> None:
    export(folder, *DAYS, "--step", "hour")
    middle = [row for row in cells(folder) if row["line"] == "middle" and row["date"] == "2026-10-25"]
    assert [row["start_local"] for row in middle[3:5]] == [
        "2026-10-25T03:00:00+03:00",
        "2026-10-25T03:00:00+02:00",
    ]
    assert [row["start_utc"] for row in middle[3:5]] == ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]


def test_parquet_says_the_same_as_csv_with_types(folder: Path) -> None:
    export(folder, *DAYS)
    export(folder, *DAYS, out="out.parquet")
    table = parquet.read_table(folder / "out.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    assert len(rows) == 2 * (96 + 100)
    for row, text in zip(rows, cells(folder), strict=True):
        assert row["start_utc"].isoformat() == text["start_utc"].replace("Z", "+00:00")
        assert row["date"].isoformat() == text["date"]
        assert (row["line"], row["start_local"]) == (text["line"], text["start_local"])
        assert row["entered"] == (int(text["entered"]) if text["entered"] else None)
    assert str(table.schema.field("start_utc").type) == "timestamp[ms, tz=UTC]"


def test_raw_points_come_as_they_were_reported(folder: Path) -> None:
    export(folder, *DAYS, "--step", "raw")
    rows = list(cells(folder))
    assert len(rows) == 100 - len(BLIND)
    assert [int(row["seq"]) for row in rows] == [i + 1 for i in range(100) if i not in BLIND]
    assert rows[0]["end_utc"] == "2026-10-24T21:15:00Z"
    assert (rows[5]["entered"], rows[5]["left"], rows[5]["seconds"], rows[5]["quality"]) == (
        "5",
        "1",
        "900.0",
        "good",
    )


@pytest.mark.parametrize(
    ("what", "rows", "first"),
    [
        ("presence", 196, {"area": "queue", "zone": "hall", "mean": ""}),
        ("occupancy", 100, {"zone": "site", "people": "", "label": "settled"}),
        ("corrections", 1, {"zone": "hall", "people": "-4.0", "counted": "31", "reason": "recount"}),
        ("events", 1, {"kind": "capacity_100", "subject": "hall", "until_utc": "", "value": "1.02"}),
    ],
)
def test_other_things_than_flows_are_exported_too(
    folder: Path, what: str, rows: int, first: dict[str, str]
) -> None:
    for out in ("out.csv", "out.parquet"):
        assert export(folder, *DAYS, "--what", what, out=out).exit_code == 0
    found = list(cells(folder))
    assert len(found) == rows
    assert found[0] | first == found[0]
    assert parquet.read_table(folder / "out.parquet").num_rows == rows


@pytest.mark.parametrize(
    ("arguments", "out", "words"),
    [
        (("--from", "2026-10-25", "--to", "2026-10-24"), "out.csv", "before --from"),
        (("--from", "25.10.2026", "--to", "2026-10-24"), "out.csv", "%Y-%m-%d"),
        (DAYS, "out.xlsx", ".parquet or .csv"),
        (DAYS, "no/such/place.csv", "cannot be written: No such file"),
        ((*DAYS, "--what", "occupancy", "--step", "day"), "out.csv", "there is no day of occupancy"),
        ((*DAYS, "--store", "nothing.db"), "out.csv", "there is no store"),
    ],
)
def test_what_cannot_be_exported_says_what_to_do(
    folder: Path, arguments: tuple[str, ...], out: str, words: str
) -> None:
    result = export(folder, *arguments, out=out)
    assert result.exit_code != 0
    assert words in result.output
    assert not (folder / out).exists()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path: Path, ending: str) -> None:
    def broken() -> Iterator[list[tuple[str]]]:
        yield [("a",)]
        raise OSError(28, "No space left on device")

    path = tmp_path / f"out.{ending}"
    path.write_text("of yesterday")
    with pytest.raises(ExportError, match="No space left"):
        write_export(path, [Column("name", "text")], broken())
    assert path.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [path]
