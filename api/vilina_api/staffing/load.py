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
    slots = rates.shape[-1]
    middles = (np.arange(slots * parts) + 0.5) * slot_min / parts
    begins = np.arange(slots) * slot_min
    since = middles[:, None] - begins
    stayed = service.done_by(since) - service.done_by(since - slot_min)
    return np.asarray(rates / slot_min @ stayed.T, np.float64)
