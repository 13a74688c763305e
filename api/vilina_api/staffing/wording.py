"""Why so many: one sentence for each suggestion, with its numbers."""

from vilina_api.staffing.plan import StaffSlot
from vilina_api.staffing.rules import Staffed


def reason(slot: StaffSlot, by: Staffed) -> str:
    """Like: 9 expected (11 or more on one day in ten) at 12 min keep 3.4 busy: 84 % wait at most 10 min, with 4 it
    would be 66 %."""
    demand = (
        f"{slot.expected:.0f} expected ({slot.many:.0f} or more on one day in ten) "
        f"at {by.service.mean_min:g} min keep {slot.load:.1f} busy"
    )
    level = f"{_percent(slot.within)} wait at most {by.target.within_min:g} min"
    if slot.because == "presence":
        present = "one is" if by.rules.least == 1 else f"{by.rules.least} are"
        return f"{demand}: {present} always present, and {level}."
    if slot.because == "desks":
        return (
            f"{demand}: there are {by.rules.desks} desks, so only {level}, not {_percent(by.target.share)}."
        )
    if slot.because == "target" and slot.one_fewer is not None:
        return f"{demand}: {level}, with {slot.staff - 1} it would be {_percent(slot.one_fewer)}."
    return f"{demand}: {level}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
