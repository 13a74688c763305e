"""Rosters: rules that hold, staff that is there or is said to be missing, and what is fair."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import vstack

from tests.api.rostered import MONDAY, PEOPLE, needs, person, roster, rostered_site, week
from vilina_api.errors import RosterError
from vilina_api.rostering.burdens import Burden
from vilina_api.rostering.document import read_roster, write_roster
from vilina_api.rostering.grid import grid
from vilina_api.rostering.model import build
from vilina_api.rostering.people import Person, Time
from vilina_api.rostering.repair import Repaired, repair
from vilina_api.rostering.required import UnitNeed, from_document, required
from vilina_api.rostering.roster import Roster
from vilina_api.rostering.rules import ShiftRules
from vilina_api.rostering.search import search
from vilina_api.rostering.shifts import Week, possible
from vilina_api.rostering.spans import read_times


def present(of: Week, made: Roster) -> np.ndarray:  # type: ignore[type-arg]
    """Staff by unit, day and block, counted from the stints of a roster and from nothing else."""
    found = np.zeros_like(of.required.need)
    block = of.required.block_min
    for shift in made.shifts:
        for stint in shift.stints:
            if stint.unit is not None:
                unit, day = of.required.units.index(stint.unit), made.days.index(shift.day)
                found[unit, day, stint.start_min // block : stint.end_min // block] += 1
    return found


def broken_rules(of: Week, made: Roster) -> Iterator[str]:  # noqa: PLR0912 - one branch a rule
    """Every rule that a roster breaks, looked at one by one, without the program that made it."""
    rules = of.rules
    for one in of.people:
        mine = sorted(made.by_person[one.id].values(), key=lambda shift: shift.day)
        if len(mine) > rules.most_days:
            yield f"{one.name} works {len(mine)} days"
        if sum(shift.paid_hours for shift in mine) > min(one.hours, rules.most_hours) + 1e-9:
            yield f"{one.name} works too many hours"
        for before, after in pairwise(mine):
            free = (after.day - before.day).days * 1440 - before.end_min + after.start_min
            if free < rules.rest_min:
                yield f"{one.name} rests {free} minutes before {after.day}"
        for shift in mine:
            length = shift.end_min - shift.start_min
            if not rules.shortest_min <= length <= rules.longest_min:
                yield f"{one.name} has a shift of {length} minutes"
            if not one.can(shift.day, shift.start_min, shift.end_min):
                yield f"{one.name} cannot come on {shift.day}"
            pauses = [stint for stint in shift.stints if stint.unit is None]
            if len(pauses) != rules.has_break(length):
                yield f"{one.name} has {len(pauses)} breaks in {length} minutes"
            for pause in pauses:
                if pause.start_min - shift.start_min < rules.break_after_min:
                    yield f"{one.name} has a break too early"
                if pause.end_min - shift.start_min > rules.break_until_min:
                    yield f"{one.name} has a break too late"
            if any(a.end_min != b.start_min for a, b in pairwise(shift.stints)):
                yield f"{one.name} is nowhere for a while"
            known = {of.required.units[unit] for unit in of.skilled[of.people.index(one)]}
            if {stint.unit for stint in shift.stints} - known - {None}:
                yield f"{one.name} is at a unit without its skills"


@pytest.fixture(scope="module")
def two_days() -> tuple[Week, Roster]:
    of = week(wanted=needs(2, closes=20))
    return of, roster(of)


def test_a_roster_breaks_no_rule_and_covers_what_can_be_covered(two_days: tuple[Week, Roster]) -> None:
    of, made = two_days
    assert not list(broken_rules(of, made))
    assert not made.uncovered
    assert (present(of, made) >= of.required.need).all()
    assert made.quality.bound <= made.quality.cost
    assert made.quality.gap < 0.02


@pytest.mark.parametrize("who", ["Aino", "Ben"])
def test_a_wish_is_kept_where_it_can_be(who: str) -> None:
    people = [
        person(
            name, "nurse", prefers=() if name == who else (Time(0),), avoids=(Time(0),) if name == who else ()
        )
        for name in ("Aino", "Ben")
    ]
    made = roster(week(people, needs(1, staff={"health": 1}, closes=13)))
    assert [shift.person for shift in made.shifts] == [one.id for one in people if one.name != who]
    assert [(one.wishes, one.wishes_kept) for one in made.workers] == [(1, 1), (1, 1)]


def test_evenings_are_shared(two_days: tuple[Week, Roster]) -> None:
    _, made = two_days
    evenings = [one.unpopular for one in made.workers]
    assert sum(evenings) >= 4
    assert max(evenings) <= 2


def test_breaks_are_staggered_so_that_a_unit_is_never_empty() -> None:
    of = week([person("Aino", "nurse"), person("Ben", "nurse")], needs(1, staff={"health": 1}, closes=14))
    made = roster(of)
    assert not made.uncovered
    assert not list(broken_rules(of, made))


def test_nobody_begins_early_after_a_late_evening() -> None:
    rules = ShiftRules(shortest_min=480)
    late = needs(1, staff={"health": 1}, opens=14, closes=23)
    early = tuple(
        UnitNeed(one.unit, 30.0, tuple((at + timedelta(days=1), n) for at, n in one.slots))
        for one in needs(1, staff={"health": 1}, opens=7, closes=15)
    )
    of = week([person("Aino", "nurse")], [*late, *early], rules)
    made = roster(of)
    assert len(made.shifts) == 1, "one of them only: 23 to 7 is no night's rest"
    assert any("Aino needs 11 h of rest" in one.why or "Aino has" in one.why for one in made.uncovered)


def test_the_night_on_which_clocks_go_forward_is_an_hour_shorter() -> None:
    of = week()
    of = replace(of, required=replace(of.required, first=date(2026, 3, 28)))
    assert of.lost_min(0) == 60
    assert not of.rested(0, 20 * 60, 7 * 60)
    assert of.rested(1, 20 * 60, 7 * 60)


def test_what_cannot_be_covered_is_said_with_who_could_and_what_keeps_them() -> None:
    people = [
        person("Aino", "nurse", hours=7.5),
        person("Ben", "nurse", away=(Time(1),)),
        person("Eva", "library"),
    ]
    made = roster(week(people, needs(2, staff={"health": 1}, closes=16)))
    assert made.quality.uncovered >= made.quality.unavoidable > 0
    whys = [one.why for one in made.uncovered]
    assert all(why.startswith("Health desk lacks 1 on ") for why in whys)
    assert all("only Aino and Ben have nurse; " in why for why in whys)
    assert any("Ben is not available then" in why for why in whys)


def test_a_unit_whose_skill_nobody_has_is_named() -> None:
    made = roster(week([person("Aino", "nurse")], needs(1, staff={"health": 1, "citizen": 1}, closes=16)))
    citizen = [one for one in made.uncovered if one.unit == "citizen"]
    assert [one.hours for one in citizen] == [8.0]
    assert "nobody has guidance and permits" in citizen[0].why


def test_contracts_are_filled_and_never_overfilled() -> None:
    people = [person("Aino", "nurse", hours=12), person("Ben", "nurse", hours=20)]
    of = week(people, needs(4, staff={"health": 2}, closes=14))
    made = roster(of, parts=1)
    assert not list(broken_rules(of, made))
    assert all(one.hours <= one.contract_hours for one in made.workers)
    assert made.quality.uncovered > 0


def test_a_paid_break_counts_as_hours() -> None:
    assert ShiftRules().paid_hours(480) == 7.5
    assert ShiftRules(break_paid=True).paid_hours(480) == 8
    assert ShiftRules().paid_hours(300) == 5


@given(
    hours=st.lists(st.sampled_from([4.0, 10.0, 20.0, 37.5]), min_size=3, max_size=3),
    away=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    staff=st.integers(1, 3),
)
@settings(max_examples=6, deadline=None)
def test_whoever_there_is_no_rule_is_ever_broken(hours: list[float], away: list[int], staff: int) -> None:
    people = [
        person(name, "nurse", "library", hours=h, away=(Time(day),))
        for name, h, day in zip(("Aino", "Ben", "Cia"), hours, away, strict=True)
    ]
    of = week(people, needs(3, staff={"health": staff, "library": 1}, closes=15))
    made = roster(of)
    assert not list(broken_rules(of, made))
    lacks = np.maximum(0, of.required.need - present(of, made)).sum()
    assert lacks == made.quality.uncovered == round(2 * sum(one.hours for one in made.uncovered))


def absent(of: Week, made: Roster) -> Repaired:
    """Whoever works on Monday first."""
    gone = next(shift.person for shift in made.shifts if shift.day == MONDAY)
    return repair(of, made, absent=gone, days=[MONDAY])


def test_one_absence_is_mended_by_few_and_breaks_no_rule(two_days: tuple[Week, Roster]) -> None:
    of, made = two_days
    repaired = absent(of, made)
    assert repaired.others <= 3
    assert not list(broken_rules(of, repaired.roster))
    gone = next(shift.person for shift in made.shifts if shift.day == MONDAY)
    assert MONDAY not in repaired.roster.by_person[gone]
    changed = {
        worker.id
        for worker in made.workers
        if made.by_person[worker.id] != repaired.roster.by_person[worker.id]
    }
    assert changed - {gone} == {change.person for change in repaired.changes}


def test_nobody_changes_if_nobody_may(two_days: tuple[Week, Roster]) -> None:
    of, made = two_days
    gone = next(shift.person for shift in made.shifts if shift.day == MONDAY)
    repaired = repair(of, made, absent=gone, days=[MONDAY], at_most=0)
    assert not repaired.changes
    assert repaired.roster.quality.uncovered > 0


def test_a_repair_of_nobody_or_of_another_week_is_refused(two_days: tuple[Week, Roster]) -> None:
    of, made = two_days
    with pytest.raises(RosterError, match="nobody called 'zoe'"):
        repair(of, made, absent="zoe", days=[MONDAY])
    with pytest.raises(RosterError, match="2026-04-01 is not in the roster"):
        repair(of, made, absent="aino", days=[date(2026, 4, 1)])


def test_a_roster_can_be_read_again(two_days: tuple[Week, Roster]) -> None:
    of, made = two_days
    again, read = read_roster(write_roster(of, made), rostered_site(), where="roster.json")
    assert read == made
    assert again.people == of.people
    assert (again.required.need == of.required.need).all()
    with pytest.raises(RosterError, match=r"roster\.json is no roster"):
        read_roster(b"{}", rostered_site(), where="roster.json")


def test_a_grid_has_a_row_for_each_person_and_sums_for_each_day(two_days: tuple[Week, Roster]) -> None:
    _, made = two_days
    table = grid(made)
    assert [row.worker.name for row in table.rows] == [one.name for one in PEOPLE]
    assert sum(table.people) == len(made.shifts)
    assert sum(table.hours) == pytest.approx(made.quality.paid_hours)
    cell = next(cell for row in table.rows for cell in row.cells if cell)
    assert cell.times == "–".join(
        f"{at // 60:02d}:{at % 60:02d}" for at in (cell.shift.start_min, cell.shift.end_min)
    )
    assert set(cell.units) <= {"Health desk", "Citizen service", "Library"}


def test_slots_become_blocks_of_the_sites_clock() -> None:
    plan = {"units": [{"unit": "library", "slot_min": 15, "slots": [
        {"start": "2026-03-02T06:00:00+00:00", "staff": 1}, {"start": "2026-03-02T06:15:00+00:00", "staff": 3},
        {"start": "2026-03-02T06:30:00+00:00", "staff": 0}, {"start": "2026-03-09T06:30:00+00:00", "staff": 5},
    ]}]}  # fmt: skip
    made = required(from_document(plan), rostered_site(), first=None, block_min=30)
    assert made.first == MONDAY
    assert np.argwhere(made.need).tolist() == [[2, 0, 16]], "08:00 in Helsinki"
    assert made.need.max() == 3, "the most of a block's slots"


def one_slot(unit: str, staff: int) -> dict[str, object]:
    slots = [{"start": "2026-03-02T08:00", "staff": staff}]
    return {"units": [{"unit": unit, "slot_min": 15, "slots": slots}]}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([], "it has no units"),
        ({"units": []}, "has no units"),
        ({"units": [{"unit": "library"}]}, r"units\[0\] of the staffing plan is not one"),
        (one_slot("zoo", 1), "no unit 'zoo'"),
        (one_slot("library", -1), "staff is -1"),
        (one_slot("library", 0), "needs nobody"),
        ({"units": [{"unit": "library", "slot_min": 0, "slots": []}]}, "slots of 0 minutes"),
    ],
)  # fmt: skip
def test_a_staffing_plan_that_is_none_is_refused(plan: object, said: str) -> None:
    with pytest.raises(RosterError, match=said):
        required(from_document(plan), rostered_site(), first=None, block_min=30)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("", ()),
        ("mon", (Time(0),)),
        ("Fri-Sun", (Time(4), Time(5), Time(6))),
        ("sun-mon 8-16", (Time(6, 480, 960), Time(0, 480, 960))),
        ("2026-03-04, 16:30-24", (Time(date(2026, 3, 4)), Time(None, 990, 1440))),
    ],
)
def test_times_are_read_as_people_write_them(text: str, times: tuple[Time, ...]) -> None:
    assert read_times(text) == times


@pytest.mark.parametrize(
    "text", ["monday", "mon 8", "8-8", "16-8", "8-25", "2026-02-30", "mon 8-9 x", "mon-abc", "-"]
)
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (time|date|weekday)"):
        read_times(text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start_every_min": 50}, "must be a multiple of block_min"),
        ({"longest_min": 180}, "must not be shorter"),
        ({"break_until_min": 150}, "a break must fit"),
        ({"days": 5}, "Extra inputs"),
    ],
)
def test_rules_that_cannot_be_are_refused(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ShiftRules(**wrong)  # type: ignore[arg-type]


def test_people_are_available_within_one_time_and_away_at_any_part_of_one() -> None:
    one = Person(
        id="a", name="A", skills=frozenset({"nurse"}), hours=20, available=(Time(0, 480, 960),),
        away=(Time(date(2026, 3, 9)),),
    )  # fmt: skip
    assert one.can(MONDAY, 480, 960)
    assert not one.can(MONDAY, 480, 1020)
    assert not one.can(MONDAY + timedelta(days=1), 480, 960)
    assert not one.can(MONDAY + timedelta(days=7), 480, 960)


def test_what_a_roster_is_said_to_cost_is_what_its_shifts_cost_in_the_whole_program() -> None:
    of = week(wanted=needs(3, staff={"health": 2, "citizen": 2, "library": 1}, closes=20))
    shifts = possible(of)
    model = build(of, shifts)
    found = search(model, of, good=0.0, stop=lambda: True, tell=lambda _: None)
    low, high = np.zeros(len(model.cost)), model.upper.copy()
    high[: len(shifts)] = 0.0
    low[found.shifts] = high[found.shifts] = 1.0
    matrix, infinite = model.matrix, float("inf")
    above, below = model.row_lower > -infinite, model.row_upper < infinite
    exact = linprog(
        model.cost,
        A_ub=vstack([matrix[below], -matrix[above]]),
        b_ub=np.concatenate([model.row_upper[below], -model.row_lower[above]]),
        bounds=np.column_stack([low, high]),
    )
    assert exact.status == 0
    assert found.cost == pytest.approx(exact.fun)
    assert found.bound <= found.cost + 1e-6


def test_a_burden_costs_more_with_each_step() -> None:
    steps = Burden(np.array([0, 1]), np.array([1.0, 2.0]), 1.0, np.array([1.0, 2.0]), np.array([0.5, 3.0]))
    assert steps.much(np.array([1.0, 0.5])) == 3.0
    assert steps.cost(np.array([-1.0, 0.5, 2.0, 3.0, 9.0])) == pytest.approx([0.0, 0.25, 3.5, 6.5, 6.5])
