"""The eye: `python -m vilina_edge.eye` reads a task from its standard input, and tells on its output what it sees.

It ends when the recording does, when its input is closed, or with the process that started it.
"""

import signal
import sys
import threading
from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from vilina_edge.clock import BEGINNING, SteadyClock
from vilina_edge.errors import EdgeError, SourceError
from vilina_edge.eye.look import Look
from vilina_edge.eye.messages import Ended, Message, Refused, Task, Trouble, to_line
from vilina_edge.eye.sandbox import confine, end_with_parent
from vilina_edge.eye.sources import frames_of
from vilina_edge.sources import is_live, is_local, is_picamera
from vilina_edge.types import Detector
from vilina_edge.vision.detectors import make_resting_detector
from vilina_edge.vision.pose import Pose


def main() -> int:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    said = Voice(sys.stdout.buffer)
    try:
        detector = make_resting_detector(task.detector, threads=task.threads, detail=task.detail)
        local = is_local(task.source)
        if not confine(network=not local, files=is_picamera(task.source)):
            why = (
                "this processor's system calls are not known here"
                if local
                else "its camera is in the network"
            )
            said.tell(Trouble(f"the process that sees keeps the network: {why}"))
        stop = threading.Event()
        threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
        _watch(task, detector, said, stop)
    except (BrokenPipeError, KeyboardInterrupt):
        return 1
    except SourceError as error:
        said.tell(Trouble(str(error)) if is_live(task.source) else Refused(str(error)))
        return 1
    except EdgeError as error:
        said.tell(Refused(str(error)))
        return 1
    said.tell(Ended())
    return 0


class Voice:
    """The way out: one line for each message, and nothing else."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def tell(self, *messages: Message) -> None:
        self.tell_all(messages)

    def tell_all(self, messages: Iterable[Message]) -> None:
        self._pipe.write(b"".join(map(to_line, messages)))
        self._pipe.flush()


def _watch(task: Task, detector: Detector, said: Voice, stop: threading.Event) -> None:
    clock = SteadyClock()
    pose = None if task.pose is None else Pose.from_text(task.pose)
    look = Look(task.config, detector, pose=pose, start=BEGINNING if task.fast else clock.now())
    frames = frames_of(task, clock=clock, stop=stop, on_trouble=lambda text: said.tell(Trouble(text)))
    for frame in frames:
        said.tell_all(look.nothing(clock.now()) if frame is None else look.step(frame))
        if look.refused:
            return
    said.tell_all(look.finish())


def _wait_for_end(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
