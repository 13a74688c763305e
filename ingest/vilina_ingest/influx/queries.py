"""InfluxQL, as text. Times are ns since 1970; `[start, end)`."""

from collections.abc import Sequence
from typing import Final

MANY: Final = 20
"""From so many lines on, all of the site are asked for, and the others left out afterwards."""


def select(what: str, *measurements: str, where: str, grouped: str = "") -> str:
    """A statement; conditions are made by the functions below, which put every value in quotes."""
    return " ".join(
        ["SELECT", what, "FROM", ", ".join(f'"{name}"' for name in measurements), "WHERE", where, grouped]
    )


def text(value: str) -> str:
    """A text in InfluxQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def of_site(site: str, **tags: str) -> str:
    """A condition: the site's, and of certain tags."""
    return " AND ".join(f'"{key}" = {text(value)}' for key, value in {"site": site, **tags}.items())


def within(start: int, end: int) -> str:
    return f"time >= {start:d} AND time < {end:d}"


def one_of(tag: str, values: Sequence[str] | None) -> str:
    """A condition to go behind others; none at all for many values, or for all (None)."""
    if values is None or len(values) > MANY:
        return ""
    return " AND (" + " OR ".join(f'"{tag}" = {text(value)}' for value in values) + ")"
