"""How many staff each unit needs, and why: for whoever may come, not for the mean of it.

service     how long a customer is at the desk
queueing    Erlang B, C and A
load        offered load that lags behind arrivals
simulation  one queue, customer by customer
"""
