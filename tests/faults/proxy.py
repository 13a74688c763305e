"""A link that fails: a TCP proxy that a test cuts, stalls and heals."""

import contextlib
import socket
import threading
from typing import Self

from tests.brokers import free_port
from vilina_edge.delivery.mqtt import BrokerAddress


class Proxy:
    """Forwards connections to a broker until they are `cut`; in a `stall` what is sent arrives nowhere, in silence."""

    def __init__(self, to: BrokerAddress) -> None:
        self.address = BrokerAddress("127.0.0.1", free_port())
        self._to = to
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._budget: int | None = None
        self._listener = socket.create_server((self.address.host, self.address.port))

    def cut(self) -> None:
        """End every connection, in the middle of whatever it says. New ones are let through."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._flowing.set()

    def cut_after(self, some_bytes: int) -> None:
        """Let through so many more bytes, either way, and then cut: in the middle of a packet, as a bad link does."""
        with self._lock:
            self._budget = some_bytes

    @property
    def armed(self) -> bool:
        """Whether it is still to be cut after some bytes."""
        return self._budget is not None

    def stall(self) -> None:
        """Half-open: nothing goes through any more, and nobody is told."""
        self._flowing.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((self._to.host, self._to.port), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._pairs.append((near, far))
            ended = threading.Barrier(2)
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(a, b, ended), daemon=True).start()

    def _allow(self, asked: int) -> int:
        """How many of the bytes go through."""
        with self._lock:
            if self._budget is None:
                return asked
            allowed = min(asked, self._budget)
            self._budget = self._budget - allowed if allowed == asked else None
            return allowed

    def _forward(self, a: socket.socket, b: socket.socket, ended: threading.Barrier) -> None:
        with contextlib.suppress(OSError):
            while data := a.recv(4096):
                self._flowing.wait()
                allowed = self._allow(len(data))
                b.sendall(data[:allowed])
                if allowed < len(data):
                    self.cut()
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(threading.BrokenBarrierError):
            ended.wait(30)
        a.close()
