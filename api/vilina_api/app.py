"""The application: routes, errors and the live state, wired together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from vilina_api.keys import KeyRing
from vilina_api.planner_page.week_plans import WeekPlans
from vilina_api.planner_page.week_rosters import WeekRosters
from vilina_api.problem import add_problem_handlers
from vilina_api.rostering.jobs import Jobs
from vilina_api.routes import (
    flows,
    forecast,
    health,
    occupancy,
    pages,
    planner,
    plays,
    roster,
    sites,
    staffing,
)
from vilina_api.routes.roles import PLANNING, PUBLIC, STAFF
from vilina_api.site_forecast.serving import SiteOutlook
from vilina_api.site_forecast.site_model import Planned, place_of
from vilina_api.staffing.planner import Planner
from vilina_api.staffing.shares import Share, said_shares
from vilina_api.state import LiveState
from vilina_edge.clock import Clock
from vilina_ingest.site import Site
from vilina_ingest.store import Reader, Store


def create_app(
    *,
    site: Site,
    reader: Reader,
    open_store: Callable[[], Store],
    clock: Clock,
    keys: KeyRing | None = None,
    models: Path | None = None,
    planned: Planned | None = None,
    shares: Mapping[str, Share] | None = None,
    rosters: Path | None = None,
) -> FastAPI:
    """The app of one site over one store, which it only reads; it is opened anew for the little that is written.

    Without `keys` whoever reaches it may do everything. `models` is the directory of trained models, in which forecasts
    are kept, too. `shares` are those that units have of their zones, by default as the site file says. `rosters` is the
    folder of rosters; without one, none are made.
    """
    jobs = None if rosters is None else Jobs(rosters, site)
    place = place_of(site, planned or Planned())
    outlook = SiteOutlook(place=place, reader=reader, clock=clock, models=models)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Whoever comes first gets a page, not an excuse.
        await app.state.live.look()
        running = [asyncio.create_task(part.run()) for part in (app.state.live, outlook)]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            app.state.planner.close()
            if jobs is not None:
                jobs.close()

    app = FastAPI(
        title="Vilina",
        version=version("vilina"),
        summary="People inside, flows, and the counters that see them: anonymous, and live.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.live = LiveState(site=site, reader=reader, clock=clock)
    app.state.outlook = outlook
    app.state.shares = said_shares(site) if shares is None else shares
    app.state.open_store = open_store
    app.state.planner = Planner()
    app.state.week_plans = WeekPlans(
        site, shares=app.state.shares, outlook=outlook, planner=app.state.planner
    )
    app.state.week_rosters = (
        WeekRosters(site, jobs=jobs, folder=rosters) if jobs is not None and rosters is not None else None
    )
    app.state.roster_jobs = jobs
    app.state.keys = keys
    add_problem_handlers(app)
    app.include_router(health.router, dependencies=[PUBLIC])
    app.include_router(forecast.router, dependencies=[PLANNING])
    for module in (sites, flows, occupancy, pages):
        app.include_router(module.router, dependencies=[STAFF])
    for module in (staffing, plays, roster, planner):
        app.include_router(module.router, dependencies=[PLANNING])
    return app
