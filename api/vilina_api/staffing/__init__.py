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
demand_file demand from a CSV file
wording     why, in one sentence
report      a plan as people read it, and as programs do
simulation  one queue, customer by customer
judge       a plan played against sampled demand
"""
