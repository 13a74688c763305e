"""Gradient-boosted trees for quantiles: the only place that knows LightGBM, which is loaded when it is used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vilina_api.errors import NotReady
from vilina_api.forecasting.counts import Floats

COMMON: Final[dict[str, Any]] = {
    "objective": "quantile", "learning_rate": 0.06, "min_data_in_leaf": 40, "feature_fraction": 0.5,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0, "max_bin": 63, "num_threads": 1,
    "deterministic": True, "force_row_wise": True, "seed": 1, "verbosity": -1,
}  # fmt: skip
LEAVES: Final = 63
EDGE_LEAVES: Final = 31
"""The edges of an interval are told by fewer rows than its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How many trees for the middle and for each edge; a middle of two kinds of trees is steadier than of one."""

    middle: int = 140
    edge: int = 110
    both_kinds: bool = True


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


def grown(features: Floats, target: Floats, weight: Floats, rounds: Rounds) -> Trees:
    """Trees for rows (R, F).

    Raises:
        NotReady: LightGBM cannot be loaded here.
    """
    train = _trainer()
    kinds: list[dict[str, Any]] = [{"num_leaves": LEAVES, "extra_trees": True}]
    if rounds.both_kinds:
        kinds.append({"num_leaves": LEAVES})
    edge = {"num_leaves": EDGE_LEAVES, "extra_trees": True}
    middle = tuple(train(features, target, weight, {**kind, "alpha": 0.5}, rounds.middle) for kind in kinds)
    low, high = (
        train(features, target, weight, {**edge, "alpha": level}, rounds.edge) for level in (0.1, 0.9)
    )
    return Trees(middle, low, high)


def _trainer() -> Callable[[Floats, Floats, Floats, dict[str, Any], int], Any]:
    try:
        import lightgbm  # noqa: PLC0415 - half a second, and a library of the system, which only training needs
    except ModuleNotFoundError as error:
        raise NotReady("forecasts need LightGBM: pip install 'vilina[server]'") from error
    except OSError as error:
        raise NotReady(f"LightGBM cannot be loaded ({error}): sudo apt-get install libgomp1") from error

    def train(
        features: Floats, target: Floats, weight: Floats, parameters: dict[str, Any], rounds: int
    ) -> Any:
        data = lightgbm.Dataset(
            features, target, weight=weight, params={"max_bin": COMMON["max_bin"], "verbosity": -1}
        )
        return lightgbm.train({**COMMON, **parameters}, data, num_boost_round=rounds)

    return train
