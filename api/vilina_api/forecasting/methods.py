"""The methods by name, the naive ones first; the last is what Vilina uses."""

from typing import Final

from vilina_api.forecasting.blend import Blend
from vilina_api.forecasting.forecast import Method
from vilina_api.forecasting.naive import FOUR_WEEKS, SEASONAL
from vilina_api.forecasting.profiles import Profiles

METHODS: Final[dict[str, Method]] = {
    method.name: method for method in (SEASONAL, FOUR_WEEKS, Profiles(), Blend())
}
OURS: Final = list(METHODS)[-1]
"""Whose forecast is drawn and told by series."""
