"""How many faults of which kinds: a few with all tests, the full numbers in `make test-faults`."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Final

LONG: Final = os.environ.get("VILINA_FAULTS") == "long"


def times(short: int, long: int) -> int:
    """How often something is to happen."""
    return long if LONG else short


class Injected:
    """What was done to Vilina in this run, and what came of it."""

    def __init__(self) -> None:
        self._faults: Counter[str] = Counter()
        self._figures: dict[str, str] = {}

    def add(self, kind: str, faults: int = 1) -> None:
        self._faults[kind] += faults

    def tell(self, what: str, figure: str) -> None:
        """Something that a reader of the table wants to know beside the numbers."""
        self._figures[what] = figure

    def plain(self) -> tuple[dict[str, int], dict[str, str]]:
        """All of it, as what can be sent to another process."""
        return dict(self._faults), dict(self._figures)

    def join(self, sent: tuple[dict[str, int], dict[str, str]] | None) -> None:
        """Add what another process sent, if it did any tests."""
        faults, figures = sent or ({}, {})
        self._faults.update(faults)
        self._figures.update(figures)

    def lines(self) -> Iterator[str]:
        """The table; nothing if nothing was done."""
        for kind, faults in sorted(self._faults.items()):
            yield f"{faults:7}  {kind}"
        if self._faults:
            yield f"{self._faults.total():7}  faults of {len(self._faults)} kinds"
        for what, figure in self._figures.items():
            yield f"{what}: {figure}"
