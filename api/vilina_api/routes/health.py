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
    """The store can be read, and has been."""
    state.reader.version()
    if state.snapshot is None:
        raise NotReady("The store has not been read yet. Try again in a second.")
    return HealthDocument(status="ok")
