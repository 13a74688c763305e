"""What the computer knows of itself; None for what it cannot tell."""

import ctypes
import os
import shutil
from pathlib import Path
from typing import Final

ZONE: Final = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""Raspberry Pi only. Now: bit 0 under-voltage, 1 frequency capped, 2 throttled, 3 soft temperature limit."""
NOW: Final = 0xF
UNSYNCHRONISED: Final = 5
"""TIME_ERROR of adjtimex(2)."""
NANOSECONDS: Final = 0x2000
"""STA_NANO: its offset is in nanoseconds, else in microseconds."""


def temperature_c(zone: Path = ZONE) -> float | None:
    """Degrees of the processor."""
    try:
        return int(zone.read_text()) / 1000
    except (OSError, ValueError):
        return None


def throttled(file: Path = THROTTLED) -> bool | None:
    """Whether the processor is slowed down by heat or by too little current."""
    try:
        return bool(int(file.read_text(), 16) & NOW)
    except (OSError, ValueError):
        return None


def disk_free_mb(folder: Path) -> int | None:
    """Room for whoever is not root."""
    try:
        return shutil.disk_usage(folder).free // 2**20
    except OSError:
        return None


def clock_offset_s() -> float | None:
    """How far the clock is from the time server's, by the kernel; None if nobody keeps it in time (adjtimex(2))."""
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state < 0 or state == UNSYNCHRONISED:
        return None
    return float(timex.offset) / (1e9 if timex.status & NANOSECONDS else 1e6)


def resident_mb(pid: int | None = None) -> float:
    """Memory that a process holds, megabytes of 1,000,000 bytes."""
    pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class _Timex(ctypes.Structure):
    """The beginning of struct timex, and room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )
