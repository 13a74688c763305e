"""Line protocol: how a line is written. Made as text, because a busy site is many lines."""

from typing import Final, Protocol

NOT_BARE: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


class Origin(Protocol):
    """What a line is of: a point, or a validation told as one; as in `RefusedReport`."""

    @property
    def counter(self) -> str: ...
    @property
    def boot(self) -> str: ...
    @property
    def seq(self) -> int: ...


Line = tuple[str, Origin | None]
"""A line, without its end, and what it is of: None where it is of our own making. A bare tuple: there are many."""


def series_key(measurement: str, *tags: tuple[str, str]) -> str:
    """Measurement and tags, escaped and in the order that spares the server from sorting them.

    Raises:
        ValueError: a tag is empty or has a line's end in it, which line protocol cannot say.
    """
    for key, value in tags:
        if not value or "\n" in value or value.endswith("\\"):
            raise ValueError(f"{value!r} cannot be the {key} of a line")
    return ",".join([measurement, *(f"{key}={value.translate(NOT_BARE)}" for key, value in sorted(tags))])


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
