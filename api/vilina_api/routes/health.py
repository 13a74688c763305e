"""`/health`: for whoever watches the process."""

from fastapi import APIRouter

from vilina_api.errors import NotReady
from vilina_api.models import HealthDocument
from vilina_api.problem import RESPONSES
from vilina_api.routes.needs import State

router = APIRouter(prefix="/health", tags=["health"], responses=RESPONSES)  # type: ignore[arg-type]  # narrower keys


@router.get("/live")
async def live() -> HealthDocument:
    """The process runs."""
    return HealthDocument(status="ok")


@router.get("/ready")
async def ready(state: State) -> HealthDocument:
    """The store has just been read."""
    if not state.is_fresh():
        raise NotReady("The store has not been read for half a minute; the server's log says why.")
    return HealthDocument(status="ok")
