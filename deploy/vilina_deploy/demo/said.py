"""What would have been forecast on the days before the demo, so that its planner sees forecasts beside what came.

    python -m vilina_deploy.demo.said SITE STORE MODELS

Each day from nothing but what was counted before it, by weighted profiles: a trained model would know the answers.
"""

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vilina_api.forecasting.profiles import Profiles
from vilina_api.site_forecast.site_model import Planned, learn, place_of, site_forecast
from vilina_api.site_forecast.store_crossings import read_past
from vilina_api.site_forecast.store_said import KEPT_DAYS, SaidStore
from vilina_ingest.site_file import load_site
from vilina_ingest.stores import open_store

DAYS: Final = 9
"""A week that can be looked at, of which each day has what was said at its beginning and the day before."""
WEEKS: Final = 66
CARD: Final = "weighted profiles, from {} days of counts. Made for the demo, from what was known on that day."


def main(site_path: str, store: str, models: str) -> None:
    """Keep a forecast for each of the days before today, the newest first."""
    site = load_site(Path(site_path))
    place, kept = place_of(site, Planned()), SaidStore(Path(models), site.id)
    today = site.local(datetime.now(UTC)).date()
    with closing(open_store(store, read_only=True)) as reader:
        past = read_past(reader, site, place.hierarchy, today, weeks=WEEKS)
    for day in (today - timedelta(days=n) for n in range(1, DAYS + 1)):
        if day <= past.first:
            return
        known = past.before(day)
        fitted = learn(place, known, Profiles())
        kept.keep(site_forecast(place, fitted, known, days=KEPT_DAYS), CARD.format(known.days))


if __name__ == "__main__":
    main(*sys.argv[1:])
