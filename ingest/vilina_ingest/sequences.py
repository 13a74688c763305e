"""Which reports of a counter have not come yet: holes between the sequence numbers of a boot."""

from bisect import insort
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

BOOTS: Final = 4
"""Boots of a counter that are remembered: the one that runs, and those whose backlog may still be on its way."""
RANGES: Final = 200
"""Of a boot; beyond it the oldest hole is forgotten."""


class Numbers(NamedTuple):
    """Something of a counter that it forgets when told that it is stored: numbers `first` to `last` of a boot."""

    boot: str
    first: int
    last: int


class Sequences:
    """What has come of one counter since we listen; what came before is not held against it."""

    def __init__(self) -> None:
        self._boots: dict[str, list[tuple[int, int]]] = {}

    def add(self, numbers: Iterable[Numbers]) -> None:
        for boot, first, last in numbers:
            ranges = self._boots.pop(boot, [])
            insort(ranges, (first, last))
            # The boot that spoke last is the last one.
            self._boots[boot] = _joined(ranges)[-RANGES:]
        while len(self._boots) > BOOTS:
            del self._boots[next(iter(self._boots))]

    def missing(self) -> int:
        """How many numbers between the first and the last of each boot have not come."""
        return sum(
            later[0] - earlier[1] - 1
            for ranges in self._boots.values()
            for earlier, later in pairwise(ranges)
        )


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined = ranges[:1]
    for first, last in ranges[1:]:
        if first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
