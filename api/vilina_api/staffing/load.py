"""Offered load that lags behind arrivals, because who came a while ago may still be at the desk.

The modified offered load of Jagerman (1975), Nonstationary blocking in telephone traffic, Bell Syst. Tech. J. 54, with
the load of infinitely many servers by Eick, Massey, Whitt (1993), The physics of the Mt/G/inf queue, Oper. Res. 41:
m(t) is the integral of lambda(t - u) P(S > u). Here lambda is constant in each slot, so it is a sum.
"""

import numpy as np

from vilina_api.staffing.service import Floats, Service


def modified_offered_load(rates: Floats, *, slot_min: float, service: Service, parts: int) -> Floats:
    """Erlangs (..., slots * parts) in the middle of each of `parts` of a slot, of arrivals per slot (..., slots).

    Nobody is there before the first slot.
    """
    many = rates.shape[-1] * parts
    return _load_at((np.arange(many) + 0.5) * slot_min / parts, rates, slot_min, service)


def effective_rates(rates: Floats, *, slot_min: float, service: Service, parts: int) -> Floats:
    """Arrivals per minute (..., slots * parts) at which exponential service would have the load that this service has.

    m' + m / mean, of the modified offered load m: a queue that forgets how long its customers have been at the desk
    then lags behind its arrivals as one that does not.
    """
    many, width = rates.shape[-1] * parts, slot_min / parts
    load = _load_at(np.arange(many + 1) * width, rates, slot_min, service)
    rises = np.diff(load, axis=-1) / width
    return np.maximum(0.0, rises + (load[..., 1:] + load[..., :-1]) / 2 / service.mean_min)


def _load_at(minutes: Floats, rates: Floats, slot_min: float, service: Service) -> Floats:
    since = minutes[:, None] - np.arange(rates.shape[-1]) * slot_min
    stayed = service.done_by(since) - service.done_by(since - slot_min)
    return np.asarray(rates / slot_min @ stayed.T, np.float64)
