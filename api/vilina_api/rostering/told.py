"""A roster and its repair, as people read them on a terminal."""

from collections.abc import Iterator, Sequence

from vilina_api.rostering.grid import grid
from vilina_api.rostering.roster import Change, Repaired, Roster, Shift, clock
from vilina_api.rostering.search import Stage


def table(roster: Roster) -> Iterator[str]:
    """Who works when, a line for each person; what is not covered; how good it is."""
    made = grid(roster)
    widest = max(len(worker.name) for worker in roster.workers)
    yield f"{'':<{widest}}" + "".join(f"  {day:%a %d.%m.}  " for day in made.days) + "   hours"
    for row in made.rows:
        cells = "".join(f"  {cell.times if cell else '':<11}" for cell in row.cells)
        yield f"{row.worker.name:<{widest}}{cells}  {row.worker.hours:>5g} of {row.worker.contract_hours:g}"
    yield f"{'people':<{widest}}" + "".join(f"  {n:<11}" for n in made.people)
    yield ""
    yield from summary(roster)


def summary(roster: Roster) -> Iterator[str]:
    """What is not covered and why; hours, wishes, and how good it is proven to be."""
    quality = roster.quality
    if roster.uncovered:
        yield f"{sum(one.hours for one in roster.uncovered):g} h are not covered:"
        yield from (f"  {one.why}" for one in roster.uncovered)
        avoidable = quality.uncovered - quality.unavoidable
        if avoidable > 0:
            yield f"  It is not proven that {avoidable} of {quality.uncovered} blocks cannot be; give it more time."
        else:
            yield "  It is proven that nobody can cover more of it."
    else:
        yield "Every slot is covered."
    asked, kept = sum(one.wishes for one in roster.workers), sum(one.wishes_kept for one in roster.workers)
    yield (
        f"{quality.paid_hours:g} paid hours for {quality.required_hours:g} at desks; {kept} of {asked} wishes kept; "
        f"at most {max((one.unpopular for one in roster.workers), default=0)} evenings and weekend days for one person"
    )
    yield f"at most {100 * quality.gap:.2f} % from the best there is, after {quality.seconds:.0f} s"


def stage_line(stage: Stage, seconds: float) -> str:
    """How far a search is, on one line."""
    if stage.best is None or stage.gap is None:
        return f"{seconds:4.0f} s  bound {stage.bound:.1f} h, making the first roster"
    return (
        f"{seconds:4.0f} s  bound {stage.bound:.1f} h, best {stage.best:.1f} h, gap {100 * stage.gap:.2f} %, "
        f"{stage.uncovered} blocks uncovered"
    )


def repair_lines(repaired: Repaired) -> Iterator[str]:
    """Who changes what."""
    yield from change_lines(repaired.roster, repaired.changes)
    yield f"{repaired.others} other {'person changes' if repaired.others == 1 else 'people change'}."
    if repaired.roster.uncovered:
        yield "Not covered:"
        yield from (f"  {one.why}" for one in repaired.roster.uncovered)


def change_lines(roster: Roster, changes: Sequence[Change]) -> Iterator[str]:
    """A line for each change."""
    names = {worker.id: worker.name for worker in roster.workers}
    if not changes:
        yield "Nobody else changes."
    for change in changes:
        yield f"{names[change.person]}, {change.day:%a %Y-%m-%d}: {_change(roster, change)}"


def _change(roster: Roster, change: Change) -> str:
    if change.before is None:
        return f"comes {_shift(roster, change.after)}"
    if change.after is None:
        return f"is free instead of {_shift(roster, change.before)}"
    return f"{_shift(roster, change.after)} instead of {_shift(roster, change.before)}"


def _shift(roster: Roster, shift: Shift | None) -> str:
    assert shift is not None
    parts = [
        f"{roster.units[one.unit] if one.unit else 'break'} {clock(one.start_min)}–{clock(one.end_min)}"
        for one in shift.stints
    ]
    return f"{clock(shift.start_min)}–{clock(shift.end_min)} ({', '.join(parts)})"
