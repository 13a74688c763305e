"""How many will come to a site, from its own store: counts and calendar, models that are kept, and the outlook."""
