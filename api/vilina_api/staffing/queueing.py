"""Queues that have settled: Erlang B, C and A, for any load, and all numbers of servers at once.

`load` is arrivals per minute times minutes of service, in erlangs, not necessarily whole. Tables have a row for each
number of servers from 0 on, (most + 1, K) for loads (K,).
"""

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from scipy.special import gammainc, gammaln

from vilina_api.staffing.service import Floats, Service

SMALL: Final = 1e-15
"""Terms of a series that are smaller, as a share of the sum, do not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What customers of a settled queue meet, tables as above.

    `within`: share of all who came that was served after at most the minutes asked for.
    `mean_min`: mean minutes waited by all, whether they stayed or gave up; infinite where the queue only grows.
    `gave_up`: share of all who came.
    """

    within: Floats
    mean_min: Floats
    gave_up: Floats


def erlang_b(most: int, load: Floats) -> Floats:
    """Share of customers who find all servers busy where nobody can wait.

    Erlang (1917), by the recursion B(s) = a B(s-1) / (s + a B(s-1)), which adds only positive numbers.
    """
    table = np.ones((most + 1, *load.shape))
    for servers in range(1, most + 1):
        carried = load * table[servers - 1]
        table[servers] = carried / (servers + carried)
    return table


def erlang_c(most: int, load: Floats) -> Floats:
    """Share of customers who have to wait, and all of them do; 1 where there are not more servers than load.

    Erlang (1917): C = s B / (s - a (1 - B)).
    """
    blocked = erlang_b(most, load)
    servers = _servers(most, load)
    spare = servers - load
    return np.where(spare > 0, servers * blocked / np.where(spare > 0, spare + load * blocked, 1.0), 1.0)


def waits(
    most: int, load: Floats, *, service: Service, within_min: float, patience_min: float = inf
) -> Waits:
    """What customers meet who wait up to an exponential patience of that mean, or for ever."""
    if patience_min == inf:
        return _patient(most, load, service, within_min)
    return _impatient(most, load, service, within_min, patience_min)


def _servers(most: int, load: Floats) -> Floats:
    return np.arange(most + 1, dtype=np.float64).reshape(-1, *[1] * load.ndim)


def _patient(most: int, load: Floats, service: Service, within_min: float) -> Waits:
    """M/G/s: the exponential waits of M/M/s, as much longer or shorter as those of such service are."""
    delayed = erlang_c(most, load)
    spare = np.maximum(_servers(most, load) - load, 0.0)
    pace = spare / (service.mean_min * service.wait_scale)
    with np.errstate(divide="ignore"):
        mean = np.where(pace > 0, delayed / np.where(pace > 0, pace, 1.0), inf)
    within = 1 - delayed * np.exp(-pace * within_min)
    return Waits(within=within, mean_min=mean, gave_up=np.zeros_like(delayed))


def _impatient(most: int, load: Floats, service: Service, within_min: float, patience_min: float) -> Waits:
    """M/M/s+M: Palm (1957); Zeltyn and Mandelbaum (2005), Call centers with impatient customers, QUESTA 51.

    With x = s mu / theta and y = lambda / theta, the wait that is offered to a customer of endless patience has at
    u > 0 a density in proportion to exp(y (1 - e^(-theta u)) - s mu u); who comes is still there with e^(-theta u).
    Everything is in logarithms and ratios, because each part overflows.
    """
    servers = np.maximum(_servers(most, load), 1.0)
    ratio = patience_min / service.mean_min
    x, y = np.broadcast_arrays(servers * ratio, load * ratio)
    blocked = erlang_b(most, load)
    whole = _log_palm(x, y)
    with np.errstate(divide="ignore", over="ignore"):
        delayed = 1 / (1 + (1 - blocked) * np.exp(-whole) / blocked)
    stays = x / (x + 1)
    served = stays * np.exp(_log_palm(x + 1, y) - whole)
    fades = np.exp(-within_min / patience_min)
    later = y * (1 - fades) - (x + 1) * within_min / patience_min
    served_later = stays * np.exp(later + _log_palm(x + 1, y * fades) - whole)
    gave_up = np.clip(delayed * (1 - served), 0.0, 1.0)
    within = np.clip(1 - delayed + delayed * (served - served_later), 0.0, 1.0)
    within[0], gave_up[0] = 0.0, 1.0
    return Waits(within=within, mean_min=gave_up * patience_min, gave_up=gave_up)


def _log_palm(x: Floats, y: Floats) -> Floats:
    """Logarithm of Palm's A(x, y) = x e^y y^-x gamma(x, y) = 1 + y/(x+1) + y^2/((x+1)(x+2)) + ...

    The series where its terms fall from the first; the incomplete gamma function, which is not small there, elsewhere.
    """
    found = np.zeros(x.shape)
    falls = y <= x
    sums, term = np.ones(falls.sum()), np.ones(falls.sum())
    step = 0
    while term.size and (term > SMALL * sums).any():
        step += 1
        term = term * y[falls] / (x[falls] + step)
        sums += term
    found[falls] = np.log(sums)
    over, of = x[~falls], y[~falls]
    found[~falls] = np.log(over) + of - over * np.log(of) + gammaln(over) + np.log(gammainc(over, of))
    return found
