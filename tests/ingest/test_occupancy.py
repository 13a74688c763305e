"""People inside, live, from crossings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import SQUARE
from vilina_ingest.occupancy import live_occupancy
from vilina_ingest.site import Site
from vilina_ingest.store import Bins, FlowSeries

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
Counts = list[int | None]


def site() -> Site:
    """A hall with a door, and a library behind the hall."""
    halves = [[[0, 0], [10, 0], [10, 10], [0, 10]], [[10, 0], [20, 0], [20, 10], [10, 10]]]
    zone, line = SQUARE["zones"][0], SQUARE["lines"][0]
    return Site.model_validate(
        SQUARE
        | {
            "zones": [zone | {"polygon": halves[0]}, zone | {"id": "library", "polygon": halves[1]}],
            "lines": [
                line | {"id": "door"},
                line | {"id": "arch", "from": "hall", "to": "library", "door": False},
            ],
        }
    )


def flows(**counts: tuple[Counts, Counts]) -> tuple[dict[str, FlowSeries], Bins]:
    """Entered and left per quarter of an hour of each line."""
    steps = len(next(iter(counts.values()))[0])
    bins = Bins.regular(START, START + steps * QUARTER, QUARTER)
    series = {
        line: FlowSeries(line, bins, tuple(entered), tuple(left), (1.0,) * steps, (None,) * steps)
        for line, (entered, left) in counts.items()
    }
    return series, bins


def test_who_entered_less_who_left_is_inside() -> None:
    series, bins = flows(door=([5, 3, 0], [0, 1, 4]), arch=([2, 0, 0], [0, 0, 1]))
    whole = live_occupancy(series, site().lines, bins)
    assert (whole.people, whole.curve, whole.uncertain_since) == (3, (5, 7, 3), None)
    assert live_occupancy(series, site().lines, bins, zone="library").people == 1
    assert live_occupancy(series, site().lines, bins, zone="hall").curve == (3, 5, 2)


def test_a_missed_entry_never_makes_fewer_than_nobody() -> None:
    series, bins = flows(door=([0, 4], [3, 0]), arch=([0, 0], [0, 0]))
    assert live_occupancy(series, site().lines, bins).curve == (0, 4)


def test_a_gap_is_a_gap_in_the_curve_and_makes_the_rest_of_the_day_uncertain() -> None:
    series, bins = flows(door=([5, None, 2], [0, None, 0]), arch=([0, 0, 0], [0, 0, 0]))
    whole = live_occupancy(series, site().lines, bins)
    assert whole.curve == (5, None, 7)
    assert whole.uncertain_since == START + QUARTER
    assert live_occupancy(series, site().lines, bins, zone="library").uncertain_since is None


def test_the_open_quarter_hour_without_a_report_yet_is_no_gap() -> None:
    series, bins = flows(door=([5, None], [0, None]), arch=([0, None], [0, None]))
    whole = live_occupancy(series, site().lines, bins)
    assert (whole.curve, whole.uncertain_since) == ((5, 5), None)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)),
        min_size=1,
        max_size=20,
    )
)
def test_nobody_is_ever_less_than_nobody(counts: list[tuple[int, int, int, int]]) -> None:
    columns = [list[int | None](column) for column in zip(*counts, strict=True)]
    series, bins = flows(door=(columns[0], columns[1]), arch=(columns[2], columns[3]))
    for zone in (None, "hall", "library"):
        assert (
            min(n for n in live_occupancy(series, site().lines, bins, zone=zone).curve if n is not None) >= 0
        )


@pytest.mark.parametrize("zone", [None, "hall", "library"])
def test_an_empty_day_is_empty(zone: str | None) -> None:
    series, bins = flows(door=([0], [0]), arch=([0], [0]))
    assert live_occupancy(series, site().lines, bins, zone=zone).people == 0
