"""Offered load that lags behind arrivals, because who came a while ago may still be at the desk.

The modified offered load of Jagerman (1975), Nonstationary blocking in telephone traffic, Bell Syst. Tech. J. 54, with
the load of infinitely many servers by Eick, Massey, Whitt (1993), The physics of the Mt/G/inf queue, Oper. Res. 41:
m(t) is the integral of lambda(t - u) P(S > u). Here lambda is constant in each slot, so it is a sum.
"""

from functools import lru_cache

import numpy as np

from vilina_api.staffing.service import Floats, Service


def modified_offered_load(rates: Floats, *, slot_min: float, service: Service, parts: int) -> Floats:
    """Erlangs (..., slots * parts) in the middle of each of `parts` of a slot, of arrivals per slot (..., slots).

    Nobody is there before the first slot.
    """
    return _load(rates, slot_min, service, parts=parts, from_edge=0.5)[..., :-1]


def effective_rates(rates: Floats, *, slot_min: float, service: Service, parts: int) -> Floats:
    """Arrivals per minute (..., slots * parts) at which exponential service would have the load that this service has.

    m' + m / mean, of the modified offered load m: a queue that forgets how long its customers have been at the desk
    then lags behind its arrivals as one that does not.
    """
    width = slot_min / parts
    load = _load(rates, slot_min, service, parts=parts, from_edge=0.0)
    rises = np.diff(load, axis=-1) / width
    return np.maximum(0.0, rises + (load[..., 1:] + load[..., :-1]) / 2 / service.mean_min)


def _load(rates: Floats, slot_min: float, service: Service, *, parts: int, from_edge: float) -> Floats:
    """Erlangs (..., slots * parts + 1) so far, in widths, after each part begins, and the one after the last."""
    stayed = _stayed(rates.shape[-1], slot_min, service, parts, from_edge)
    return np.asarray(rates / slot_min @ stayed, np.float64)


@lru_cache(maxsize=64)
def _stayed(slots: int, slot_min: float, service: Service, parts: int, from_edge: float) -> Floats:
    """(slots, slots * parts + 1): minutes of each slot's arrivals from which who came is still there."""
    minutes = (np.arange(slots * parts + 1) + from_edge) * slot_min / parts
    since = minutes - np.arange(slots)[:, None] * slot_min
    return service.done_by(since) - service.done_by(since - slot_min)
