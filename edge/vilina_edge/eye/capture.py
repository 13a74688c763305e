"""The newest frame of a camera, whatever time the detector takes: old frames are of no use to anybody."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from vilina_edge.errors import SourceError
from vilina_edge.types import Frame

STUCK_S: Final = 15.0
"""A camera that has said nothing for so long, not even that it failed, will not answer any more."""
TICK_S: Final = 1.0


class Capture:
    """Reads a camera in a thread of its own, as fast as it gives frames, and keeps one."""

    def __init__(self, open_frames: Callable[[], Iterator[Frame]]) -> None:
        self._open = open_frames
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._failure: SourceError | None = None
        self._ending = False
        self.stuck = False
        """Whether it hangs in a call that will not return: only the end of the process frees the camera."""
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def frames(self) -> Iterator[Frame | None]:
        """The newest frame, again and again; None for each second without one.

        Raises:
            SourceError: the camera fails, ends, or does not answer for `STUCK_S`.
        """
        self._thread.start()
        silent = 0.0
        try:
            while True:
                frame = self._take()
                silent = 0.0 if frame is not None else silent + TICK_S
                if silent >= STUCK_S:
                    self.stuck = True
                    raise SourceError(f"the camera has not answered for {STUCK_S:.0f} s")
                yield frame
        finally:
            self._ending = True

    def _take(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._failure is not None, TICK_S)
            frame, self._newest = self._newest, None
            if frame is None and self._failure is not None:
                raise self._failure
            return frame

    def _run(self) -> None:
        try:
            with closing(self._open()) as frames:  # type: ignore[type-var]  # sources are generators
                for frame in frames:
                    if self._ending:
                        return
                    self._tell(frame, None)
        except SourceError as error:
            self._tell(None, error)
        finally:
            self._tell(None, self._failure or SourceError("the camera gives no more frames"))

    def _tell(self, frame: Frame | None, failure: SourceError | None) -> None:
        with self._changed:
            self._newest = frame if frame is not None else self._newest
            self._failure = failure
            self._changed.notify()
