"""Counting on trial: a camera counts by what is drawn at this moment, and nothing of it is reported.

It keeps the newest still, blurred, and small grey views to make a pose from; neither is ever written anywhere.
"""

import threading
from collections import Counter as Tallies
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from vilina_edge.clock import SteadyClock, SystemClock
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.plan import Plan
from vilina_edge.counting.presence import Presence
from vilina_edge.errors import ConfigError, EdgeError
from vilina_edge.eye.messages import Task
from vilina_edge.eye.sources import frames_of
from vilina_edge.settings import CounterSettings
from vilina_edge.technician.blurring import blurred_jpeg
from vilina_edge.technician.drawing import Drawing, Fault, floor_at
from vilina_edge.technician.posing import Views
from vilina_edge.types import AreaLook, Crossing, Detector, Frame, Reference, Size
from vilina_edge.vision.detectors import make_resting_detector
from vilina_edge.vision.pose import Pose
from vilina_edge.wire import Config, FloorConfig, LineConfig

if TYPE_CHECKING:
    from vilina_edge.counting.line import Line

STILL_EVERY: Final = timedelta(seconds=0.5)
NOTHING: Final = Config(version=0, lines=(LineConfig(line="nothing", start=(0, 0), end=(1, 1)),))
"""A source's task has to name something to count."""


