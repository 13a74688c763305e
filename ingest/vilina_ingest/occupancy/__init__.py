"""People inside: estimated live, settled after closing.

counts      crossings around each zone, per bin of a local day; what nobody saw is filled in and said to be so
learned     what past days teach: the miscount bias, how long people stay, who is usually seen
filtering   the two-state filter (people, bias) with its learned dwell; forward, and back over a whole day
coherent    zones and the site made to add up
recounts    what people counted themselves, out of the drift ledger
live        the estimate of now
settled     a day balanced after closing, and the ledger of what that changed
replay      recorded counts played through all of it
"""
