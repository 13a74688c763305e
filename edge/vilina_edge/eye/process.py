"""The eye as the rest of the counter has it: a process to start, to listen to, and to end."""

import logging
import queue
import subprocess
import sys
import threading
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from vilina_edge.eye.messages import MAX_LINE, Ended, Message, Task, from_line

log = logging.getLogger(__name__)

WAITING: Final = 1000
"""So many messages may wait; then the eye does, too."""


class Gone:
    """There will be no more messages."""


class Eye(Protocol):
    """Something that sees and says so."""

    def next(self, timeout_s: float) -> Message | Gone | None:
        """What it says next; None if it says nothing for so long."""

    def ask_to_end(self) -> None:
        """Let it say what is left and end."""


class EyeProcess:
    """A process that sees, for as long as the context lasts."""

    def __init__(self, task: Task) -> None:
        self._messages: queue.Queue[Message | Gone] = queue.Queue(WAITING)
        self._leaving = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vilina_edge.eye"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(task) + b"\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, name="eye", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        self._process.kill()
        self.ask_to_end()
        self._process.wait()
        self._reader.join()

    @property
    def pid(self) -> int:
        return self._process.pid

    def next(self, timeout_s: float) -> Message | Gone | None:
        try:
            return self._messages.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def ask_to_end(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            log.debug("the eye has ended already")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while line := pipe.readline(MAX_LINE):
                try:
                    message = from_line(line)
                except msgspec.DecodeError as error:
                    log.error("the eye said something that it should not, and is ended: %s", error)  # noqa: TRY400
                    self._process.kill()
                    break
                if not self._put(message) or isinstance(message, Ended):
                    break
        self._put(Gone())

    def _put(self, message: Message | Gone) -> bool:
        while not self._leaving:
            try:
                self._messages.put(message, timeout=1.0)
            except queue.Full:
                continue
            return True
        return False