@dataclass(frozen=True, slots=True)
class LineTally:
    """People over one line since it was drawn like this."""

    line: str
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known now: `still` is a blurred JPEG, the `number`-th one; lines and areas are those that count."""

    still: bytes = field(default=b"", repr=False)
    number: int = 0
    lines: tuple[LineTally, ...] = ()
    areas: tuple[AreaLook, ...] = ()
    is_dark: bool = False
    trouble: str | None = None
    failed: bool = False
    """Whether the trouble is for good."""


class Trial:
    """One camera, tried out. `run` is for a thread of its own; the rest may be called from any other."""

    def __init__(self, config: Config | None, *, detector: Detector, reference: Reference = "foot") -> None:
        """`config` is what is counted until something else is drawn; without one, `reference` is what will count."""
        self._detector = detector
        self._first = config
        self._changed = threading.Condition()
        self._size: Size | None = None
        self._floor: FloorConfig | None = None
        self._drawing = Drawing(reference=reference)
        self._plan: Plan | None = None
        self._counter = Counter(())
        self._presence = Presence(())
        self._tally: Tallies[tuple[Line, str]] = Tallies()
        self._moment = Moment()
        self._still_at: datetime | None = None
        self._views = Views()

    @classmethod
    def of(cls, settings: CounterSettings, config: Config | None) -> Self:
        """A trial that finds people as the counter does.

        Raises:
            ModelError: the detector's model cannot be loaded.
        """
        detector = make_resting_detector(settings.detector, threads=settings.threads, detail=settings.detail)
        return cls(config, detector=detector, reference=settings.reference)

    def run(self, source: str, *, stop: threading.Event) -> None:
        """Look at a source until told to stop; what goes wrong is told in `moment`."""
        task = Task(source=source, config=NOTHING, detector="motion", utc=SystemClock().now(), repeat=True)
        try:
            for frame in frames_of(task, clock=SteadyClock(), stop=stop, on_trouble=self._tell):
                if frame is not None:
                    self.step(frame)
        except EdgeError as error:
            self._tell(str(error), failed=True)

    def step(self, frame: Frame) -> None:
        """Count with one frame."""
        size = (frame.image.shape[1], frame.image.shape[0])
        with self._changed:
            if self._size is None:
                self._begin(size)
            plan, counter, presence = self._plan, self._counter, self._presence
        assert plan is not None
        tracks = counter.track(plan.to_size(self._detector(frame), size), frame.at)
        crossings, looks = counter.decide(tracks), presence.step(tracks)
        still = self._still(frame)
        with self._changed:
            self._views.add(frame)
            if plan is self._plan:
                self._count(plan, crossings)
                self._moment = replace(self._moment, lines=self._tallies(plan), areas=tuple(looks))
            if still is not None:
                self._moment = replace(self._moment, still=still, number=self._moment.number + 1)
            self._moment = replace(self._moment, is_dark=self._views.dark, trouble=None)
            self._changed.notify_all()

    @property
    def moment(self) -> Moment:
        with self._changed:
            return self._moment

    def wait_for_still(self, timeout_s: float) -> Moment:
        """The first moment with a picture or with trouble; after this time, whatever there is."""
        with self._changed:
            self._changed.wait_for(lambda: self._moment.still or self._moment.trouble, timeout_s)
            return self._moment

    @property
    def size(self) -> Size:
        """Of the picture in which is drawn.

        Raises:
            ConfigError: there is none yet.
        """
        if self._size is None:
            raise ConfigError("the camera has not given a picture yet")
        return self._size

    @property
    def drawing(self) -> Drawing:
        """What is drawn."""
        with self._changed:
            return self._drawing

    def draw(self, drawing: Drawing) -> tuple[Fault, ...]:
        """Count by this from now on; parts with faults are left out.

        Raises:
            ConfigError: there is no picture yet.
        """
        with self._changed:
            return self._use(drawing, self.size)

    def config(self, *, version: int) -> Config:
        """The drawing as a message.

        Raises:
            ConfigError: there is no picture yet, nothing is drawn, or something is wrong with it.
        """
        with self._changed:
            drawing, size = self._drawing, self.size
            _, faults = drawing.checked(size, self._floor)
            if faults:
                raise ConfigError(faults[0].text)
            if not (drawing.lines or drawing.areas):
                raise ConfigError("nothing is drawn yet: draw a line or an area first")
            return drawing.config(size=size, floor=self._floor, version=version)

    def pose(self, timeout_s: float) -> Pose:
        """What the camera sees now; waits so long until there are enough views of it.

        Raises:
            ConfigError: it moves, there is no picture, or too little to recognise it by.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._views.are_enough, timeout_s)
            try:
                return self._views.pose()
            except ConfigError:
                self._views.clear()
                if not self._changed.wait_for(lambda: self._views.are_enough, timeout_s):
                    raise
                return self._views.pose()

    def _begin(self, size: Size) -> None:
        self._size = size
        drawing = self._drawing
        if self._first is not None:
            self._floor = floor_at(self._first, size)
            drawing = Drawing.of(self._first, size)
        self._use(drawing, size)

    def _use(self, drawing: Drawing, size: Size) -> tuple[Fault, ...]:
        plan, faults = drawing.checked(size, self._floor)
        if self._plan is None or drawing != self._drawing:
            self._drawing = drawing
            if self._plan is None or plan.reference != self._plan.reference:
                self._tally.clear()
            kept = {key: number for key, number in self._tally.items() if key[0] in plan.lines}
            self._tally = Tallies(kept)
            self._plan = plan
            self._counter = Counter(plan.lines, reference=plan.reference, frame=size, plane=plan.plane)
            self._presence = Presence(plan.areas_on_floor())
            self._moment = replace(self._moment, lines=self._tallies(plan), areas=())
        return faults

    def _count(self, plan: Plan, crossings: list[Crossing]) -> None:
        lines = {line.name: line for line in plan.lines}
        self._tally.update((lines[one.line], one.direction) for one in crossings)

    def _tallies(self, plan: Plan) -> tuple[LineTally, ...]:
        return tuple(
            LineTally(line.name, self._tally[line, "entered"], self._tally[line, "left"])
            for line in plan.lines
        )

    def _still(self, frame: Frame) -> bytes | None:
        """The frame blurred, now and then."""
        if self._still_at is not None and timedelta(0) <= frame.at - self._still_at < STILL_EVERY:
            return None
        self._still_at = frame.at
        return blurred_jpeg(frame.image)

    def _tell(self, text: str, *, failed: bool = False) -> None:
        with self._changed:
            self._moment = replace(self._moment, trouble=text, failed=failed)
            self._changed.notify_all()
