"""Which reports a sealed row of a roll-up counts: pure. Raw points that are gone are known by it when they come again.

Written as text in the row itself, so that the sums and what they are made of can never disagree.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Counted(NamedTuple):
    """Reports `first` to `last` of one start of a counter."""

    boot: str
    first: int
    last: int

    def holds(self, boot: str, seq: int) -> bool:
        return self.boot == boot and self.first <= seq <= self.last


def joined(ranges: Iterable[Counted]) -> list[Counted]:
    """As few ranges as can be, in order."""
    found: list[Counted] = []
    for one in sorted(ranges):
        last = found[-1] if found else None
        if last and last.boot == one.boot and one.first <= last.last + 1:
            found[-1] = last._replace(last=max(last.last, one.last))
        else:
            found.append(one)
    return found


def to_text(ranges: Iterable[Counted]) -> str:
    return " ".join(f"{one.boot}:{one.first}-{one.last}" for one in joined(ranges))


def from_text(text: str) -> list[Counted]:
    found = []
    for part in text.split():
        boot, _, numbers = part.partition(":")
        first, _, last = numbers.partition("-")
        found.append(Counted(boot, int(first), int(last)))
    return found
