"""The counter at work: what the eye says becomes reports, until it is stopped."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, Protocol

from vilina_edge.clock import Clock, Timeline
from vilina_edge.delivery.dating import Dating, redated
from vilina_edge.delivery.tally import Tally
from vilina_edge.errors import SourceError
from vilina_edge.eye.messages import Blind, Ended, Message, Refused, Seen, Trouble, Vitals
from vilina_edge.eye.process import Eye, Gone
from vilina_edge.pulse import Pulse
from vilina_edge.wire import BlindReason, Config, Health, Report, StatusState

log = logging.getLogger(__name__)

EYE_SILENT_S: Final = 20.0
"""An eye that says nothing for so long hangs: it says something every few seconds even if it sees nothing."""
GOODBYE_S: Final = 5.0
"""So long an eye may take to say what is left."""
BACKOFF_S: Final = (1.0, 30.0)
TICK_S: Final = 0.5

OpenEye = Callable[[Config], AbstractContextManager[Eye]]


class Deliverer(Protocol):
    """Who takes reports, statuses and health to the site: a `Courier`."""

    @property
    def depth(self) -> int:
        """Reports that the site has not acknowledged yet."""

    def deliver(self, reports: Sequence[Report]) -> None: ...
    def redate(self, by: timedelta, *, certain: bool) -> None: ...
    def release(self) -> None: ...
    def say(self, status: StatusState, reason: BlindReason | None = None) -> None: ...
    def tell_health(self, health: Health) -> None: ...


class _End(Enum):
    """Why an eye is not listened to any more."""

    DONE = auto()
    GONE = auto()
    REPLACED = auto()


class Watch:
    """One counter: it listens to an eye, keeps the tally, and hands reports to the courier.

    `timeline` knows what time it is, where the eye only knows how much has passed, and `dating` whether that is to be
    believed. `new_config` is asked again and
    again for something else to count. `alive` is called every second or so as long as all is well.
    """

    def __init__(
        self,
        *,
        tally: Tally,
        courier: Deliverer,
        timeline: Timeline,
        dating: Dating,
        clock: Clock,
        stop: threading.Event,
        pulse: Pulse,
        new_config: Callable[[], Config | None] = lambda: None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._tally = tally
        self._courier = courier
        self._timeline = timeline
        self._dating = dating
        self._clock = clock
        self._stop = stop
        self._pulse = pulse
        self._new_config = new_config
        self._alive = alive
        self._blind: BlindReason | None = None
        self._said: tuple[StatusState, BlindReason | None] | None = None
        self._last: datetime | None = None
        self._config: Config | None = None

    def run(self, open_eye: OpenEye, config: Config, *, once: bool = False) -> None:
        """Count until stopped or until a recording ends. An eye that dies or hangs is replaced, unless `once`.

        Raises:
            SourceError: the eye says that nothing can be seen this way, or it died and was to look only once.
        """
        self._config = config
        patience = BACKOFF_S[0]
        try:
            while not self._stop.is_set():
                opened = self._clock.monotonic()
                with open_eye(self._config) as eye:
                    end = self._listen(eye)
                if end is _End.DONE:
                    return
                if end is _End.GONE:
                    if once:
                        raise SourceError("the process that sees has ended in the middle of the recording")
                    lasted = self._clock.monotonic() - opened
                    patience = BACKOFF_S[0] if lasted > BACKOFF_S[1] else patience
                    self._wait_blind(patience)
                    patience = min(2 * patience, BACKOFF_S[1])
        finally:
            self._close()

    def _listen(self, eye: Eye) -> _End:
        """Hear an eye out."""
        heard = self._clock.monotonic()
        asked: float | None = None
        while True:
            self._turn()
            if self._stop.is_set() and asked is None:
                eye.ask_to_end()
                asked = self._clock.monotonic()
            message = eye.next(TICK_S)
            now = self._clock.monotonic()
            match message:
                case None if asked is not None and now - asked > GOODBYE_S:
                    return _End.DONE
                case None if now - heard > EYE_SILENT_S:
                    log.error("the process that sees has hung for %.0f s; it is started again", now - heard)
                    return _End.GONE
                case None:
                    pass
                case Ended():
                    return _End.DONE
                case Gone():
                    if asked is None:
                        log.error("the process that sees has ended; it is started again")
                    return _End.DONE if asked is not None else _End.GONE
                case _:
                    heard = now
                    self._hear(message)
            if asked is None and self._has_new_config():
                return _End.REPLACED

    def _hear(self, message: Message) -> None:
        match message:
            case Seen(at, crossings, areas):
                self._see(self._timeline.utc(at))
                self._courier.deliver(self._tally.step(crossings, areas, self._timeline.utc(at)))
            case Blind(at, reason, since):
                self._be_blind(reason, since=self._timeline.utc(since), at=self._timeline.utc(at))
            case Vitals():
                self._pulse.add(message)
            case Trouble(text):
                log.warning("%s", text)
            case Refused(text):
                raise SourceError(text)

    def _see(self, at: datetime) -> None:
        if self._blind is not None:
            self._courier.deliver(self._tally.close(at, gap=self._blind))
            self._blind = None
        self._last = at
        self._say("online")

    def _be_blind(self, reason: BlindReason, *, since: datetime, at: datetime) -> None:
        """From `since` on, and still `at` this time, nothing is known."""
        if self._blind is None:
            self._courier.deliver(self._tally.close(since))
        elif self._blind != reason:
            self._courier.deliver(self._tally.close(at, gap=self._blind))
        if self._blind != reason:
            log.warning("this counter does not see: %s", reason.replace("_", " "))
        self._blind = reason
        self._last = at
        self._courier.deliver(self._tally.close_due(at, gap=reason))
        self._say("blind", reason)

    def _wait_blind(self, seconds: float) -> None:
        """There is no eye for a while."""
        until = self._clock.monotonic() + seconds
        since = self._last or self._timeline.now()
        while not self._stop.is_set():
            self._turn()
            now = self._timeline.now()
            self._be_blind(self._blind or "no_frames", since=since, at=now)
            if self._clock.monotonic() >= until:
                return
            self._stop.wait(TICK_S)

    def _turn(self) -> None:
        """What is due whether there is something to see or not."""
        self._alive()
        self._follow_the_clock()
        if self._pulse.due():
            self._courier.tell_health(self._pulse.health(self._timeline.now(), self._courier.depth))

    def _follow_the_clock(self) -> None:
        """Everything that nobody has seen is dated by the clock as it now is."""
        self._tally.uncertain = self._dating.uncertain
        if (change := self._dating.follow()) is None:
            return
        certain = not self._dating.uncertain
        if change.waited:
            log.warning("the clock has not been set for long; reports are sent, and say that it is uncertain")
            self._courier.release()
            if not change.by:
                return
        if change.by:
            log.warning("the clock was set from %s to %s; counting goes on", change.was, change.now)
        closed = self._tally.close(change.was, gap=self._blind)
        self._courier.redate(change.by, certain=certain)
        self._courier.deliver([redated(report, change.by, certain=certain) for report in closed])
        self._tally.uncertain = not certain
        self._last = (closed[-1].end if closed else change.was) + change.by
        self._tally.restart(self._last)

    def _has_new_config(self) -> bool:
        config = self._new_config()
        if config is None:
            return False
        log.info("counting by config %d from now on", config.version)
        at = max(self._timeline.now(), self._last or self._timeline.now())
        self._courier.deliver(self._tally.close(at, gap=self._blind))
        self._tally.restart(at, lines=line_names(config), areas=area_names(config))
        self._config = config
        return True

    def _close(self) -> None:
        """The last report."""
        if self._last is not None:
            self._courier.deliver(self._tally.close(self._last, gap=self._blind))

    def _say(self, status: StatusState, reason: BlindReason | None = None) -> None:
        if self._said != (status, reason):
            self._said = status, reason
            self._courier.say(status, reason)


def line_names(config: Config) -> list[str]:
    return [line.line for line in config.lines]


def area_names(config: Config) -> list[str]:
    return [area.area for area in config.areas]
