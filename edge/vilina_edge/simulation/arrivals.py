"""Who comes to the door, when, and how: alone or together, quickly, only to turn back, or to stand there a while."""

import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final, NamedTuple

import numpy as np

from vilina_edge.types import Direction

GROUP_SIZES: Final = (2, 3, 4)
GROUP_SPEED: Final = (1.0, 1.4)
"""m/s; those who walk together walk a little more slowly (Moussaid et al., PLoS ONE 5(4), 2010)."""
FAST_SPEED: Final = (1.8, 2.6)
"""m/s, from a brisk walk to a run."""
TURNING: Final = (-1.0, 0.25)
"""Where those turn back who turn: metres past the line, by the middle of the body.

Half a body is 0.25 to 0.3 m deep, so none of them was ever wholly on the other side: by anybody's judgement, and in the
truth, they have not crossed.
"""
LINGERING: Final = (3.0, 8.0)
"""How long those stand who linger: seconds."""


class Arrival(NamedTuple):
    """Somebody comes to the door, so many seconds after the beginning, to walk through it in a direction.

    `speed` is what this person walks when free, m/s; by lot if None. Who has `turns` turns back so many metres past
    the line (before it, if negative), and does not cross. `lingers` is how long this person stands at the door,
    seconds. Those who follow one another with the same `group` walk together.
    """

    seconds: float
    direction: Direction
    speed: float | None = None
    turns: float | None = None
    lingers: float = 0.0
    group: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Shares of all people: those in groups of two to four, the fast, those who turn back, those who linger.

    Nobody is of two kinds; the rest walk alone as people do.

    Raises:
        ValueError: a share is not from 0 to 1, or they are more than 1 together.
    """

    groups: float = 0.0
    fast: float = 0.0
    turning: float = 0.0
    lingering: float = 0.0

    def __post_init__(self) -> None:
        shares = astuple(self)
        # Ten tenths may be a little more than one.
        if not (all(0 <= share <= 1 for share in shares) and sum(shares) <= 1 + 1e-9):
            raise ValueError(f"{self}: shares are from 0 to 1, and at most 1 together")

    @property
    def group_chance(self) -> float:
        """How likely an arrival is that of a group, so that its members are the wanted share of all people.

        With groups of g on the average, q g / (q g + 1 - q) = `groups`.
        """
        mean = sum(GROUP_SIZES) / len(GROUP_SIZES)
        return self.groups / (mean - self.groups * (mean - 1))


def steady(
    people_per_minute: float,
    *,
    seed: int,
    seconds: float = math.inf,
    mix: Mix = Mix(),  # frozen
) -> Iterator[Arrival]:
    """Independent arrivals, half of them each way, for some seconds or without end."""
    rng, manners = np.random.default_rng(seed), np.random.default_rng([seed, 2])
    mean_size = 1 + mix.group_chance * (sum(GROUP_SIZES) / len(GROUP_SIZES) - 1)
    between = 60 / people_per_minute * mean_size
    at, group = float(rng.exponential(between)), 0
    while at < seconds:
        alone = Arrival(at, "entered" if rng.random() < 0.5 else "left")
        if manners.random() < mix.group_chance:
            yield from _group(alone, group, manners)
            group += 1
        else:
            yield _one(alone, mix, manners)
        at += float(rng.exponential(between))


def _group(first: Arrival, number: int, rng: np.random.Generator) -> list[Arrival]:
    together = first._replace(speed=float(rng.uniform(*GROUP_SPEED)), group=number)
    return [together] * int(rng.choice(GROUP_SIZES))


def _one(arrival: Arrival, mix: Mix, rng: np.random.Generator) -> Arrival:
    """Somebody who comes alone, of a kind drawn by lot."""
    kind = rng.random() * (1 - mix.groups)
    if kind < mix.fast:
        return arrival._replace(speed=float(rng.uniform(*FAST_SPEED)))
    if kind < mix.fast + mix.turning:
        return arrival._replace(turns=float(rng.uniform(*TURNING)))
    if kind < mix.fast + mix.turning + mix.lingering:
        return arrival._replace(lingers=float(rng.uniform(*LINGERING)))
    return arrival
