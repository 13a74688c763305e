"""The detector's model as data, where it comes from (NOTICE), and how to make it again (rebuild)."""
