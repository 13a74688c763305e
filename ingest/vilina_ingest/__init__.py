"""From a report to a stored point: the site model, the store and occupancy."""
