"""How many will come: counts of the past, a calendar, methods that learn from them, and what they were worth."""
