"""The usual day, also around the days on which clocks change."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from tests.sites import SQUARE
from vilina_api.usual import usual_day
from vilina_edge.wire import SLOT, LineCount, Report
from vilina_ingest.calendar import quarters_of_day
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

SITE = Site.model_validate(SQUARE | {"opening": {"sun": {"opens": "07:00", "closes": "20:00"}}})
CHANGE = date(2026, 3, 29)
"""A Sunday of 23 hours."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(tmp_path / "vilina.db")) as opened:
        yield opened


def live_through(store: SqliteStore, day: date, *, people: int, blind_at: time | None = None) -> None:
    """A day on which all come in the quarter from 12:00 and leave in that from 13:00, by the local clock."""
    for seq, start in enumerate(quarters_of_day(SITE, day).edges[:-1], start=1):
        clock = SITE.local(start).time()
        if clock == blind_at:
            continue
        entered, left = people * (clock == time(12)), people * (clock == time(13))
        report = Report(
            counter="counter-a", boot=f"{day.toordinal():016x}", seq=seq, start=start, end=start + SLOT,
            lines=(LineCount(line="middle", entered=entered, left=left), LineCount(line="across", entered=0, left=0)),
        )  # fmt: skip
        store.write(Batch(points(report, SITE)))


def inside(store: SqliteStore, day: date) -> dict[str, float]:
    """The usual day by the local clock, where there is anybody."""
    usual = usual_day(store, SITE, day)
    assert usual is not None
    starts = quarters_of_day(SITE, day).edges[:-1]
    return {
        f"{SITE.local(start):%H:%M}": people
        for start, people in zip(starts, usual.curve, strict=True)
        if people
    }


@pytest.mark.parametrize("day", [CHANGE + timedelta(weeks=w) for w in (-1, 0, 1, 2)])
def test_noon_is_noon_whichever_days_have_23_hours(store: SqliteStore, day: date) -> None:
    for week in range(1, 5):
        live_through(store, day - timedelta(weeks=week), people=40)
    assert inside(store, day) == dict.fromkeys(("12:00", "12:15", "12:30", "12:45"), 40)


def test_days_that_were_not_seen_whole_are_left_out(store: SqliteStore) -> None:
    day = date(2026, 2, 22)
    live_through(store, day - timedelta(weeks=1), people=40)
    live_through(store, day - timedelta(weeks=2), people=60)
    live_through(store, day - timedelta(weeks=3), people=900, blind_at=time(9))
    assert inside(store, day)["12:00"] == 50


def test_one_day_is_not_usual(store: SqliteStore) -> None:
    day = date(2026, 2, 22)
    live_through(store, day - timedelta(weeks=1), people=40)
    assert usual_day(store, SITE, day) is None
