"""What routes need of the app."""

from typing import Annotated

from fastapi import Depends, Path, Request

from vilina_api.errors import NotFound, NotReady
from vilina_api.state import LiveState, Snapshot


def live_state(request: Request) -> LiveState:
    state = request.app.state.live
    assert isinstance(state, LiveState)
    return state


State = Annotated[LiveState, Depends(live_state)]


def site_state(state: State, site: Annotated[str, Path(examples=["service-square"])]) -> LiveState:
    """The state of the site in the path."""
    if site != state.site.id:
        raise NotFound(f"There is no site {site!r} here; this server has {state.site.id!r}.")
    return state


SiteState = Annotated[LiveState, Depends(site_state)]


def snapshot(state: State) -> Snapshot:
    if state.snapshot is None:
        raise NotReady("The store has not been read yet. Try again in a second.")
    return state.snapshot


CurrentSnapshot = Annotated[Snapshot, Depends(snapshot)]
