"""Models of a site: trained, judged, kept whole, and used only if they are not worse."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.api.two_floors import CLOSES, OPENS, SHAPE, two_floors
from vilina_api.errors import ModelError, TrainingError
from vilina_api.forecasting.blend import Blend, FittedBlend
from vilina_api.forecasting.boosting import Rounds, Sample, grown
from vilina_api.forecasting.calibration import guessed_widths
from vilina_api.forecasting.counts import Counts
from vilina_api.forecasting.forecast import LEVELS, Forecast
from vilina_api.forecasting.trained import TrainedModel
from vilina_api.site_forecast.encoding import decoded, encoded
from vilina_api.site_forecast.quarters import hours_of
from vilina_api.site_forecast.site_model import Place, Planned, place_of, site_forecast
from vilina_api.site_forecast.store_models import ModelStore
from vilina_api.site_forecast.training import Stored, train

MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 4, 6, 2, 0, tzinfo=UTC)
DAYS = 35


def quiet(_share: float, _text: str) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def place() -> Place:
    return place_of(two_floors(), Planned())


@pytest.fixture(scope="module")
def counts(place: Place) -> Counts:
    random = np.random.default_rng(3)
    day = np.zeros(96)
    day[4 * OPENS : 4 * CLOSES] = np.repeat(SHAPE, 4)
    level = random.lognormal(0, 0.1, (1, DAYS, 1))
    people = random.poisson(8 * level * day, (len(place.hierarchy.parts), DAYS, 96)).astype(float)
    return Counts(names=place.hierarchy.names, first=MONDAY, people=place.hierarchy.summed(people))


@pytest.fixture(scope="module")
def first(place: Place, counts: Counts) -> Stored:
    return train(place, counts, None, now=NOW, say=quiet)


def numbered(model: Stored, number: int) -> Stored:
    return Stored(model.card.model_copy(update={"version": f"20260406T0200{number:02d}Z"}), model.fitted)


@dataclass(frozen=True)
class Oracle:
    """A model that knows what comes, or is wrong by a factor."""

    truth: Counts
    times: float = 1.0

    def predict(self, past: Counts, days: int) -> Forecast:
        people = np.nan_to_num(self.truth.of(past.end, days))[..., None] * np.linspace(
            0.99, 1.01, len(LEVELS)
        )
        return Forecast(names=past.names, first=past.end, people=self.times * people)


def in_use(model: Stored, counts: Counts, *, times: float) -> Stored:
    """A model that was trained two weeks ago."""
    card = model.card.model_copy(update={"trained_until": counts.end - timedelta(days=15)})
    return Stored(card, Oracle(hours_of(counts), times))


def test_the_first_model_is_used_and_its_card_says_what_it_is_worth(first: Stored) -> None:
    card = first.card
    assert card.in_use
    assert card.trained_until == MONDAY + timedelta(days=DAYS - 1)
    assert (card.days, card.gaps_percent, card.series) == (DAYS, 0.0, 10)
    assert card.backtest is not None
    found = {(one.what, one.scope): one for one in card.backtest.horizons}
    assert {what for what, _ in found} == {"1 h", "1 day", "2-7 days"}
    hour, day = (found[what, "site"].model.wape for what in ("1 h", "1 day"))
    assert hour is not None
    assert day is not None
    assert 0 < hour < day
    last_week = found["2-7 days", "zones"].last_week.wape
    assert last_week is not None
    assert 0 < (found["2-7 days", "zones"].model.wape or 0) < last_week
    assert [one.what for one in card.backtest.dayparts if one.scope == "site"] == [
        "6-10 h",
        "10-16 h",
        "16-20 h",
    ]
    assert "trained until 2026-04-05 on 35 days" in card.line


@pytest.mark.parametrize(("times", "used"), [(1.0, False), (2.0, True)])
def test_a_model_replaces_the_one_in_use_only_if_it_is_not_worse_on_days_that_neither_has_seen(
    place: Place, counts: Counts, first: Stored, *, times: float, used: bool
) -> None:
    card = train(place, counts, in_use(first, counts, times=times), now=NOW, say=quiet).card
    assert card.in_use is used
    assert card.verdict.startswith("In use: " if used else "Not used: ")
    assert card.backtest is not None
    assert card.backtest.first == counts.end - timedelta(days=11)  # a third of all days, at most


def test_a_model_that_was_just_trained_stays_in_use_without_a_contest(
    place: Place, counts: Counts, first: Stored
) -> None:
    with pytest.raises(
        TrainingError, match="0 days have come since the model in use was trained, and 7 are needed"
    ):
        train(place, counts, first, now=NOW, say=quiet)


def test_too_few_days_are_not_trained_on(place: Place, counts: Counts) -> None:
    with pytest.raises(TrainingError, match="counts of 10 days, and a model needs 21"):
        train(place, counts.before(MONDAY + timedelta(days=10)), None, now=NOW, say=quiet)


def test_a_kept_model_says_the_same_as_before(
    place: Place, counts: Counts, first: Stored, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path, "house")
    assert store.current(place) is None
    store.save(first, place.hierarchy.names)
    found = ModelStore(tmp_path, "house").current(place)
    assert found is not None
    assert found.card == first.card
    ours, theirs = (site_forecast(place, one.fitted, counts, days=3).quarters for one in (found, first))
    np.testing.assert_array_equal(ours, theirs)


def test_trees_are_kept_too(place: Place, counts: Counts, first: Stored) -> None:
    try:
        import lightgbm  # noqa: F401, PLC0415 - as late as the product does
    except OSError as error:
        pytest.skip(f"no model can be trained here: {error}; sudo apt-get install libgomp1")
    random = np.random.default_rng(1)
    features, target = random.random((400, 5)), random.random(400)
    trees = grown([Sample(features, target, np.ones(400))], Rounds(middle=3, edge=2))
    plain = first.fitted
    assert isinstance(plain, FittedBlend)
    model = TrainedModel(trees, guessed_widths(24), np.zeros((10, 7, 24)), plain.calendar)
    calendar = place.hourly(counts.first, counts.end)
    kept = encoded(replace(plain, model=model, trust=np.full(10, 0.5)))
    again = decoded(replace(kept, outline=json.loads(json.dumps(kept.outline))), calendar)
    np.testing.assert_array_equal(again.model.trees.predict(features), trees.predict(features))
    assert again.calendar is calendar
    np.testing.assert_array_equal(again.trust, np.full(10, 0.5))


def test_only_what_methods_learn_can_be_in_a_model(place: Place, counts: Counts) -> None:
    calendar = place.hourly(counts.first, counts.end)
    with pytest.raises(TypeError, match="Oracle cannot be kept"):
        encoded(Oracle(counts))
    kept = encoded(Blend().fit(hours_of(counts), calendar))
    for name in ("..os.system", "counts.np", "no_such.Thing", "blend.FittedBlend"):
        with pytest.raises(ValueError, match="another version of Vilina"):
            decoded(replace(kept, outline={"is": name, "with": {}}), calendar)


def cut_short(folder: Path) -> None:
    arrays = folder / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:1000])


def without_contents(folder: Path) -> None:
    (folder / "contents.json").unlink()


def a_bit_flipped(folder: Path) -> None:
    outline = bytearray((folder / "outline.json").read_bytes())
    outline[20] ^= 1
    (folder / "outline.json").write_bytes(outline)


def gone(folder: Path) -> None:
    folder.rename(folder.with_name(".new-abandoned"))


@pytest.mark.parametrize("damage", [cut_short, without_contents, a_bit_flipped, gone])
def test_a_model_that_is_not_whole_is_skipped_with_a_word_for_the_one_before(
    place: Place,
    first: Stored,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:
    store = ModelStore(tmp_path, "house")
    for number in (1, 2):
        store.save(numbered(first, number), place.hierarchy.names)
    damage(tmp_path / "house/models/20260406T020002Z")
    with caplog.at_level(logging.WARNING):
        found = store.current(place)
    assert found is not None
    assert found.card.version == "20260406T020001Z"
    assert "the model 20260406T020002Z is skipped" in caplog.text


def test_a_model_of_other_zones_is_skipped(
    place: Place, first: Stored, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ModelStore(tmp_path, "house")
    store.save(first, ("zone/cellar/outside",))
    assert store.current(place) is None
    assert "trained for other zones or lines" in caplog.text


def test_a_worse_model_is_kept_but_not_used_and_old_ones_go(
    place: Place, first: Stored, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path, "house")
    store.save(numbered(first, 1), place.hierarchy.names)
    worse = Stored(first.card.model_copy(update={"in_use": False}), first.fitted)
    (tmp_path / "house/models/.new-abandoned").mkdir()
    for number in range(2, 9):
        store.save(numbered(worse, number), place.hierarchy.names)
    assert store.version() == "20260406T020001Z"
    names = sorted(one.name[-3:-1] for one in (tmp_path / "house/models").iterdir())
    assert names == ["01", "04", "05", "06", "07", "08"]


def test_a_directory_that_cannot_be_written_is_said(place: Place, first: Stored, tmp_path: Path) -> None:
    (tmp_path / "house").write_text("a file", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be kept in"):
        ModelStore(tmp_path, "house").save(first, place.hierarchy.names)
