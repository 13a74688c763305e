"""Counting recordings, and showing what was seen in them."""
