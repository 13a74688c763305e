"""Which extra brings a package that is missing, read from our own metadata."""

import re
from importlib.metadata import requires
from typing import Final

IMPORTED_AS: Final = {"cv2": "opencv-python-headless", "paho": "paho-mqtt", "vl_convert": "vl-convert-python"}
"""Packages whose import name is not their name."""
USERS: Final = ("edge", "server", "demo")
"""Extras that people install, the smallest first."""


def extra_for(module: str | None) -> str | None:
    """The extra that brings an importable module, or None if it is none of ours."""
    if module is None:
        return None
    top = module.partition(".")[0]
    wanted = IMPORTED_AS.get(top, top).replace("_", "-")
    for extra in USERS:
        if any(
            _name(text) == wanted and f'extra == "{extra}"' in text.replace("'", '"')
            for text in requires("vilina") or ()
        ):
            return extra
    return None


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match.group().lower().replace("_", "-") if match else ""
