"""A roster as rows of a table: a person in each, a day in each column; for pages and spreadsheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vilina_api.rostering.roster import Roster, Shift, Worker, clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One person's day: `times` like 08:00–16:00, `units` by name in the order of work, `pause` like 12:00–12:30."""

    times: str
    units: tuple[str, ...]
    pause: str | None
    hours: float
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A person's week: a cell for each day, None for a free one."""

    worker: Worker
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """All of it, with the sums of each day: people at work, and paid hours."""

    days: tuple[date, ...]
    rows: tuple[GridRow, ...]
    people: tuple[int, ...]
    hours: tuple[float, ...]


def grid(roster: Roster) -> Grid:
    """Everybody's week, in the order of the roster's people."""
    rows = tuple(
        GridRow(
            worker=worker,
            cells=tuple(
                _cell(roster, shift) if (shift := roster.by_person[worker.id].get(day)) else None
                for day in roster.days
            ),
        )
        for worker in roster.workers
    )
    columns = [[cell for row in rows if (cell := row.cells[n])] for n in range(len(roster.days))]
    return Grid(
        days=roster.days,
        rows=rows,
        people=tuple(len(column) for column in columns),
        hours=tuple(sum(cell.hours for cell in column) for column in columns),
    )


def units_in_order(roster: Roster, shift: Shift) -> tuple[str, ...]:
    """Names of the units of a shift, each once."""
    return tuple(dict.fromkeys(roster.units[one.unit] for one in shift.stints if one.unit is not None))


def pauses(shift: Shift) -> Sequence[str]:
    """Breaks, like 12:00–12:30."""
    return [span(one.start_min, one.end_min) for one in shift.stints if one.unit is None]


def span(start_min: int, end_min: int) -> str:
    return f"{clock(start_min)}–{clock(end_min)}"


def _cell(roster: Roster, shift: Shift) -> Cell:
    return Cell(
        times=span(shift.start_min, shift.end_min),
        units=units_in_order(roster, shift),
        pause=next(iter(pauses(shift)), None),
        hours=shift.paid_hours,
        shift=shift,
    )
