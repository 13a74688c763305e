"""What can go wrong between the store and a screen.

ApiError
├── NotFound           no such site, zone or line
├── BadRequest         a parameter that cannot be meant
│   ├── StaffingError  demand, service, target or rules for which nobody can be planned
│   └── RosterError    people, rules or required staff that no roster can be made of
├── NotJson            a body that is something else
├── WhoAreYou          no key that is known
├── Forbidden          a key of somebody else's role
├── KeysError          a file of keys that cannot be used
├── NotReady           the store is not there yet, or cannot be read
├── NotKept            the store cannot be written
├── CountsError        counts that nothing can be forecast from
├── PictureError       a chart that cannot be written
├── PlannedError       closures and events in a file that cannot be meant
├── TrainingError      too little to train a model with, or to judge it by
└── ModelError         a model that cannot be kept, or read
"""

from collections.abc import Mapping
from types import MappingProxyType


class ApiError(Exception):
    """Root of everything this package raises on purpose; its text tells a person what to do."""

    status = 500
    title = "Something went wrong"
    headers: Mapping[str, str] = MappingProxyType({})


class NotFound(ApiError):  # noqa: N818 - HTTP's own word
    """There is no such thing."""

    status = 404
    title = "Not found"


class BadRequest(ApiError):  # noqa: N818 - HTTP's own word
    """A parameter that cannot be meant."""

    status = 422
    title = "A parameter is wrong"


class StaffingError(BadRequest):
    """Demand, service, target or rules for which nobody can be planned."""


class RosterError(BadRequest):
    """People, rules or required staff that no roster can be made of: where, and the remedy."""


class NotReady(ApiError):  # noqa: N818 - HTTP's own word
    """The store is not there yet, or cannot be read."""

    status = 503
    title = "Not ready"


class NotJson(ApiError):  # noqa: N818 - said as it is
    """A body that is not JSON, such as any page's form can send."""

    status = 415
    title = "Only JSON"


class WhoAreYou(ApiError):  # noqa: N818 - said as it is
    """Whoever asks has no key that is known."""

    status = 401
    title = "Who are you?"
    headers = MappingProxyType({"WWW-Authenticate": 'Basic realm="Vilina", charset="UTF-8"'})


class Forbidden(ApiError):  # noqa: N818 - HTTP's own word
    """The key is of another role."""

    status = 403
    title = "Not for this key"


class KeysError(ApiError):
    """A file of keys that cannot be read, written or meant."""

    status = 503
    title = "Keys cannot be read"


class NotKept(ApiError):  # noqa: N818 - said as it is
    """The store cannot be written; nothing has changed."""

    status = 503
    title = "It was not kept"


class CountsError(ApiError):
    """Counts that nothing can be forecast from: which file and row, and the remedy."""

    status = 422
    title = "The counts cannot be used"


class PictureError(ApiError):
    """A chart that cannot be written into its file."""


class PlannedError(ApiError):
    """Closures, holidays and events that cannot be meant: which file and row, and the remedy."""

    status = 422
    title = "What is planned cannot be read"


class TrainingError(ApiError):
    """Too little to train a model with, or to judge it by; what was in use stays so."""

    status = 409
    title = "Nothing was trained"


class ModelError(ApiError):
    """A model that cannot be kept, or is not as it was written."""

    status = 503
    title = "The model cannot be used"
