"""What the rest of the API asks about days to come: `app.state.outlook`."""

from datetime import date
from typing import Protocol

from vilina_api.forecasting.forecast import Forecast


class Outlook(Protocol):
    """What will come to a site's zones, by what is known now."""

    async def forecast(self, *, first: date, days: int) -> Forecast:
        """People entering each zone per quarter of an hour of the local clock, of local days from `first` on.

        `names` are the ids of the site's zones in the order of the site file; one that nobody has counted yet is
        forecast by what is known of its unit. Slots of today that are over say what was said before they began.

        Raises:
            ApiError: nothing can be said, or not of these days; its text tells what to do.
        """
