"""What Vilina forecasts by: profiles from the first day, and more and more of the trained model as it proves right."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vilina_api.forecasting.counts import WEEK, Calendar, Counts, Floats
from vilina_api.forecasting.forecast import Forecast, forecast
from vilina_api.forecasting.profiles import FittedProfiles, Profiles, best_candidates
from vilina_api.forecasting.trained import LEAST_DAYS, TrainedModel, train

WHOLE_DAYS: Final = 400
"""From so many days on nothing but its errors speaks against the trained model; before, it is trusted by degrees."""
PRIOR_RATIO: Final = 0.8
"""Errors of the trained model against those of profiles in unusual weeks, and of all rows: a tenth of them judges."""
MOSTLY: Final = 0.5
"""With more trust in the trained model, profiles are worked out of their best candidates only."""
SHARPNESS: Final = 12
"""Trust grows with this power of how much smaller the errors are."""


@dataclass(frozen=True, slots=True)
class Blend:
    """Profiles and the trained model, weighted for each series."""

    name: str = "vilina"

    def fit(self, past: Counts, calendar: Calendar) -> "FittedBlend":
        profiles = Profiles().fit(past, calendar)
        model = train(past, calendar)
        trust = np.zeros(len(past.names)) if model is None else _trust(past, profiles, model)
        few = np.where(trust[:, None] > MOSTLY, best_candidates(profiles.weights), profiles.weights)
        return FittedBlend(replace(profiles, weights=few), model, trust, calendar)


@dataclass(frozen=True, slots=True, eq=False)
class FittedBlend:
    """`trust` (S,) is the weight of the trained model."""

    profiles: FittedProfiles
    model: TrainedModel | None
    trust: Floats
    calendar: Calendar

    def predict(self, past: Counts, days: int) -> Forecast:
        plain = self.profiles.predict(past, days)
        if self.model is None:
            return plain
        said = self.model.quantiles(past, days)
        weight = np.where(np.isfinite(said), self.trust[:, None, None, None], 0)
        # Trees have never seen a closed holiday: there is nothing on it to learn from.
        weight[self.profiles.closed_holidays(past, days)] = 0
        mixed = weight * np.nan_to_num(said) + (1 - weight) * plain.people
        return forecast(past, self.calendar, mixed)


def _trust(past: Counts, profiles: FittedProfiles, model: TrainedModel) -> Floats:
    """(S,): by how long the past is, and by the errors of both in the same weeks of it.

    Six weeks of one series say little: those of all series count as much as its own.
    """
    said = model.judged
    plain = np.concatenate(profiles.judged[: said.shape[1] // WEEK][::-1], axis=1)
    came = past.people[:, past.days - plain.shape[1] :]
    both = np.isfinite(came) & np.isfinite(said) & np.isfinite(plain)
    ours, theirs = (np.where(both, np.abs(each - came), 0).sum((1, 2)) + 1 for each in (said, plain))
    ramp = np.clip((past.days - LEAST_DAYS) / (WHOLE_DAYS - LEAST_DAYS), 0, 1)
    ratio = np.sqrt(ours / theirs * (ours.sum() / theirs.sum()))
    return np.asarray(ramp / (1 + (PRIOR_RATIO * ratio) ** SHARPNESS))
