"""A person counts who is inside, over every store: what the ledger gets, and what the live estimate makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.sites import square
from vilina_edge.wire import LineCount, Report
from vilina_ingest.calendar import day_start, quarters_of_day
from vilina_ingest.errors import RecountError
from vilina_ingest.occupancy.filtering import Estimates
from vilina_ingest.occupancy.knowledge import LiveDay, read_knowledge, read_live_day
from vilina_ingest.points import points
from vilina_ingest.records import Correction
from vilina_ingest.recounting import Recount, entry_of
from vilina_ingest.store import Batch, Store

NOW: Final = datetime(2026, 3, 2, 10, 10, tzinfo=UTC)
"""Monday, ten past noon in Helsinki."""
MINUTE: Final = timedelta(minutes=1)
SITE: Final = square()
TWENTY: Final = Recount(people=20, zone=None, at=NOW, author="manager")


def report(store: Store, seq: int, end: datetime, entered: int, left: int = 0) -> None:
    """What the counter saw in the minute that ends then."""
    lines = (
        LineCount(line="middle", entered=entered, left=left),
        LineCount(line="across", entered=0, left=0),
    )
    one = Report(
        counter="counter-a", boot="00000000000000aa", seq=seq, start=end - MINUTE, end=end, lines=lines
    )
    store.write(Batch(points=points(one, SITE)))


def recounted(store: Store, recount: Recount, now: datetime = NOW) -> Correction:
    entry = entry_of(recount, store, SITE, now)
    store.write_correction(SITE.id, entry)
    return entry


def live(store: Store, now: datetime) -> Estimates:
    """The site and its hall, at the end of each quarter hour of today until now."""
    today = SITE.local(now).date()
    seen = read_live_day(store, SITE, quarters_of_day(SITE, today, until=now))
    return LiveDay(SITE, read_knowledge(store, SITE, today)).estimate(seen, now)


def test_the_ledger_gets_what_was_counted_and_by_how_much_the_estimate_was_wrong(store: Store) -> None:
    report(store, 1, NOW - 30 * MINUTE, entered=9)
    entry = recounted(store, replace(TWENTY, author="  manager ", note="two came by the back door"))
    assert store.corrections(SITE.id, NOW, NOW + MINUTE) == [entry]
    assert (entry.counted, entry.reason, entry.author) == (20, "recount", "manager")
    assert entry.people == pytest.approx(11, abs=1)
    assert live(store, NOW).people[:, -1] == pytest.approx([20, 20])


def test_crossings_since_the_count_are_added_and_late_ones_from_before_it_are_not(store: Store) -> None:
    report(store, 1, NOW - 4 * MINUTE, entered=9)
    recounted(store, replace(TWENTY, at=NOW - 2 * MINUTE))
    report(store, 2, NOW - MINUTE, entered=4)
    assert live(store, NOW).people[:, -1] == pytest.approx([24, 24])
    report(store, 3, NOW - 3 * MINUTE, entered=6)
    assert live(store, NOW).people[:, -1] == pytest.approx([24, 24])


def test_a_count_that_is_entered_later_holds_from_when_it_was_made(store: Store) -> None:
    report(store, 1, NOW - 50 * MINUTE, entered=9)
    before = live(store, NOW).people
    entry = recounted(store, replace(TWENTY, at=NOW - 40 * MINUTE, zone="hall"))
    after = live(store, NOW).people
    assert entry.people == pytest.approx(11, abs=1)
    assert after[:, -3] == pytest.approx([20, 20])
    assert (after[:, :-3] == before[:, :-3]).all()
    assert (after[:, -1] > before[:, -1] + 5).all()


def test_of_two_counts_the_later_one_holds(store: Store) -> None:
    recounted(store, TWENTY)
    again = recounted(store, replace(TWENTY, people=31), NOW + MINUTE)
    assert again.people == pytest.approx(11)
    assert live(store, NOW + MINUTE).people[0, -1] == pytest.approx(31)


def test_the_same_recount_again_is_the_same_entry(store: Store) -> None:
    first, again = recounted(store, TWENTY), recounted(store, TWENTY, NOW + MINUTE)
    assert first.id == again.id
    assert store.corrections(SITE.id, NOW, NOW + MINUTE) == [first]


def test_who_was_counted_late_at_night_is_still_there_after_midnight(store: Store) -> None:
    midnight = day_start(SITE, SITE.local(NOW).date() + timedelta(days=1))
    recounted(store, replace(TWENTY, at=midnight - MINUTE), midnight - MINUTE)
    before = live(store, midnight - MINUTE).people[0, -1]
    yesterday = read_knowledge(store, SITE, SITE.local(midnight).date()).midnight
    assert before == pytest.approx(20)
    assert yesterday.state.mean[0, 0] == pytest.approx(20)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"zone": "attic"}, "there are hall"),
        ({"people": -1}, "count from 0 to 1000"),
        ({"people": 1001}, "count from 0 to 1000"),
        ({"at": NOW + MINUTE}, "12:11:00 is still to come"),
        ({"at": NOW - timedelta(hours=13)}, "is before today"),
        ({"author": "  "}, "say who counted"),
        ({"author": "a" * 81}, "at most 80"),
        ({"note": "two\nlines"}, "one line"),
    ],
)
def test_a_count_that_cannot_be_meant_is_refused_with_the_remedy(
    store: Store, wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(RecountError, match=words):
        recounted(store, replace(TWENTY, **wrong))  # type: ignore[arg-type]
    assert store.corrections(SITE.id, NOW - timedelta(days=1), NOW + timedelta(days=1)) == []
