"""A unit's forecast: its share of its zone, as uncertain as that is, with the chance of few, while it is open."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.sites import SQUARE
from vilina_api.forecasting.forecast import HIGH, LOW, MEDIAN
from vilina_api.staffing.service import Floats
from vilina_api.staffing.shares import said_shares
from vilina_api.staffing.unit_forecast import unit_counts, unit_quantiles
from vilina_ingest.site import Site

FIRST = date(2026, 3, 2)
UNIT = {
    "id": "desk", "name": "Desk", "zone": "hall", "share": 0.1, "desks": 4, "service_min": 12,
    "target": {"share": 0.8, "within_min": 10},
}  # fmt: skip
DRAWS = 40_000


def place(**more: Any) -> Site:
    zones = (
        [{**zone, "passing": 0.2} for zone in SQUARE["zones"]]
        if more.pop("passing", False)
        else SQUARE["zones"]
    )
    return Site.model_validate({**SQUARE, "zones": zones, "units": [{**UNIT, **more}]})


def counted(slots: int, mean: float, spread: float) -> Floats:
    """(1, slots, Q) of people counted in a zone: lognormal busyness, and chance."""
    dice = np.random.default_rng(1)
    sigma = np.sqrt(np.log1p(spread**2))
    people = dice.poisson(mean * np.exp(sigma * dice.standard_normal(DRAWS) - sigma**2 / 2))
    levels = np.quantile(people, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95))
    found = np.zeros((1, slots, 7))
    found[0, slots // 2] = levels
    return found


def asked(site: Site, zone: Floats) -> Floats:
    return unit_quantiles(site, site.units[0], zone, FIRST, said_shares(site)["desk"])


@pytest.mark.parametrize(("mean", "spread"), [(400.0, 0.15), (100.0, 0.3), (60.0, 0.0)])
def test_quantiles_are_those_of_people_who_would_be_counted_at_the_desks(mean: float, spread: float) -> None:
    found = asked(place(), counted(24, mean, spread))[0, 12]
    dice = np.random.default_rng(2)
    sigmas = [np.sqrt(np.log1p(cv**2)) for cv in (spread, 0.2)]
    busy = [np.exp(sigma * dice.standard_normal(DRAWS) - sigma**2 / 2) for sigma in sigmas]
    people = dice.poisson(0.1 * mean * busy[0] * busy[1])
    expected = np.quantile(people, (0.1, 0.5, 0.9))
    assert found[[LOW, MEDIAN, HIGH]] == pytest.approx(expected, abs=0.8 + 0.03 * mean * 0.1)


def test_who_only_passes_is_not_of_any_unit() -> None:
    zone = counted(24, 400.0, 0.1)
    all_of_them, fewer = (asked(place(passing=passing), zone)[0, 12, MEDIAN] for passing in (False, True))
    assert fewer == pytest.approx(0.8 * all_of_them, rel=0.02)


def test_a_unit_has_nobody_while_it_is_closed_and_half_of_an_hour_that_is_half_open() -> None:
    zone = np.repeat(counted(24, 400.0, 0.1)[:, [12]], 24, axis=1)
    site = place(opening={"mon": {"opens": "10:30", "closes": "12:00"}})
    found = asked(site, zone)[0, :, MEDIAN]
    assert np.flatnonzero(found).tolist() == [10, 11]
    assert found[10] == pytest.approx(found[11] / 2, rel=0.05)
    came = unit_counts(site, site.units[0], np.full((1, 96), 10.0), FIRST, said_shares(site)["desk"])
    assert came.sum() == pytest.approx(6.0)
    assert np.flatnonzero(came[0]).tolist() == list(range(42, 48))


def test_what_is_not_known_of_a_zone_is_not_known_of_its_unit() -> None:
    zone = counted(24, 400.0, 0.1)
    zone[0, 11] = np.nan
    found = asked(place(), zone)[0]
    assert np.isnan(found[11]).all()
    assert found[12, MEDIAN] > 0
    assert (np.diff(found[12]) >= 0).all()
    gap = unit_counts(
        place(), place().units[0], np.full((1, 96), np.nan), FIRST, said_shares(place())["desk"]
    )
    assert np.isnan(gap).all()
