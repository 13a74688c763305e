"""The forecast of today, moved by what has come: slots that are over stay as they were said, the others follow."""

from dataclasses import replace

import numpy as np

from vilina_api.forecasting.counts import Floats
from vilina_api.forecasting.forecast import MEDIAN
from vilina_api.site_forecast.coherent import reconciled, with_medians
from vilina_api.site_forecast.intraday import levels
from vilina_api.site_forecast.quarters import QUARTERS, by_hour
from vilina_api.site_forecast.site_model import SiteForecast, in_quarters


def moved(said: SiteForecast, came: Floats) -> SiteForecast:
    """What was said at midnight, with the rest of its first day moved by counts so far (N, K), a gap being NaN."""
    over = came.shape[1]
    if not over or not np.isfinite(came).any():
        return said
    found, parts = said.hierarchy, len(said.hierarchy.parts)
    before, hours_before = said.quarters[:, :1], said.hours[:, :1]
    factor = levels(before[:, 0, :, MEDIAN], came, parts)
    hours = reconciled(hours_before * factor[:, None, None, None], found.matrix)
    quarters = in_quarters(found, hours, said.shares[:, :1])
    quarters[:, :, :over] = before[:, :, :over]
    done = over // QUARTERS
    hours[:, :, :done] = hours_before[:, :, :done]
    if over % QUARTERS:
        now = slice(done, done + 1)
        medians = by_hour(quarters[..., MEDIAN])[:, :, now]
        hours[:, :, now] = with_medians(hours[:, :, now], medians)
    return replace(
        said,
        hours=np.concatenate([hours, said.hours[:, 1:]], axis=1),
        quarters=np.concatenate([quarters, said.quarters[:, 1:]], axis=1),
    )
