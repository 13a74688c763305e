"""What was said at the beginning of each day, kept so that it can be held against what came.

DIR/SITE/said/2026-11-24.npz    the forecast of that day and those after it, as it was when the day was first looked at
"""

import io
import logging
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from vilina_api.errors import NotFound
from vilina_api.forecasting.counts import Floats
from vilina_api.site_forecast.site_model import SiteForecast
from vilina_edge.delivery.durable import write_whole

log = logging.getLogger(__name__)

KEPT_DAYS: Final = 14
"""Days ahead that are kept of each forecast, ..."""
KEPT: Final = 60
"""... and so many forecasts."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """`hours` (K, D, 24, Q) and `quarters` (K, D, 96, Q) of named zones, floors and the site; `card` is the model's."""

    names: tuple[str, ...]
    first: date
    hours: Floats
    quarters: Floats
    card: str


class SaidStore:
    """The kept forecasts of one site; without a directory, only those since the start."""

    def __init__(self, directory: Path | None, site: str) -> None:
        self._folder = None if directory is None else directory / site / "said"
        self._recent: dict[date, Said] = {}

    def keep(self, said: SiteForecast, card: str) -> None:
        """The first forecast of a day stays; a directory that cannot be written is said in the log."""
        if self.of(said.first) is not None:
            return
        names = tuple(said.hierarchy.rows)
        rows = said.hierarchy.of(names)
        kept = Said(names, said.first, said.hours[rows, :KEPT_DAYS], said.quarters[rows, :KEPT_DAYS], card)
        self._recent = dict([*self._recent.items(), (kept.first, kept)][-2:])
        if self._folder is None:
            return
        content = io.BytesIO()
        arrays = {
            name: each.astype(np.float32)
            for name, each in (("hours", kept.hours), ("quarters", kept.quarters))
        }
        np.savez_compressed(content, allow_pickle=False, names=np.array(names), card=np.array(card), **arrays)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(kept.first), content.getvalue())
            for old in sorted(self._folder.glob("*.npz"))[:-KEPT]:
                old.unlink()
        except OSError as error:
            log.warning("today's forecast cannot be kept in %s: %s", self._folder, error.strerror or error)

    def of(self, day: date) -> Said | None:
        """What was said at the beginning of a day; None if nothing was, or it cannot be read, which the log says."""
        if day in self._recent:
            return self._recent[day]
        if self._folder is None or not self._path(day).is_file():
            return None
        try:
            with np.load(self._path(day), allow_pickle=False) as found:
                names = tuple(found["names"].tolist())
                hours, quarters = (found[name].astype(float) for name in ("hours", "quarters"))
                return Said(names, day, hours, quarters, str(found["card"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            log.warning("what was said on %s is skipped: %s", day, error)
            return None

    def of_key(self, day: date, key: str) -> tuple[Said, int]:
        """The same, and which of its series has a key.

        Raises:
            NotFound: nothing was kept of that day, or not of this zone.
        """
        said = self.of(day)
        if said is None:
            raise NotFound(
                f"What was forecast on {day} is not kept: forecasts are kept from the first day on which the API runs,"
                " and over its restarts if it has a directory for models (--models)."
            )
        if key not in said.names:
            raise NotFound(f"Nothing was forecast of it on {day}: the site file did not have it then.")
        return said, said.names.index(key)

    def _path(self, day: date) -> Path:
        assert self._folder is not None
        return self._folder / f"{day}.npz"
