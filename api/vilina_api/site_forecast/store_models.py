"""Models of a site in a directory: one directory per version, whole or not there, and a note of which is in use.

DIR/SITE/models/20261124T020000Z/   card.json, outline.json, arrays.npz, trees-0.txt, ..., and what they must be
DIR/SITE/in-use                     the version
"""

import hashlib
import io
import json
import logging
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from vilina_api.errors import ModelError
from vilina_api.site_forecast.card import ModelCard
from vilina_api.site_forecast.encoding import Encoded, decoded, encoded
from vilina_api.site_forecast.site_model import Place
from vilina_api.site_forecast.training import Stored
from vilina_edge.delivery.durable import write_whole

log = logging.getLogger(__name__)

KEPT: Final = 5
"""Versions beside the one in use."""
FORMAT: Final = 1
CARD, OUTLINE, ARRAYS, CONTENTS = "card.json", "outline.json", "arrays.npz", "contents.json"
FRESH: Final = ".new-"
"""How a version is called while it is written."""


class ModelStore:
    """The models of one site."""

    def __init__(self, directory: Path, site: str) -> None:
        self._models = directory / site / "models"
        self._in_use = directory / site / "in-use"

    def save(self, model: Stored, names: tuple[str, ...]) -> None:
        """Keep a model, and use it from now on if its card says so; `names` are those of its series.

        Raises:
            ModelError: it cannot be written; what was there before is as it was.
        """
        version = model.card.version
        assert version is not None
        files = _files(model, names)
        fresh, there = self._models / f"{FRESH}{version}", self._models / version
        try:
            self._models.mkdir(parents=True, exist_ok=True)
            for abandoned in self._models.glob(f"{FRESH}*"):
                shutil.rmtree(abandoned)
            fresh.mkdir()
            for name, content in files.items():
                _write(fresh / name, content)
            _sync(fresh)
            fresh.rename(there)
            _sync(self._models)
            if model.card.in_use:
                write_whole(self._in_use, f"{version}\n".encode())
                _sync(self._in_use.parent)
            self._forget()
        except OSError as error:
            raise ModelError(
                f"the model cannot be kept in {self._models}: {error.strerror or error}"
            ) from error

    def version(self) -> str | None:
        """Which is in use; None before there is one."""
        try:
            return self._in_use.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            log.warning("which model is in use cannot be read from %s: %s", self._in_use, error)
            return None

    def current(self, place: Place) -> Stored | None:
        """The model in use, or the newest one before it that is whole; what is skipped is said in the log."""
        chosen = self.version()
        for version in [chosen, *(one for one in self._versions() if one != chosen)]:
            if version is None:
                continue
            try:
                found = self._load(version, place)
            except ModelError as error:
                log.warning("the model %s is skipped: %s", version, error)
                continue
            if found.card.in_use:
                return found
        return None

    def _load(self, version: str, place: Place) -> Stored:
        folder = self._models / version
        try:
            contents = json.loads((folder / CONTENTS).read_bytes())
            files = {name: (folder / name).read_bytes() for name in contents["files"]}
            damaged = [name for name, content in files.items() if _digest(content) != contents["files"][name]]
            if damaged or contents["format"] != FORMAT:
                raise ModelError(f"{', '.join(damaged) or CONTENTS} is not as it was written")
            if tuple(contents["series"]) != place.hierarchy.names:
                raise ModelError(
                    "it was trained for other zones or lines than the site file has now; train again"
                )
            card = ModelCard.model_validate_json(files[CARD])
            with np.load(io.BytesIO(files[ARRAYS]), allow_pickle=False) as arrays:
                found = Encoded(
                    json.loads(files[OUTLINE]),
                    {name: arrays[name] for name in arrays.files},
                    {
                        name.removesuffix(".txt"): files[name].decode()
                        for name in files
                        if name.endswith(".txt")
                    },
                )
            return Stored(card, decoded(found, place.hourly(card.first, card.trained_until)))
        except (OSError, KeyError, TypeError, ValueError, ValidationError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"it is not whole, or another version of Vilina has made it ({error})"
            ) from error

    def _versions(self) -> list[str]:
        """The newest first."""
        if not self._models.is_dir():
            return []
        return sorted(
            (one.name for one in self._models.iterdir() if not one.name.startswith(FRESH)), reverse=True
        )

    def _forget(self) -> None:
        chosen = self.version()
        for version in [one for one in self._versions() if one != chosen][KEPT:]:
            shutil.rmtree(self._models / version)


def _files(model: Stored, names: tuple[str, ...]) -> dict[str, bytes]:
    """By name; the last one says what the others must be."""
    found = encoded(model.fitted)
    arrays = io.BytesIO()
    np.savez_compressed(arrays, allow_pickle=False, **dict[str, Any](found.arrays))
    files = {
        CARD: model.card.model_dump_json(indent=2).encode(),
        OUTLINE: json.dumps(found.outline).encode(),
        ARRAYS: arrays.getvalue(),
        **{f"{name}.txt": text.encode() for name, text in found.texts.items()},
    }
    contents = {
        "format": FORMAT,
        "series": names,
        "files": {name: _digest(content) for name, content in files.items()},
    }
    return {**files, CONTENTS: json.dumps(contents, indent=2).encode()}


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """What a directory lists is on disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
