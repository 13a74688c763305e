"""The settled day: after closing the day is balanced, from nobody in the morning to nobody at its end.

Nothing counted is changed. What had to be changed to make people leave who came is the day's drift, and is said.
"""

from dataclasses import replace
from typing import Final

from vilina_ingest.occupancy.coherent import coherent
from vilina_ingest.occupancy.counts import Counts
from vilina_ingest.occupancy.filtering import Estimates, smooth
from vilina_ingest.occupancy.learned import Learned

LOOSER: Final = 3.0
"""How much less the learned dwell is believed when a day's end is known: how stays deviate lasts longer than the filter
has it, and over a whole day that would count for more than the balance."""


def settle(counts: Counts, learned: Learned) -> Estimates:
    """People inside at the end of each bin of a whole local day; the day's bias is what makes it balance."""
    return coherent(smooth(counts, replace(learned, spread=learned.spread * LOOSER)))
