"""Plans that a server makes beside its live stream: in other processes, once, and again after one of them has died."""

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.api.staffed import HUMPS, demand, staffed
from tests.waiting import until
from vilina_api.errors import NotReady, StaffingError
from vilina_api.staffing.plan import plan
from vilina_api.staffing.planner import Asked, Planner
from vilina_api.staffing.what_if import Change


def run(work: Callable[[Planner], Coroutine[Any, Any, None]]) -> None:
    """With a planner of one process."""

    async def running() -> None:
        planner = Planner(workers=1)
        try:
            await work(planner)
        finally:
            planner.close()

    asyncio.run(running())
    assert multiprocessing.active_children() == []


def test_plans_come_from_another_process_in_order_and_are_made_once() -> None:
    few, many = demand(HUMPS[:4], unit="few"), demand(HUMPS, unit="many")

    async def work(planner: Planner) -> None:
        units = [Asked(many, staffed()), Asked(few, staffed())]
        first, again = await asyncio.gather(planner.plans(units), planner.plans(units))
        assert [one.plan.demand.unit for one in first] == ["many", "few"]
        assert first[0].plan.staff == plan(many, staffed()).staff
        assert all(one is same for one, same in zip(first, again, strict=True))
        (changed,) = await planner.differences([Asked(few, staffed())], Change(demand_times=2.0))
        assert changed.before.staff == first[1].plan.staff
        assert changed.paid_hours > 0

    run(work)


def test_what_cannot_be_planned_is_said_and_not_remembered_as_a_plan() -> None:
    crowd, few = Asked(demand([3000.0]), staffed()), Asked(demand([3.0]), staffed())

    async def work(planner: Planner) -> None:
        for _ in range(2):
            with pytest.raises(StaffingError, match="more than one queue"):
                await planner.plans([few, crowd])
        (one,) = await planner.plans([few])
        assert one.plan.staff

    run(work)


def test_a_process_that_dies_is_said_and_the_next_plan_has_another() -> None:
    units = [Asked(demand([float(n)]), staffed()) for n in (3, 4, 5)]

    async def work(planner: Planner) -> None:
        await planner.plans(units[:1])
        (child,) = multiprocessing.active_children()
        child.kill()
        await asyncio.to_thread(until, lambda: not child.is_alive())
        with pytest.raises(NotReady, match="Try again"):
            await planner.plans(units[1:2])
        assert (await planner.plans(units[2:]))[0].plan.staff

    run(work)
