"""Line protocol: how a line is written. Made as text, because a busy site is many lines."""

from functools import lru_cache
from typing import Final, NamedTuple

NOT_BARE: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


class Origin(NamedTuple):
    """The report, or validation, that a line is of; as in `RefusedReport`."""

    counter: str
    boot: str
    seq: int


class Line(NamedTuple):
    """A line, without its end; `origin` is None where it is of our own making."""

    text: str
    origin: Origin | None = None


@lru_cache(maxsize=65_536)
def series_key(measurement: str, *tags: tuple[str, str]) -> str:
    """Measurement and tags, escaped; the same ones come again and again.

    Raises:
        ValueError: a tag is empty or has a line's end in it, which line protocol cannot say.
    """
    for key, value in tags:
        if not value or "\n" in value or value.endswith("\\"):
            raise ValueError(f"{value!r} cannot be the {key} of a line")
    return ",".join([measurement, *(f"{key}={value.translate(NOT_BARE)}" for key, value in tags)])


def quoted(text: str) -> str:
    """A field that is a text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def fields_of(**fields: str | bool | int | float | None) -> str:
    """Fields by their Python types; None is not written."""
    return ",".join(f"{key}={_field(value)}" for key, value in fields.items() if value is not None)


def _field(value: str | bool | int | float) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:d}i" if isinstance(value, int) else repr(value)
