"""From a frame to a report on its way: the counter."""
