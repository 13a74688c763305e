"""What is counted of a site: who arrives where, when it is open, and what is planned."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.api.two_floors import OPENS, two_floors, write_days
from vilina_api.errors import PlannedError
from vilina_api.forecasting.counts import Calendar, Counts
from vilina_api.site_forecast.hierarchy import SITE, counts_of, floor_key, hierarchy, zone_key
from vilina_api.site_forecast.planned_file import read_planned
from vilina_api.site_forecast.quarters import hours_of
from vilina_api.site_forecast.site_calendar import by_hour, site_calendar
from vilina_api.site_forecast.special_days import special_factors, specials
from vilina_api.site_forecast.store_crossings import read_crossings, read_past
from vilina_edge.wire import LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

MONDAY = date(2026, 3, 2)
SITE_OF = two_floors()
FOUND = hierarchy(SITE_OF)


def report(start: datetime, *, minutes: float = 15, door: int, stairs: int = 0, library: int = 0) -> Report:
    lines = tuple(
        LineCount(line=name, entered=entered, left=entered // 2)
        for name, entered in (("door", door), ("stairs", stairs), ("library", library))
    )
    return Report(
        counter="counter-1", boot="00000000000000aa", seq=int(start.timestamp()) // 60, start=start,
        end=start + timedelta(minutes=minutes), lines=lines,
    )  # fmt: skip


def stored(tmp_path: Path, *reports: Report) -> SqliteStore:
    store = SqliteStore.open(tmp_path / "vilina.db")
    store.write(Batch([point for one in reports for point in points(one, SITE_OF)]))
    return store


def at(name: str, counts: Counts, slot: int) -> float:
    return float(counts.people[FOUND.rows[name], 0, slot])


def test_a_zone_counts_who_enters_it_a_floor_who_comes_from_elsewhere_and_the_site_who_comes_from_outside(
    tmp_path: Path,
) -> None:
    ten = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    lab = Report(
        counter="counter-2", boot="00000000000000bb", seq=1, start=ten, end=ten + timedelta(minutes=15),
        lines=(LineCount(line="lab", entered=3, left=2),),
    )  # fmt: skip
    store = stored(tmp_path, report(ten, door=20, stairs=8, library=6), lab)
    counts = counts_of(FOUND, read_crossings(store, SITE_OF, MONDAY, 1))
    store.close()
    slot = 4 * 10
    assert at(SITE, counts, slot) == 20
    assert at(zone_key("hall"), counts, slot) == 20 + 4 + 3  # the door, down the stairs, out of the library
    assert at(zone_key("library"), counts, slot) == 6
    assert at(zone_key("landing"), counts, slot) == 8 + 2
    assert at(floor_key("1"), counts, slot) == 20 + 4
    assert at(floor_key("2"), counts, slot) == 8


def test_a_zone_is_known_only_where_all_its_lines_are(tmp_path: Path) -> None:
    store = stored(tmp_path, report(datetime(2026, 3, 2, 8, 0, tzinfo=UTC), door=20, stairs=8, library=6))
    counts = counts_of(FOUND, read_crossings(store, SITE_OF, MONDAY, 1))
    store.close()
    assert np.isnan(at(zone_key("landing"), counts, 40))  # nobody looked at the lab's door
    assert at(zone_key("hall"), counts, 40) == 27
    assert np.isnan(at(zone_key("hall"), counts, 41))


def test_a_quarter_of_an_hour_that_was_seen_in_part_is_a_gap(tmp_path: Path) -> None:
    store = stored(tmp_path, report(datetime(2026, 3, 2, 8, 0, tzinfo=UTC), minutes=10, door=20))
    counts = counts_of(FOUND, read_crossings(store, SITE_OF, MONDAY, 1))
    store.close()
    assert np.isnan(at(SITE, counts, 40))


def test_an_hour_that_the_clock_shows_twice_is_the_mean_of_both_and_one_that_it_leaves_out_is_a_gap(
    tmp_path: Path,
) -> None:
    autumn = [
        report(datetime(2026, 10, 25, hour, 0, tzinfo=UTC), door=door) for hour, door in ((0, 10), (1, 30))
    ]
    spring = [report(datetime(2026, 3, 29, hour, 0, tzinfo=UTC), door=10) for hour in (0, 1)]
    store = stored(tmp_path, *autumn, *spring)
    twice, left_out = (
        counts_of(FOUND, read_crossings(store, SITE_OF, day, 1))
        for day in (date(2026, 10, 25), date(2026, 3, 29))
    )
    store.close()
    assert at(SITE, twice, 4 * 3) == 20
    assert [at(SITE, left_out, 4 * hour) for hour in (2, 4)] == [10, 10]
    assert np.isnan(at(SITE, left_out, 4 * 3))


def test_the_past_begins_with_its_first_count(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "vilina.db")
    assert read_past(store, SITE_OF, FOUND, MONDAY, weeks=66).days == 0
    write_days(store, SITE_OF, MONDAY - timedelta(days=9), 9)
    past = read_past(store, SITE_OF, FOUND, MONDAY, weeks=66)
    assert (past.first, past.end) == (MONDAY - timedelta(days=9), MONDAY)
    later = MONDAY + timedelta(days=60)  # it was closed for two months
    assert read_past(store, SITE_OF, FOUND, later, weeks=66).first == MONDAY - timedelta(days=9)
    assert read_past(store, SITE_OF, FOUND, later + timedelta(days=90), weeks=66).days == 0
    store.close()


def test_each_weekday_has_its_own_hours_and_closures_and_holidays_have_none() -> None:
    hours = {"opens": "07:30", "closes": "19:45"}
    site = two_floors(
        country="FI", opening={"mon": hours, "sat": {"opens": "10:00", "closes": "14:00"}},
        closures=[{"name": "Moving", "first": "2026-03-09", "last": "2026-03-15"}],
    )  # fmt: skip
    calendar = site_calendar(site, MONDAY, MONDAY + timedelta(days=60))
    opened = calendar.is_open(MONDAY, days=7, slots=96).sum(axis=1)
    assert opened.tolist() == [49, 0, 0, 0, 0, 16, 0]
    assert not calendar.is_open(date(2026, 3, 9), days=7, slots=96).any()
    assert not calendar.is_open(date(2026, 4, 6), days=1, slots=96).any()  # Easter Monday
    assert by_hour(calendar).is_open(MONDAY, days=1, slots=24).sum() == 13


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("party,Ball,2026-03-02,,,", "line 3: the kind 'party' is not known"),
        ("event,Fair,02.03.2026,,,", "line 3, first: .*write days like 2026-12-24"),
        ("event,Fair,2026-03-02,2026-03-01,,", "line 3, row: last .* must not be before first"),
        ("event,Fair,2026-03-02,,cellar,", "line 3: there is no zone 'cellar'; there are hall"),
        ("event,Fair,2026-03-02,,,-100", "line 3, percent: "),
        ("closure,Moving,2026-03-02,,hall,", "line 3: only events have a zone"),
        ("event,Fair,2026-03-02,,,,7", "line 3: there are more cells than columns"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_with_the_remedy(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "planned.csv"
    path.write_text(f"kind,name,first,last,zone,percent\nevent,Ball,2026-02-02,,,\n{row}\n", encoding="utf-8")
    with pytest.raises(PlannedError, match=message):
        read_planned(path, SITE_OF)


def test_a_file_of_what_is_planned_is_read_by_its_kinds(tmp_path: Path) -> None:
    path = tmp_path / "planned.csv"
    path.write_text(
        "first,kind,name,percent\n2026-03-02,event,Fair,40\n2026-03-03,closure,Moving,\n"
        "2026-03-04,School holiday,Winter,\n",
        encoding="utf-8",
    )
    planned = read_planned(path, SITE_OF)
    assert [one.percent for one in planned.events] == [40]
    assert [one.name for one in (*planned.closures, *planned.school_holidays)] == ["Moving", "Winter"]


def test_a_pop_up_stands_at_a_spot_and_counts_in_its_zone(tmp_path: Path) -> None:
    spot = {"id": "corner", "name": "Corner", "zone": "library", "at": [12, 5], "size": [2, 2]}
    own = {"name": "Vaccination", "spot": "corner", "first": "2026-05-02", "percent": 30}
    site = two_floors(spots=[spot], pop_ups=[own])
    path = tmp_path / "planned.csv"
    path.write_text(
        "kind,name,first,last,zone,spot,percent\npop-up,Bikes,2026-05-04,2026-05-05,,corner,20\n",
        encoding="utf-8",
    )
    planned = read_planned(path, site)
    kinds = specials(site, pop_ups=planned.pop_ups)
    factors = special_factors(weeks_with([], times=1.0), Calendar(), kinds, FOUND, days=14)
    library = FOUND.rows[zone_key("library")]
    assert factors[library, 61:65] == pytest.approx([1.3, 1.0, 1.2, 1.2])
    assert np.all(factors[FOUND.rows[zone_key("lab")]] == 1)
    for row, message in (
        ("pop-up,Bikes,2026-05-04,,,,", "line 2: a pop-up needs its spot; there are corner"),
        ("pop-up,Bikes,2026-05-04,,,cellar,", "line 2: there is no spot 'cellar'; there are corner"),
        ("pop-up,Bikes,2026-05-04,,hall,corner,", "line 2: only events have a zone"),
        ("closure,Moving,2026-05-04,,,,5", "line 2: only events and pop-ups have a percent"),
    ):
        path.write_text(f"kind,name,first,last,zone,spot,percent\n{row}\n", encoding="utf-8")
        with pytest.raises(PlannedError, match=message):
            read_planned(path, site)


def weeks_with(events: list[date], *, times: float) -> Counts:
    """Eight weeks in which everybody comes as usual, but on days of an event."""
    people = np.full((len(FOUND.parts), 56, 24), 0.0)
    people[:, :, OPENS:18] = 10.0
    for day in events:
        people[:, (day - MONDAY).days] *= times
    return Counts(names=FOUND.names, first=MONDAY, people=FOUND.summed(people))


def test_what_an_event_changed_is_learned_and_what_somebody_expects_is_believed_before() -> None:
    fairs = [MONDAY + timedelta(days=n) for n in (10, 18, 26, 34, 41)]
    site = two_floors(
        events=[{"name": "Fair", "first": str(day)} for day in (*fairs, MONDAY + timedelta(days=60))]
        + [{"name": "Concert", "first": "2026-05-02", "zone": "library", "percent": 50}]
    )
    past = weeks_with(fairs, times=2.0)
    factors = special_factors(past, Calendar(), specials(site), FOUND, days=14)
    fair, concert, other = 60, 61, 62
    assert 1.4 < factors[FOUND.rows[SITE], fair] < 1.8  # five days, leaned to no change
    assert factors[FOUND.rows[zone_key("library")], concert] == pytest.approx(1.5)
    assert factors[FOUND.rows[zone_key("lab")], concert] == 1
    assert np.all(factors[:, other] == 1)
    assert np.all(factors[:, [(day - MONDAY).days for day in fairs]] > 1.2)


def test_an_hour_with_a_gap_is_a_gap() -> None:
    people = np.ones((1, 1, 96))
    people[0, 0, 41] = np.nan
    hours = hours_of(Counts(names=("a",), first=MONDAY, people=people)).people[0, 0]
    assert np.flatnonzero(np.isnan(hours)).tolist() == [10]
    assert hours[9] == 4
