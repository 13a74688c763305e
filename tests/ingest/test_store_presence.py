"""Presence in every store: who is in an area, and who waits there."""

import pytest

from tests.ingest.stores import MINUTE, NOON, QUARTER, presence, quarter_hours
from vilina_ingest.store import Batch, Bins, Store

DWELL = (1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_the_mean_of_a_quarter_hour_is_weighted_by_time_and_the_most_is_the_most(store: Store) -> None:
    store.write(
        Batch(
            [
                presence(1, end=NOON + MINUTE, mean=3.0, most=9, waiting=(1.0, 4)),
                presence(2, end=NOON + 4 * MINUTE, mean=1.0, most=2, waiting=(0.5, 5), seconds=180.0),
            ]
        )
    )
    store.write(Batch([presence(3, end=NOON + 5 * MINUTE, mean=6.0, most=7, waiting=(0.0, 0))]))
    series = store.presence("square", quarter_hours(1), ["queue"])["queue"]
    assert series.mean == pytest.approx(((3 * 60 + 1 * 180 + 6 * 60) / 300,))
    assert series.waiting_mean == pytest.approx(((1 * 60 + 0.5 * 180) / 300,))
    assert (series.most, series.waiting_most) == ((9,), (5,))
    assert series.dwell == (tuple(3 * n for n in DWELL),)
    assert series.coverage == pytest.approx((300 / 900,))


def test_an_area_that_is_no_queue_has_nobody_waiting_which_is_not_zero(store: Store) -> None:
    store.write(Batch([presence(1, end=NOON + MINUTE, waiting=None, dwell=())]))
    series = store.presence("square", quarter_hours(1), ["queue"])["queue"]
    assert (series.mean, series.waiting_mean, series.waiting_most) == ((1.5,), (None,), (None,))
    assert series.dwell == ((0,) * len(DWELL),)


@pytest.mark.parametrize("step", [QUARTER, MINUTE], ids=["rolled up", "raw"])
def test_time_without_presence_is_a_gap(store: Store, step: object) -> None:
    blind = presence(2, end=NOON + 2 * QUARTER, mean=0.0, most=0, waiting=(0.0, 0), seconds=0.0, dwell=())
    store.write(Batch([presence(1, end=NOON + QUARTER), blind]))
    bins = Bins.regular(NOON, NOON + 3 * QUARTER, QUARTER if step is QUARTER else MINUTE)
    found = store.presence("square", bins, ["queue", "never-heard-of"])
    after = len(bins) // 3
    assert found["queue"].mean[after - 1] == pytest.approx(1.5)
    for gaps in (
        found["queue"].mean[after:],
        found["queue"].waiting_most[after:],
        found["queue"].dwell[after:],
    ):
        assert set(gaps) == {None}
    assert set(found["never-heard-of"].most) == {None}
    assert set(found["queue"].coverage[after:]) == {0.0}


def test_presence_that_comes_again_changes_nothing(store: Store) -> None:
    batch = [presence(seq, end=NOON + seq * MINUTE, mean=seq, most=seq) for seq in range(1, 20)]
    store.write(Batch(batch))
    before = store.presence("square", quarter_hours(2), ["queue"])
    store.write(Batch([*batch[5:], *batch]))
    assert store.presence("square", quarter_hours(2), ["queue"]) == before


def test_presence_of_areas_and_of_quarter_hours_does_not_mix(store: Store) -> None:
    store.write(
        Batch(
            [
                presence(1, end=NOON + MINUTE, mean=1.0),
                presence(1, end=NOON + MINUTE, mean=2.0, area="lobby"),
                presence(2, end=NOON + 16 * MINUTE, mean=3.0),
            ]
        )
    )
    found = store.presence("square", quarter_hours(2), ["lobby", "queue"])
    assert found["queue"].mean == pytest.approx((1.0, 3.0))
    assert found["lobby"].mean[0] == pytest.approx(2.0)
    assert found["lobby"].mean[1] is None
