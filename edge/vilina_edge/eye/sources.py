"""Where the eye's frames come from, all on steady time; None where a camera has been silent for a second."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from vilina_edge.clock import BEGINNING, Clock
from vilina_edge.errors import SourceError
from vilina_edge.eye.capture import Capture
from vilina_edge.eye.messages import Task
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.sources import is_live, is_simulation
from vilina_edge.types import Frame
from vilina_edge.vision.source import live, recording

BACKOFF_S: Final = (1.0, 30.0)
STEADY_S: Final = 60.0
"""A camera that has given frames for so long is given another chance at once."""


def frames_of(
    task: Task, *, clock: Clock, stop: threading.Event, on_trouble: Callable[[str], None]
) -> Iterator[Frame | None]:
    """The frames of a task until its end or `stop`.

    Raises:
        SourceError: a recording or a simulation cannot be played. A camera is tried again and again instead.
    """
    if is_live(task.source):
        yield from _camera(task.source, clock=clock, stop=stop, on_trouble=on_trouble)
        return
    while not stop.is_set():
        yield from _played(task, clock=clock, stop=stop)
        if not task.repeat:
            return


def paced(frames: Iterator[Frame], *, clock: Clock, stop: threading.Event) -> Iterator[Frame]:
    """Frames of a recording or a simulation, each not before its time."""
    for frame in frames:
        ahead = (frame.at - clock.now()).total_seconds()
        if ahead > 0 and stop.wait(ahead):
            return
        yield frame


def _camera(
    source: str, *, clock: Clock, stop: threading.Event, on_trouble: Callable[[str], None]
) -> Iterator[Frame | None]:
    patience = BACKOFF_S[0]
    while not stop.is_set():
        opened = clock.monotonic()
        capture = Capture(lambda: live(source, clock=clock))
        try:
            for frame in capture.frames():
                yield frame
                if stop.is_set():
                    return
        except SourceError as error:
            if capture.stuck:
                raise
            steady = clock.monotonic() - opened > STEADY_S
            patience = BACKOFF_S[0] if steady else min(2 * patience, BACKOFF_S[1])
            on_trouble(f"{error}; trying again in {patience:.0f} s")
        waited = 0.0
        while waited < patience and not stop.wait(1.0):
            waited += 1.0
            yield None


def _played(task: Task, *, clock: Clock, stop: threading.Event) -> Iterator[Frame]:
    start = BEGINNING if task.fast else clock.now()
    frames: Iterator[Frame]
    if is_simulation(task.source):
        later = start - task.utc
        frames = (
            Frame(f.image, f.at + later, f.index) for f in simulated_frames(task.source, start=task.utc)
        )
    else:
        frames = recording(Path(task.source), start=start)
    for frame in frames if task.fast else paced(frames, clock=clock, stop=stop):
        yield frame
        if stop.is_set():
            return
