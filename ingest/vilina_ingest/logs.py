"""Logs: lines for people, or one JSON object per event for machines."""

import logging
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["text", "json"]


def set_up_logs(form: LogFormat, **always: str) -> None:
    """To the standard error. In JSON, what `always` says (which site) is in every event."""
    handler = logging.StreamHandler()
    if form == "json":
        handler.setFormatter(
            JsonFormatter(
                "%(levelname)s %(name)s %(message)s", timestamp=True, static_fields=always,
                rename_fields={"levelname": "level", "name": "logger"},
            )
        )  # fmt: skip
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
