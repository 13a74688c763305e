"""A model is trained, judged on days that it has not seen, and used if it is not worse than the one in use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from vilina_api.errors import TrainingError
from vilina_api.forecasting.counts import WEEK, Counts
from vilina_api.forecasting.forecast import Fitted
from vilina_api.forecasting.methods import METHODS, OURS
from vilina_api.site_forecast.card import ModelCard
from vilina_api.site_forecast.judging import backtest_card, judge, origins, week_loss
from vilina_api.site_forecast.site_model import Place, learn

LEAST_DAYS: Final = 3 * WEEK
"""Fewer teach nothing that can be judged."""
JUDGED_DAYS: Final = 4 * WEEK
MOST_JUDGED: Final = 8 * WEEK
Say = Callable[[float, str], None]
"""The share that is done, and what is being done."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A model: what was learned, and its card."""

    card: ModelCard
    fitted: Fitted


def train(place: Place, counts: Counts, in_use: Stored | None, *, now: datetime, say: Say) -> Stored:
    """From counts of whole days; the card says whether it should be used.

    A twin that has not seen the last weeks is judged on them, and the model in use beside it. They are days
    that the model in use has not seen, either: else it would know the answers.

    Raises:
        TrainingError: there are too few days, or too few new ones to judge by.
    """
    judged = _judged_days(counts, in_use)
    begin = counts.end - timedelta(days=judged)
    method = METHODS[OURS]
    say(0.05, f"learning without the last {judged} days, to be judged on them")
    twin = learn(place, counts.before(begin), method)
    at = origins(begin, counts.end - timedelta(days=1))
    contestants = 1 if in_use is None else 2
    steps = iter(range(1, contestants * len(at) + 1))

    def progress() -> None:
        say(0.4 + 0.2 * next(steps) / (contestants * len(at)), "judging")

    say(0.4, "judging")
    tally = judge(place, twin, counts, at=at, progress=progress)
    theirs = (
        None if in_use is None else week_loss(judge(place, in_use.fitted, counts, at=at, progress=progress))
    )
    better, verdict = _verdict(week_loss(tally), theirs, judged)
    say(0.6, "learning from all days")
    fitted = learn(place, counts, method)
    assert fitted is not None
    say(1.0, "done")
    card = ModelCard(
        site=place.site.id,
        method=OURS,
        version=f"{now:%Y%m%dT%H%M%SZ}",
        trained_at=now,
        trained_until=counts.end - timedelta(days=1),
        first=counts.first,
        days=counts.days,
        series=len(counts.names),
        gaps_percent=gaps_percent(place, counts),
        backtest=backtest_card(tally, at, counts.end - timedelta(days=1)),
        in_use=better,
        verdict=verdict,
    )
    return Stored(card, fitted)


def gaps_percent(place: Place, counts: Counts) -> float:
    """Open quarter hours of parts that nobody counted, of all."""
    if not counts.days:
        return 0.0
    opened = place.calendar(counts.first, counts.end).is_open(
        counts.first, days=counts.days, slots=counts.slots
    )
    people = counts.people[: len(place.hierarchy.parts)][:, opened]
    return round(100 * float(np.isnan(people).mean()), 2) if people.size else 0.0


def _judged_days(counts: Counts, in_use: Stored | None) -> int:
    if counts.days < LEAST_DAYS:
        raise TrainingError(
            f"there are counts of {counts.days} days, and a model needs {LEAST_DAYS}: until then forecasts rest on"
            " profiles of the days there are, and on what the site file says"
        )
    if in_use is None or in_use.card.trained_until is None:
        return min(JUDGED_DAYS, counts.days // 3 // WEEK * WEEK)
    new = max(0, (counts.end - in_use.card.trained_until).days - 1)
    if new < WEEK:
        raise TrainingError(
            f"{new} days have come since the model in use was trained, and {WEEK} are needed to judge by:"
            " it stays in use"
        )
    return min(new, MOST_JUDGED, counts.days // 3)


def _verdict(ours: float | None, theirs: float | None, judged: int) -> tuple[bool, str]:
    days = f"on the last {judged} days, which it had not seen"
    if ours is None:
        return False, f"Not used: nobody came {days}, so it cannot be judged."
    if theirs is None:
        return True, f"In use: the first model; its loss {days}, is {ours:.2f} %."
    if ours <= theirs:
        return True, f"In use: its loss {days}, is {ours:.2f} %, that of the model before {theirs:.2f} %."
    return False, f"Not used: its loss {days}, is {ours:.2f} %, that of the model in use only {theirs:.2f} %."
