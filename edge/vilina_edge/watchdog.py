"""Telling systemd that the counter is alive, where it is started by systemd (`Type=notify`, `WatchdogSec=`).

The protocol is a datagram to a socket that the environment names: sd_notify(3). The package of that name leaves its
socket open and has not changed since 2017.
"""

import os
import socket
from typing import Final

from vilina_edge.clock import Clock

EVERY_S: Final = 1.0


class Watchdog:
    """Ready at the first call, alive at each further one; without systemd it does nothing."""

    def __init__(self, clock: Clock, address: str | None = None) -> None:
        self._clock = clock
        self._address = address if address is not None else os.environ.get("NOTIFY_SOCKET", "")
        self._words = "READY=1\nWATCHDOG=1"
        self._next = clock.monotonic()

    def alive(self) -> None:
        now = self._clock.monotonic()
        if self._address and now >= self._next:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_systemd:
                to_systemd.sendto(self._words.encode(), self._address.replace("@", "\0", 1))
            self._words, self._next = "WATCHDOG=1", now + EVERY_S
