"""From people and required staff to a roster."""

from collections.abc import Callable, Sequence
from time import monotonic

from vilina_api.rostering.desks import Desks, Times, at_desks
from vilina_api.rostering.explain import uncovered
from vilina_api.rostering.model import build
from vilina_api.rostering.roster import Quality, Roster, Shift, Worker
from vilina_api.rostering.search import Stage, search
from vilina_api.rostering.shifts import Week, kept, possible, wishes

GOOD = 0.002
"""A roster that may be worse than the best by so little is looked for no further."""


def make(
    week: Week, *, tell: Callable[[Stage], None], stop: Callable[[], bool], now_s: Callable[[], float] = monotonic,
    good: float = GOOD,
) -> Roster:  # fmt: skip
    """The best roster until `stop` says so, or until hardly a better one can be.

    Raises:
        RosterError: nobody can have any shift.
    """
    began = now_s()
    shifts = possible(week)
    found = search(build(week, shifts), week, good=good, stop=stop, tell=tell)
    days: list[dict[int, tuple[int, int]]] = [{} for _ in week.required.days]
    for i in found.shifts:
        days[shifts.day[i]][int(shifts.person[i])] = int(shifts.start[i]), int(shifts.end[i])
    quality = (found.cost, found.bound, found.unavoidable, now_s() - began)
    return assembled(week, days, [at_desks(week, n, one) for n, one in enumerate(days)], quality)


def assembled(
    week: Week, times: Sequence[Times], desks: Sequence[Desks], quality: tuple[float, float, int, float]
) -> Roster:
    """A roster from shifts and desks of each day; `quality` is cost, bound, unavoidably uncovered, and seconds."""
    dates = week.required.days
    shifts = [
        Shift(
            person=week.people[person].id, day=dates[day], start_min=start, end_min=end,
            paid_hours=week.rules.paid_hours(end - start), stints=desks[day].stints[person],
        )
        for person in range(len(week.people))
        for day in range(len(dates))
        if person in times[day]
        for start, end in [times[day][person]]
    ]  # fmt: skip
    mine: dict[str, dict[object, Shift]] = {person.id: {} for person in week.people}
    for shift in shifts:
        mine[shift.person][shift.day] = shift
    cost, bound, unavoidable, seconds = quality
    missing = [one.missing for one in desks]
    return Roster(
        site=week.site.id, time_zone=week.site.time_zone, first=week.required.first, days=dates,
        units={unit.id: unit.name for unit in week.site.units},
        workers=tuple(
            _worker(week, number, [one for one in shifts if one.person == person.id])
            for number, person in enumerate(week.people)
        ),
        shifts=tuple(shifts),
        uncovered=uncovered(week, missing, mine),  # type: ignore[arg-type]
        quality=Quality(
            cost=cost, bound=bound, paid_hours=sum(shift.paid_hours for shift in shifts),
            required_hours=week.required.hours, uncovered=int(sum(one.sum() for one in missing)),
            unavoidable=unavoidable, seconds=seconds,
        ),
    )  # fmt: skip


def _worker(week: Week, number: int, shifts: Sequence[Shift]) -> Worker:
    person = week.people[number]
    asked = wishes(week, number)
    asked += sum(time.of(day) for time in person.avoids for day in week.required.days)
    broken = sum(person.broken(one.day, one.start_min, one.end_min) for one in shifts)
    met = sum(kept(person, one.day, one.start_min, one.end_min) for one in shifts)
    return Worker(
        id=person.id, name=person.name, contract_hours=person.hours,
        hours=sum(one.paid_hours for one in shifts),
        unpopular=sum(week.is_unpopular(one.day, one.end_min) for one in shifts),
        wishes=asked, wishes_kept=asked - broken - (wishes(week, number) - met),
    )  # fmt: skip
