"""Today, read again and again."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api.conftest import BOOT, NOON
from tests.sites import SQUARE
from tests.waiting import until
from vilina_api import so_far
from vilina_api.live import today
from vilina_api.so_far import SoFar
from vilina_edge.wire import AreaPresence, LineCount, Report
from vilina_ingest.occupancy.knowledge import read_day
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

QUEUE = {"id": "queue", "name": "Queue", "counter": "counter-a", "zone": "hall", "queue": True}
SITE = Site.model_validate({**SQUARE, "areas": [QUEUE]})
NOW = NOON + timedelta(minutes=4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(tmp_path / "vilina.db")) as opened:
        yield opened


def count(store: SqliteStore, *, seq: int, minutes_ago: float, entered: int) -> None:
    end = NOW - timedelta(minutes=minutes_ago)
    report = Report(
        counter="counter-a", boot=BOOT, seq=seq, start=end - timedelta(seconds=30), end=end,
        lines=(LineCount(line="middle", entered=entered, left=0), LineCount(line="across", entered=0, left=1)),
        areas=(AreaPresence(area="queue", mean=entered / 2, most=entered),),
    )  # fmt: skip
    store.write(Batch(points(report, SITE)))


@pytest.fixture
def _every_day_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were of a thousand lines."""
    monkeypatch.setattr(so_far, "CHEAP_S", 0.0)
    monkeypatch.setattr(so_far, "REST", 1e9)


@pytest.mark.usefixtures("_every_day_is_dear")
def test_with_the_newest_bins_read_again_the_day_is_as_if_all_were(store: SqliteStore) -> None:
    day = SoFar(store, SITE)
    count(store, seq=1, minutes_ago=120, entered=3)
    day.read(today(SITE, NOW - timedelta(minutes=10)), store.version())
    for seq, minutes_ago in ((2, 12), (3, 3), (4, 0.5)):
        count(store, seq=seq, minutes_ago=minutes_ago, entered=seq)
        bins = today(SITE, NOW - timedelta(minutes=minutes_ago))
        assert asdict(day.read(bins, store.version())) == asdict(read_day(store, SITE, bins))
    assert read_day(store, SITE, bins).presence["queue"].most[-1] == 4


@pytest.mark.usefixtures("_every_day_is_dear")
def test_who_has_slept_for_an_hour_reads_the_day_anew(store: SqliteStore) -> None:
    day = SoFar(store, SITE)
    day.read(today(SITE, NOW - timedelta(hours=1)), store.version())
    count(store, seq=1, minutes_ago=40, entered=3)
    bins = today(SITE, NOW)
    assert asdict(day.read(bins, store.version())) == asdict(read_day(store, SITE, bins))


def test_late_reports_are_shown_as_soon_as_there_is_time(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(so_far, "CHEAP_S", 0.0)
    day, bins = SoFar(store, SITE), today(SITE, NOW)
    day.read(bins, store.version())
    count(store, seq=1, minutes_ago=120, entered=3)
    until(lambda: day.is_behind(store.version()))
    assert sum(n or 0 for n in day.read(bins, store.version()).flows["middle"].entered) == 3
    assert not day.is_behind(store.version())


def test_a_small_site_is_read_whole_each_time(store: SqliteStore) -> None:
    day, bins = SoFar(store, SITE), today(SITE, NOW)
    for seq in range(1, 4):
        count(store, seq=seq, minutes_ago=120 + seq, entered=1)
        assert sum(n or 0 for n in day.read(bins, store.version()).flows["middle"].entered) == seq
