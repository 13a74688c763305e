"""The process that sees frames. What it may tell is in `messages`, and nothing else leaves it (docs/privacy.md)."""
