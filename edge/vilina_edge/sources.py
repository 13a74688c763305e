"""What the name of a source says, without opening it."""

import re
from typing import Final

NETWORK: Final = re.compile(r"^(rtsps?|https?|udp|tcp)://")
DEVICE: Final = re.compile(r"^/dev/video\d+$|^\d+$")
PICAMERA: Final = re.compile(r"^picamera(:\d)?$")
SIMULATION: Final = "simulation:"


def is_live(source: str) -> bool:
    """Whether a source is a camera, whose frames are never kept, and not a recording."""
    return any(kind.match(source) for kind in (NETWORK, DEVICE, PICAMERA))


def is_local(source: str) -> bool:
    """Whether a source is on this machine."""
    return NETWORK.match(source) is None


def is_picamera(source: str) -> bool:
    """Whether a source is the camera of a Raspberry Pi, or one of several: picamera, picamera:1."""
    return PICAMERA.match(source) is not None


def is_simulation(source: str) -> bool:
    """Whether a source is the rendered door."""
    return source.startswith(SIMULATION)


def without_password(source: str) -> str:
    """As it may be shown."""
    return re.sub(r"//[^/@]*@", "//...@", source)
