"""Gradient-boosted trees for quantiles: the only place that knows LightGBM, which is loaded when it is used."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from vilina_api.errors import NotReady
from vilina_api.forecasting.counts import Floats

COMMON: Final[dict[str, Any]] = {
    "learning_rate": 0.07, "min_data_in_leaf": 40, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0, "max_bin": 63, "num_threads": 1,
    "deterministic": True, "force_row_wise": True, "seed": 1, "verbosity": -1,
}  # fmt: skip
LEAVES: Final = 63
EDGE_LEAVES: Final = 31
"""The edges of an interval are told by fewer rows than its middle."""
MIDDLE: Final[dict[str, Any]] = {"objective": "fair", "fair_c": 0.1, "num_leaves": LEAVES}
"""Nearly the absolute error, but smooth: errors like those of a median, in half the time."""
EDGE: Final[dict[str, Any]] = {"objective": "quantile", "num_leaves": EDGE_LEAVES, "extra_trees": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How many trees for the middle, from each sample of rows, and for each edge."""

    middle: int = 140
    edge: int = 90


class Sample(NamedTuple):
    """Features (R, F), what is to be told of each row (R,), and how much it counts (R,)."""

    features: Floats
    target: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Log ratios to the base: the median is the mean of its models; .1 and .9."""

    middle: tuple[Any, ...]
    low: Any
    high: Any

    def predict(self, features: Floats) -> Floats:
        """(R, 3): quantiles .1, .5 and .9 of rows (R, F), in order."""
        if not len(features):
            return np.empty((0, 3))
        middle = np.mean([model.predict(features, num_threads=1) for model in self.middle], axis=0)
        edges = (model.predict(features, num_threads=1) for model in (self.low, self.high))
        return np.sort(np.column_stack([next(edges), middle, next(edges)]), axis=1)


def grown(samples: Sequence[Sample], rounds: Rounds) -> Trees:
    """Trees from samples of rows: the mean of middles that saw different rows, of two kinds by turns, is steadier.

    Raises:
        NotReady: LightGBM cannot be loaded here.
    """
    trainers = [_trainer(sample) for sample in samples]
    middle = tuple(
        train({**MIDDLE, "extra_trees": bool(n % 2)}, rounds.middle) for n, train in enumerate(trainers)
    )
    low, high = (trainers[0]({**EDGE, "alpha": level}, rounds.edge) for level in (0.1, 0.9))
    return Trees(middle, low, high)


def _trainer(sample: Sample) -> Callable[[dict[str, Any], int], Any]:
    """What grows trees from a sample, whose values are sorted into bins only once."""
    try:
        import lightgbm  # noqa: PLC0415 - half a second, and a library of the system, which only training needs
    except ModuleNotFoundError as error:
        raise NotReady("forecasts need LightGBM: pip install 'vilina[server]'") from error
    except OSError as error:
        raise NotReady(f"LightGBM cannot be loaded ({error}): sudo apt-get install libgomp1") from error

    data = lightgbm.Dataset(sample.features, sample.target, weight=sample.weight, params=COMMON)

    def train(parameters: dict[str, Any], rounds: int) -> Any:
        return lightgbm.train({**COMMON, **parameters}, data, num_boost_round=rounds)

    return train
