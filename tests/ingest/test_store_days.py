"""Local days and hours over every store: the odd days of the year, gaps at each step, and late data."""

from datetime import date, timedelta

import pytest

from tests.ingest.stores import QUARTER, crossings
from tests.sites import SQUARE
from vilina_ingest.calendar import local_days, local_hours, quarters_of_day
from vilina_ingest.site import Site
from vilina_ingest.store import Batch, Bins, Store

DAYS = [
    ("Europe/Helsinki", date(2026, 3, 29), 92),
    ("Europe/Helsinki", date(2026, 10, 25), 100),
    ("Asia/Kolkata", date(2026, 3, 29), 96),
    ("Australia/Lord_Howe", date(2026, 4, 5), 98),
    ("Australia/Lord_Howe", date(2026, 10, 4), 94),
]


def site_in(time_zone: str) -> Site:
    return Site.model_validate(SQUARE | {"time_zone": time_zone})


def entered(store: Store, bins: Bins) -> tuple[int | None, ...]:
    return store.flows("square", bins, ["door-a"])["door-a"].entered


@pytest.mark.parametrize(("time_zone", "day", "quarters"), DAYS)
def test_a_local_day_counts_every_quarter_hour_of_its_own_and_no_other(
    store: Store, time_zone: str, day: date, quarters: int
) -> None:
    site = site_in(time_zone)
    bins = quarters_of_day(site, day)
    around = [bins.edges[0] - QUARTER, *bins.edges]
    store.write(
        Batch([crossings(i, end=edge + QUARTER, seconds=900.0) for i, edge in enumerate(around, start=1)])
    )
    assert entered(store, bins) == (1,) * quarters
    assert entered(store, local_days(site, day, day)) == (quarters,)
    hours = local_hours(site, *local_days(site, day, day).edges)
    assert sum(n or 0 for n in entered(store, hours)) == quarters
    series = store.flows("square", hours, ["door-a"])["door-a"]
    assert series.coverage == (1.0,) * len(hours)


@pytest.mark.parametrize(("time_zone", "day", "quarters"), DAYS)
def test_a_gap_is_a_gap_at_every_step(store: Store, time_zone: str, day: date, quarters: int) -> None:
    site = site_in(time_zone)
    bins = quarters_of_day(site, day)
    blind_from, blind_to = quarters // 2, quarters // 2 + 12
    for i, edge in enumerate(bins.edges[1:]):
        blind = blind_from <= i < blind_to
        store.write(
            Batch(
                [
                    crossings(
                        i + 1,
                        end=edge,
                        entered=0,
                        seconds=0.0 if blind else 900.0,
                        quality="dark" if blind else "good",
                    )
                ]
            )
        )
    by_quarter = entered(store, bins)
    assert [i for i, n in enumerate(by_quarter) if n is None] == list(range(blind_from, blind_to))
    hours = local_hours(site, bins.edges[0], bins.edges[-1])
    whole = [
        i
        for i, (a, b) in enumerate(zip(hours.edges, hours.edges[1:], strict=False))
        if bins.edges[blind_from] <= a and b <= bins.edges[blind_to]
    ]
    assert [i for i, n in enumerate(entered(store, hours)) if n is None] == whole
    days = local_days(site, day, day + timedelta(days=1))
    assert entered(store, days) == (0, None)
    coverage = store.flows("square", days, ["door-a"])["door-a"].coverage
    assert coverage == pytest.approx((1 - 12 / quarters, 0.0))


@pytest.mark.parametrize(("time_zone", "day", "quarters"), DAYS)
def test_late_data_reopens_its_quarter_hour_its_hour_and_its_day(
    store: Store, time_zone: str, day: date, quarters: int
) -> None:
    site = site_in(time_zone)
    bins = quarters_of_day(site, day)
    store.write(Batch([crossings(1, end=bins.edges[20], entered=5, seconds=300.0)]))
    hours = local_hours(site, bins.edges[0], bins.edges[-1])
    before = [entered(store, asked) for asked in (bins, hours, local_days(site, day, day))]
    store.write(Batch([crossings(9, end=bins.edges[60], entered=1)]))
    late = crossings(2, end=bins.edges[20] - timedelta(minutes=5), entered=2, seconds=300.0)
    for _ in range(2):
        store.write(Batch([late]))
    after = [entered(store, asked) for asked in (bins, hours, local_days(site, day, day))]
    assert before[0][19] == 5
    assert after[0][19] == 7
    assert [n for n in after[1] if n is not None] == [7, 1]
    assert (before[2], after[2]) == ((5,), (8,))
