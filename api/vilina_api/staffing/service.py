"""How long a customer is at the desk: a lognormal distribution, as service times in counters and calls are found to be.

Brown et al. (2005), Statistical analysis of a telephone call center, J. Am. Stat. Assoc. 100, section 4.4.
"""

from dataclasses import dataclass
from math import inf, isfinite, log, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vilina_api.errors import StaffingError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
USUAL_CV = 0.8
"""Standard deviation over mean, where only the mean is known; an exponential distribution has 1."""


@dataclass(frozen=True, slots=True)
class Service:
    """Minutes at the desk: their mean, and their standard deviation as a share of it (0 if all are alike).

    Raises:
        StaffingError: no such times are possible.
    """

    mean_min: float
    cv: float = USUAL_CV

    def __post_init__(self) -> None:
        if not 0 < self.mean_min < inf:
            raise StaffingError(f"a service of {self.mean_min:g} minutes cannot be; give more than 0")
        if not (isfinite(self.cv) and self.cv >= 0):
            raise StaffingError(
                f"a spread of service times of {self.cv:g} cannot be; give 0 or more, like 0.8"
            )

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return sqrt(log(1 + self.cv**2))

    def sample(self, dice: np.random.Generator, many: int) -> Floats:
        """(many,) minutes."""
        return dice.lognormal(log(self.mean_min) - self.sigma**2 / 2, self.sigma, many)

    def done_by(self, minutes: Floats) -> Floats:
        """Mean of min(S, t), the minutes that a service has taken by t of it: the integral of P(S > u) up to t.

        Klugman, Panjer, Willmot: Loss Models, appendix A (limited expected value of the lognormal).
        """
        t = np.maximum(minutes, 0.0)
        if self.sigma == 0:
            return np.minimum(t, self.mean_min)
        with np.errstate(divide="ignore"):
            z = (np.log(t / self.mean_min) + self.sigma**2 / 2) / self.sigma
        return np.asarray(self.mean_min * ndtr(z - self.sigma) + t * ndtr(-z), np.float64)

    @property
    def wait_scale(self) -> float:
        """How long waits are beside those for exponential service: (1 + cv^2) / 2.

        Whitt (1993), Approximations for the GI/G/m queue, Prod. Oper. Manag. 2; for one server exact.
        """
        return (1 + self.cv**2) / 2
