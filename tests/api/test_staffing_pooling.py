"""Units that share their staff, and one who moves from one unit to another."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.staffed import HUMPS, demand, staffed
from vilina_api.errors import StaffingError
from vilina_api.staffing.judge import judge
from vilina_api.staffing.moving import UnitNow, move_one
from vilina_api.staffing.plan import plan
from vilina_api.staffing.pooling import pool
from vilina_api.staffing.rules import Rules

people = st.lists(st.floats(0.5, 20.0), min_size=3, max_size=3)


def test_two_units_that_share_staff_need_fewer_for_the_same_target() -> None:
    by = staffed(rules=Rules(hour_eur=30.0))
    shared = pool([plan(demand(HUMPS[:8], unit=name), by) for name in ("citizen", "insurance")])
    apart = sum(one.desk_hours for one in shared.apart)
    assert shared.together.desk_hours < 0.95 * apart
    played = judge(shared.together.demand, shared.together.by, shared.together.staff, plays=300)
    assert played.within.value > 0.79
    assert shared.reason().startswith(f"citizen and insurance need {apart:.1f} h paid apart and")
    assert f"{shared.saved_hours * 30:.0f} € less" in shared.reason()


@given(first=people, second=people)
@settings(deadline=None, max_examples=20)
def test_sharing_never_needs_more_than_working_apart(first: list[float], second: list[float]) -> None:
    by = staffed()
    apart = [plan(demand(each, unit=name), by) for name, each in (("a", first), ("b", second))]
    shared = pool(apart)
    for slot, *others in zip(shared.together.slots, *(one.slots for one in apart), strict=True):
        assert slot.staff <= sum(one.staff for one in others)
        assert slot.because != "given" or slot.within >= 0.78, "the least for all was more than for each"


@given(first=people, second=people, service=st.floats(3.0, 30.0), share=st.floats(0.6, 0.95))
@settings(deadline=None, max_examples=15)
def test_sharing_never_needs_more_however_unlike_units_are(
    first: list[float], second: list[float], service: float, share: float
) -> None:
    shared = pool(
        [
            plan(demand(first, unit="a"), staffed()),
            plan(demand(second, unit="b"), staffed(service, share=share)),
        ]
    )
    assert shared.saved_hours >= 0


def test_unlike_units_share_as_a_mixture_of_their_customers() -> None:
    quick, slow = plan(demand([30.0, 30.0]), staffed(4.0)), plan(demand([10.0, 10.0]), staffed(20.0, cv=0.5))
    by = pool([quick, slow]).together.by
    drawn = np.concatenate([
        quick.by.service.sample(np.random.default_rng(1), 300_000),
        slow.by.service.sample(np.random.default_rng(2), 100_000),
    ])  # fmt: skip
    assert by.service.mean_min == pytest.approx(drawn.mean(), rel=0.02)
    assert by.service.cv == pytest.approx(drawn.std() / drawn.mean(), rel=0.02)


def test_units_share_in_the_slots_in_which_any_of_them_is_open() -> None:
    shared = pool(
        [plan(demand([5.0] * 4, unit="a"), staffed()), plan(demand([5.0] * 4, unit="b", closed=2), staffed())]
    )
    assert len(shared.together.slots) == 6


def test_sharing_takes_two_with_slots_of_the_same_length() -> None:
    one = plan(demand([5.0]), staffed())
    with pytest.raises(StaffingError, match="two units"):
        pool([one])
    quarter = plan(replace(demand([5.0]), slot_min=15.0), staffed())
    with pytest.raises(StaffingError, match="same length"):
        pool([one, quarter])


def unit(name: str, *, staff: int, waiting: int = 0, came: float = 40.0, **others: object) -> UnitNow:
    known = {
        "by": staffed(),
        "skills": frozenset({"guidance"}),
        "planned_so_far": 40.0,
        "planned_next_hour": 20.0,
    }
    return UnitNow(unit=name, staff=staff, waiting=waiting, came=came, **{**known, **others})  # type: ignore[arg-type]


def test_who_can_be_spared_moves_to_where_people_wait() -> None:
    move = move_one(
        [unit("citizen", staff=5, waiting=6, came=60), unit("youth", staff=8), unit("employment", staff=6)]
    )
    assert move is not None
    assert (move.origin.unit, move.to.unit) == ("youth", "citizen")
    assert move.reason().startswith(
        "60 came to citizen when 40 were expected, and 6 wait: with one more from youth "
    )
    assert move.to_within[1] > move.to_within[0]
    assert move.origin_within[1] >= 0.8


@pytest.mark.parametrize(
    ("units", "why"),
    [
        ([unit("a", staff=7), unit("b", staff=8)], "nobody misses the target"),
        ([unit("a", staff=4, waiting=6), unit("b", staff=8, skills=frozenset({"nurse"}))], "no skill is shared"),
        ([unit("a", staff=4, waiting=6), unit("b", staff=5)], "the other would miss its own target"),
        ([unit("a", staff=4, waiting=6, by=staffed(rules=Rules(desks=4))), unit("b", staff=8)], "no desk is free"),
        ([unit("a", staff=4, waiting=6), unit("b", staff=8, by=staffed(rules=Rules(least=8)))], "all must be present"),
        ([unit("a", staff=4, waiting=6)], "there is no other"),
        ([], "there is nobody"),
    ],
)  # fmt: skip
def test_nobody_moves_where_it_would_not_help(units: list[UnitNow], why: str) -> None:
    assert move_one(units) is None, why


def test_today_is_believed_the_more_the_more_of_it_was_seen() -> None:
    early = unit("a", staff=4, came=8.0, planned_so_far=4.0).busyness
    late = unit("a", staff=4, came=400.0, planned_so_far=200.0).busyness
    assert 1.0 < early < 1.2
    assert 1.7 < late < 2.0
    assert unit("a", staff=4, came=400.0, spread=0.0).busyness == 1.0


@given(waiting=st.integers(0, 30), staff=st.integers(1, 8), came=st.floats(0.0, 100.0))
@settings(deadline=None, max_examples=25)
def test_one_more_never_makes_the_next_hour_worse(waiting: int, staff: int, came: float) -> None:
    one = unit("a", staff=staff, waiting=waiting, came=came)
    assert one.within(staff + 1) >= one.within(staff) - 1e-9


def test_people_who_cannot_be_are_refused() -> None:
    with pytest.raises(StaffingError, match="numbers of 0 or more"):
        unit("a", staff=4, waiting=-1)
