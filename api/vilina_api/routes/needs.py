"""What routes need of the app."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Path, Request

from vilina_api.errors import NotFound, NotJson, NotReady
from vilina_api.staffing.shares import Share
from vilina_api.state import LiveState, Snapshot
from vilina_ingest.store import Store


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


def shares_of(request: Request) -> Mapping[str, Share]:
    """What units are taken to get of their zones: as tickets showed, or as the site file says."""
    found: Mapping[str, Share] = request.app.state.shares
    return found


Shares = Annotated[Mapping[str, Share], Depends(shares_of)]
SiteState = Annotated[LiveState, Depends(site_state)]


def snapshot(state: State) -> Snapshot:
    if state.snapshot is None:
        raise NotReady("The store has not been read yet. Try again in a second.")
    return state.snapshot


def only_json(request: Request) -> None:
    """Refuse what a form of any page may send without asking: a browser asks before it sends JSON elsewhere."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotJson("Send JSON, with the header Content-Type: application/json.")


def store_opener(request: Request) -> Callable[[], Store]:
    opener: Callable[[], Store] = request.app.state.open_store
    return opener


OpenStore = Annotated[Callable[[], Store], Depends(store_opener)]
"""What opens the store to be written."""

CurrentSnapshot = Annotated[Snapshot, Depends(snapshot)]
