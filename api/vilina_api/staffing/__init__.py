"""How many staff each unit needs, and why: for whoever may come, not for the mean of it.

service     how long a customer is at the desk
demand      how many may come: quantiles in, days that stand for all out
load        offered load that lags behind arrivals
queueing    settled queues: Erlang B, C and A
evolution   queues that go over from slot to slot
rules       what a unit is planned by
walk        the queue followed through the slots, with the staff that each is given
plan        the least staff of one unit with which its target holds
pooling     what it saves when units share their staff
moving      who should help whom, now that today is not as planned
what_if     what a change would do
cost        hours and euros, against the same days without the plan
shares      which part of a zone's people comes to a unit
unit_demand demand at units from a forecast of zones
calibration shares as tickets show them
today       units at this moment, for `moving`
came        who came today, out of the store
demand_file, present_file, tickets   what is read from CSV files
at_desks    staff that somebody has decided on; staff_file reads it
wording     why, in one sentence
report      a plan as people read it, and as programs do; report_changes: changes and moves
planner     plans for a running API, in processes of their own
simulation  one queue, customer by customer
judge       a plan played against sampled demand; played: what it costs, report_plays: told
"""
