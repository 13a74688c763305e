"""What a benchmark says: a table on the terminal, and the same as JSON in build/bench/."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "build" / "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `peer` is what others reach at the same work; `goal` is the most (or least) that is good enough."""

    work: str
    measured: float
    unit: str
    peer: str = ""
    goal: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool | None:
        """None where there is no goal."""
        if self.goal is None:
            return None
        return bool(self.measured >= self.goal if self.at_least else self.measured <= self.goal)


def publish(name: str, rows: Sequence[Row]) -> bool:
    """Print the rows and write build/bench/NAME.json; whether every goal is reached."""
    table = [("work", "measured", "unit", "goal", "ok", "peer")]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:g}"
        verdict = {None: "", True: "yes", False: "NO"}[row.ok]
        table.append((row.work, f"{row.measured:.3g}", row.unit, goal, verdict, row.peer))
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for cells in table:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip())
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = [{**asdict(row), "ok": row.ok} for row in rows]
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return all(row.ok is not False for row in rows)
