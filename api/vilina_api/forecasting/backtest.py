"""What methods would have said at midnights of the past, from nothing but what was known then, and how good it was."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from vilina_api.errors import CountsError
from vilina_api.forecasting.counts import WEEK, Calendar, Counts
from vilina_api.forecasting.forecast import Forecast, Method
from vilina_api.forecasting.scores import Scores, Sums, scores, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`origins` midnights, each `every` days after the one before, from which `horizon` days are forecast.

    They begin at `start`, or end as late as the counts allow. Of the past, the last `weeks` are used; None: all of it.
    """

    origins: int
    every: int
    horizon: int
    start: date | None = None
    weeks: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one method was worth over all origins; `last` is what it said at the last one. CPU seconds."""

    sums: Sums
    last: Forecast
    fit_s: float
    predict_s: float

    @property
    def scores(self) -> Scores:
        return scores(self.sums)


def origins(plan: Plan, counts: Counts) -> list[date]:
    """The midnights of a plan.

    Raises:
        CountsError: the counts do not reach over them.
    """
    every = timedelta(days=plan.every)
    start = plan.start or counts.end - timedelta(days=plan.horizon) - (plan.origins - 1) * every
    found = [start + n * every for n in range(plan.origins)]
    if (start - counts.first).days < WEEK:
        raise CountsError(
            f"the first origin would be {start}, but counts begin on {counts.first}, and a week must be known before"
            " it: take fewer --origins, a smaller --every or a later --start"
        )
    if found[-1] >= counts.end:
        raise CountsError(
            f"the last origin would be {found[-1]}, but counts end with {counts.end - timedelta(days=1)}: take fewer"
            " --origins, a smaller --every or an earlier --start"
        )
    return found


def backtest(
    counts: Counts,
    calendar: Calendar,
    methods: Sequence[Method],
    plan: Plan,
    *,
    progress: Callable[[date, str], None] = lambda _origin, _method: None,
) -> Mapping[str, Result]:
    """By name of the method. Each learns anew at each origin.

    Raises:
        CountsError: the counts do not reach over the plan's origins.
    """
    results: dict[str, Result] = {}
    for origin in origins(plan, counts):
        for method in methods:
            progress(origin, method.name)
            one = _at(origin, counts, calendar, method, plan)
            before = results.get(method.name)
            results[method.name] = one if before is None else _joined(before, one)
    return results


def _at(origin: date, counts: Counts, calendar: Calendar, method: Method, plan: Plan) -> Result:
    past = counts.before(origin, weeks=plan.weeks)
    begin = time.process_time()
    fitted = method.fit(past, calendar)
    learned = time.process_time()
    said = fitted.predict(past, plan.horizon)
    done = time.process_time()
    opened = calendar.is_open(origin, days=plan.horizon, slots=counts.slots)
    found = sums(said, counts.of(origin, plan.horizon), past=counts.before(origin), opened=opened)
    return Result(found, said, learned - begin, done - learned)


def _joined(before: Result, one: Result) -> Result:
    return Result(
        before.sums + one.sums, one.last, before.fit_s + one.fit_s, before.predict_s + one.predict_s
    )
