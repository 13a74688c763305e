"""Who may ask what: keys of people and programs, each with a role and an end.

A key is 32 random bytes, so its SHA-256 is all that is kept: nobody can guess it, slowly or fast.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vilina_api.errors import KeysError
from vilina_edge.clock import Clock
from vilina_edge.delivery.durable import write_whole
from vilina_edge.wire import NAME

BYTES: Final = 32


class Role(StrEnum):
    """What people are here. `PUBLIC` is everybody, without a key."""

    MANAGER = "manager"
    PLANNER = "planner"
    TECHNICIAN = "technician"
    PARTNER = "partner"
    PUBLIC = "public"


class Key(BaseModel):
    """What is kept of a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    role: Role
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    until: AwareDatetime


class Keys(BaseModel):
    """All keys, as their file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[Key, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The keys of a file.

        Raises:
            KeysError: it cannot be read, or is something else.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise KeysError(f"there is no file of keys {path}; make one with `vilina api key add`") from error
        except OSError as error:
            raise KeysError(f"the keys in {path} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
            raise KeysError(
                f"{path} is no file of keys ({where}: {error.errors()[0]['msg']}); make one with `vilina api key add`"
            ) from error

    def write(self, path: Path) -> None:
        """Keep them in a file that only its owner can read.

        Raises:
            KeysError: it cannot be written.
        """
        umask = os.umask(0o077)
        try:
            write_whole(path, self.model_dump_json(indent=2).encode())
        except OSError as error:
            raise KeysError(f"the keys cannot be written to {path}: {error.strerror}") from error
        finally:
            os.umask(umask)

    def with_new(self, name: str, role: Role, *, now: datetime, days: int) -> tuple[Self, str]:
        """These and another one, and its secret, which is not kept anywhere.

        Raises:
            KeysError: the name is taken, or no name.
        """
        if name in {key.name for key in self.keys}:
            raise KeysError(f"there is a key {name!r} already; remove it first, or choose another name")
        secret = secrets.token_urlsafe(BYTES)
        try:
            key = Key(name=name, role=role, sha256=_digest(secret), until=now + timedelta(days=days))
        except ValidationError as error:
            raise KeysError(
                f"{name!r} is no name for a key; write small letters, digits and hyphens"
            ) from error
        return self.model_copy(update={"keys": (*self.keys, key)}), secret

    def without(self, name: str) -> Self:
        """These but one.

        Raises:
            KeysError: there is no such key.
        """
        kept = tuple(key for key in self.keys if key.name != name)
        if len(kept) == len(self.keys):
            known = ", ".join(key.name for key in self.keys) or "none"
            raise KeysError(f"there is no key {name!r}; there are {known}")
        return self.model_copy(update={"keys": kept})


@dataclass(slots=True)
class KeyRing:
    """The keys of a file, which may change while the server runs: a key that is removed ends at once."""

    path: Path
    clock: Clock
    _stamp: tuple[int, int, int] | None = None
    _known: Mapping[str, Key] = field(default_factory=dict)

    def holder(self, secret: str) -> Key | None:
        """Whose secret it is, if it is a key's and not over.

        Raises:
            KeysError: the file of keys cannot be read any more.
        """
        self._look()
        key = self._known.get(_digest(secret))
        return key if key is not None and self.clock.now() < key.until else None

    def _look(self) -> None:
        """Read the file again if it is another one than last time."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise KeysError(f"the keys in {self.path} cannot be read: {error.strerror}") from error
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._stamp:
            self._known = {key.sha256: key for key in Keys.read(self.path).keys}
            self._stamp = stamp


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
