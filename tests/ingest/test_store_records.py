"""Live estimates, settled days, the drift ledger and events in every store."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.ingest.stores import MINUTE, NOON, QUARTER
from vilina_ingest.records import Correction, OccupancyPoint, SettledDay, SiteEvent
from vilina_ingest.store import Store

HOUR = timedelta(hours=1)
DAY = date(2026, 3, 2)


def settled(zone: str | None, day: date = DAY, *, quarters: int = 96, drift: int = 0) -> SettledDay:
    start = NOON - 14 * HOUR + (day - DAY)
    return SettledDay(
        zone=zone, day=day, edges=tuple(start + i * QUARTER for i in range(quarters + 1)),
        people=(None, *(i / 3 for i in range(quarters - 1))),
        entered=500 + drift, left=500, drift=drift, settled_at=start + 25 * HOUR,
    )  # fmt: skip


CORRECTION = Correction(
    id="00000000000000c1", zone="hall", at=NOON, people=-12.5, reason="recount",
    author="manager", note="käsin laskettu", made_at=NOON + HOUR, counted=43,
)  # fmt: skip
FULL = SiteEvent(id="full", kind="capacity_100", subject="hall", since=NOON, until=None, value=1.04)


def test_live_estimates_are_read_back_in_order_of_time_for_one_zone_or_the_site(store: Store) -> None:
    of_hall = [OccupancyPoint("hall", NOON + i * MINUTE, i + 0.25, float(i), i + 3.5) for i in range(5)]
    of_site = [OccupancyPoint(None, NOON + i * MINUTE, 9.0 + i, 8.0, 12.0) for i in range(5)]
    store.write_live("square", [*of_site[::-1], *of_hall[::-1]])
    assert store.live("square", NOON, NOON + 4 * MINUTE, "hall") == of_hall[:4]
    assert store.live("square", NOON + MINUTE, NOON + HOUR, None) == of_site[1:]
    assert store.live("elsewhere", NOON, NOON + HOUR, None) == []


def test_a_live_estimate_of_the_same_minute_replaces_the_older_one(store: Store) -> None:
    for people in (10.0, 12.0):
        store.write_live("square", [OccupancyPoint("hall", NOON, people, people - 1, people + 1)])
    assert store.live("square", NOON, NOON + MINUTE, "hall") == [
        OccupancyPoint("hall", NOON, 12.0, 11.0, 13.0)
    ]


@pytest.mark.parametrize("quarters", [92, 96, 100])
def test_a_settled_day_is_read_back_as_it_was_with_its_gaps(store: Store, quarters: int) -> None:
    store.write_settled("square", [settled("hall", quarters=quarters), settled(None, quarters=quarters)])
    found = store.settled("square", DAY, DAY)
    assert sorted(found, key=lambda one: one.zone or "") == [
        settled(None, quarters=quarters),
        settled("hall", quarters=quarters),
    ]


def test_settled_days_come_in_order_and_a_day_settled_again_replaces_the_older_one(store: Store) -> None:
    days = [settled("hall", DAY + timedelta(days=n)) for n in range(5)]
    store.write_settled("square", days[::-1])
    again = settled("hall", DAY + timedelta(days=2), drift=7)
    store.write_settled("square", [again])
    assert store.settled("square", days[1].day, days[3].day) == [days[1], again, days[3]]
    assert store.settled("elsewhere", DAY, DAY) == []


def test_the_ledger_is_read_back_in_order_and_only_grows(store: Store) -> None:
    later = replace(
        CORRECTION, id="00000000000000c2", zone=None, at=NOON + HOUR, reason="night", counted=None
    )
    store.write_correction("square", later)
    store.write_correction("square", CORRECTION)
    store.write_correction("square", replace(CORRECTION, people=99.0, counted=0))
    assert store.corrections("square", NOON, NOON + 2 * HOUR) == [CORRECTION, later]
    assert store.corrections("square", NOON, NOON + HOUR) == [CORRECTION]
    assert store.corrections("elsewhere", NOON, NOON + HOUR) == []


def test_an_event_lasts_until_it_is_written_again_with_its_end(store: Store) -> None:
    store.write_events("square", [FULL])
    assert store.events("square", NOON + 5 * HOUR, NOON + 6 * HOUR) == [FULL]
    ended = replace(FULL, until=NOON + HOUR)
    store.write_events("square", [ended])
    assert store.events("square", NOON + 5 * HOUR, NOON + 6 * HOUR) == []
    assert store.events("square", NOON - HOUR, NOON + MINUTE) == [ended]


def test_events_that_meet_the_time_asked_for_come_in_order_of_their_beginning(store: Store) -> None:
    def silent(name: str, since: int, until: int | None) -> SiteEvent:
        end = None if until is None else NOON + until * MINUTE
        return SiteEvent(name, "silent_counter", "counter-a", NOON + since * MINUTE, end, None)

    before, over, inside, instant = (
        silent("before", -20, 0), silent("over", -10, 90), silent("inside", 10, 20), silent("instant", 30, 30),
    )  # fmt: skip
    after = silent("after", 60, None)
    store.write_events("square", [after, instant, inside, over, before])
    assert store.events("square", NOON, NOON + HOUR) == [over, inside, instant]


def test_every_record_gives_the_store_another_version(store: Store) -> None:
    seen = {store.version()}
    store.write_live("square", [OccupancyPoint(None, NOON, 1.0, 0.0, 2.0)])
    seen.add(store.version())
    store.write_settled("square", [settled(None)])
    seen.add(store.version())
    store.write_correction("square", CORRECTION)
    seen.add(store.version())
    store.write_events("square", [FULL])
    seen.add(store.version())
    assert len(seen) == 5


def test_a_settled_day_that_is_not_whole_cannot_be_made() -> None:
    whole = settled("hall")
    with pytest.raises(ValueError, match="one more edge"):
        replace(whole, people=whole.people[1:])
    with pytest.raises(ValueError, match="quarter of an hour"):
        replace(whole, edges=(*whole.edges[:-1], whole.edges[-1] + MINUTE))
