"""Which roles a route is for. One that does not say so fails the suite."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from vilina_api.errors import Forbidden, WhoAreYou
from vilina_api.keys import KeyRing, Role

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="A program sends its key as it is.")),
]
Basic = Annotated[
    HTTPBasicCredentials | None,
    Depends(HTTPBasic(auto_error=False, realm="Vilina", description="In a browser the key is the password.")),
]


def caller(request: Request, bearer: Bearer, basic: Basic) -> Role | None:
    """The role of whoever asks; None if the server has no keys, and anybody who reaches it may do anything.

    Raises:
        WhoAreYou: there is no key, or none that is known.
    """
    ring: KeyRing | None = request.app.state.keys
    if ring is None:
        return None
    secret = bearer.credentials if bearer else basic.password if basic else None
    if secret is None:
        raise WhoAreYou("This needs a key: in a browser as the password, in a program as a bearer token.")
    holder = ring.holder(secret)
    if holder is None:
        raise WhoAreYou(
            "This key is not known here, or its time is over. `vilina api key add` makes another."
        )
    return holder.role


@dataclass(frozen=True, slots=True)
class Needed:
    """Lets those of some roles pass."""

    roles: frozenset[Role]

    def __call__(self, role: Annotated[Role | None, Depends(caller)]) -> None:
        if role is not None and role not in self.roles:
            wanted = " or ".join(sorted(self.roles))
            raise Forbidden(f"This key is a {role}'s; this is for a {wanted}.")


def anybody() -> None:
    """Lets everybody pass, with or without a key."""


def only(*roles: Role) -> Dependency:
    """For a route, or a router: only these."""
    return Dependency(Needed(frozenset(roles)))


Guard = Needed | Callable[[], None]
STAFF: Final = only(Role.MANAGER, Role.PLANNER, Role.TECHNICIAN)
"""Those who work on the building: what is now and what was."""
PLANNING: Final = only(Role.MANAGER, Role.PLANNER)
"""Those who may see what is to come."""
PUBLIC: Final = Dependency(anybody)
