"""A rendered door whose truth is known."""
