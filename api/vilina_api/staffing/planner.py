"""Plans for a running API, made in processes of their own, so that the live stream does not wait, and never twice."""

import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from functools import partial
from hashlib import blake2b
from multiprocessing import get_context
from typing import Final, NamedTuple, TypeVar

from vilina_api.errors import NotReady
from vilina_api.staffing.at_desks import Span, days_of, manned
from vilina_api.staffing.cost import present
from vilina_api.staffing.demand import Demand
from vilina_api.staffing.plan import StaffPlan, plan
from vilina_api.staffing.played import Played, play
from vilina_api.staffing.pooling import Pooled, pool
from vilina_api.staffing.report import PlannedUnit
from vilina_api.staffing.rules import Staffed
from vilina_api.staffing.what_if import Change, Difference, what_if
from vilina_ingest.site import Site

Answer = TypeVar("Answer")

KEPT: Final = 500
"""Plans of a unit that are remembered, the ones asked for last."""
WORKERS: Final = 2
NICE: Final = 5
"""Who watches the live stream goes first."""


class Asked(NamedTuple):
    """A unit to be planned."""

    demand: Demand
    by: Staffed


class Planner:
    """For one event loop. Processes start when the first plan is asked for."""

    def __init__(self, *, workers: int = WORKERS) -> None:
        self._workers = min(workers, os.cpu_count() or 1)
        self._pool: Executor | None = None
        self._kept: OrderedDict[tuple[object, ...], asyncio.Task[PlannedUnit]] = OrderedDict()

    async def plans(self, units: Sequence[Asked]) -> list[PlannedUnit]:
        """A plan for each, in order; those that are known already cost nothing.

        Raises:
            StaffingError: one cannot be planned.
            NotReady: a process has ended on the way.
        """
        return await _all([self._plan(one) for one in units])

    async def differences(self, units: Sequence[Asked], change: Change) -> list[Difference]:
        """What a change would do to each; raises as `plans` does."""
        before = await self.plans(units)
        return await _all(
            [
                self._run(partial(what_if, one.demand, one.by, change, before=planned.plan))
                for one, planned in zip(units, before, strict=True)
            ]
        )

    async def together(self, apart: Sequence[StaffPlan]) -> Pooled:
        """What it saves when units that are planned share their staff.

        Raises:
            StaffingError: there are fewer than two, or their slots cannot be laid on each other.
            NotReady: a process has ended on the way.
        """
        return await self._run(partial(pool, tuple(apart)))

    async def plays(
        self, units: Sequence[tuple[Asked, Sequence[Span]]], site: Site, *, plays: int, seed: int
    ) -> list[Played]:
        """What plays of given staff come to, on the days of which any is given; nothing of it is kept.

        Raises:
            StaffingError: staff and demand have no time in common.
            NotReady: a process has ended on the way.
        """
        days = days_of({one.demand.unit: each for one, each in units})
        return await _all([
            self._run(partial(_played, one, spans, site, days=days, plays=plays, seed=seed)) for one, spans in units
        ])  # fmt: skip

    def close(self) -> None:
        """End the processes; what nobody has begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    async def _plan(self, asked: Asked) -> PlannedUnit:
        key = (_digest(asked.demand), asked.by)
        task = self._kept.get(key)
        if task is None:
            task = self._kept[key] = asyncio.create_task(self._run(partial(_planned, asked)))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        try:
            # Others may wait for the same one: it goes on when one of them has gone.
            return await asyncio.shield(task)
        except BaseException:
            if task.done():
                self._kept.pop(key, None)
            raise

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        pool = self._pool
        if pool is None:
            pool = self._pool = ProcessPoolExecutor(
                self._workers, mp_context=get_context("spawn"), initializer=_behind_others
            )
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except BrokenProcessPool as error:
            # Whatever else waited for it has the same error, and somebody may have another one by now.
            if self._pool is pool:
                self._pool = None
            raise NotReady(
                "A process that was planning has ended, maybe for want of memory. Try again."
            ) from error


async def _all(works: Sequence[Awaitable[Answer]]) -> list[Answer]:
    """All answers, or the first error when everything is over."""
    done = await asyncio.gather(*works, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return [one for one in done if not isinstance(one, BaseException)]


def _planned(asked: Asked) -> PlannedUnit:
    made = plan(asked.demand, asked.by)
    return PlannedUnit(plan=made, now=present(asked.demand, asked.by, None), judged=None)


def _played(
    asked: Asked, given: Sequence[Span], site: Site, *, days: frozenset[date], plays: int, seed: int
) -> Played:
    return play(manned(asked.demand, given, site, days=days), asked.by, plays=plays, seed=seed)


def _digest(demand: Demand) -> bytes:
    found = blake2b(demand.quantiles.tobytes(), digest_size=16)
    found.update(repr((demand.unit, demand.slot_min, demand.starts)).encode())
    return found.digest()


def _behind_others() -> None:
    """A process that plans: it goes last, and Ctrl-C is for the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
