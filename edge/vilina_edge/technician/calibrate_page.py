"""What the calibration page asks of the counter: the drawing, its tally, the blurred still, and saving."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vilina_edge.clock import Clock
from vilina_edge.errors import ConfigError
from vilina_edge.technician.counter_file import write_counter
from vilina_edge.technician.drawing import Drawing, Fault
from vilina_edge.technician.local_page import render
from vilina_edge.technician.site_link import Told, tell_site
from vilina_edge.technician.trial import Trial

POSE_S: Final = 12.0
"""Saving waits so long for pictures of the view; there are enough ten seconds after the start."""
TOO_DARK: Final = "It is too dark: nobody would be seen."
Tell = Callable[..., Told]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it, in words; `notes` are what did not go well here, and `good` is whether all did."""

    text: str
    good: bool
    notes: tuple[str, ...] = ()


class CalibratePage:
    """The routes of one calibration. `version` is that of the config that held before."""

    def __init__(
        self, trial: Trial, *, file: Path, counter: str, version: int, clock: Clock, tell: Tell = tell_site
    ) -> None:
        self._trial = trial
        self._file = file
        self._counter = counter
        self._version = version
        self._clock = clock
        self._tell = tell

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/", self._page),
            Route("/drawing", self._read),
            Route("/drawing", self._draw, methods=["POST"]),
            Route("/state", self._state),
            Route("/still.jpg", self._still),
            Route("/save", self._save, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        return render(request, "calibrate.html", counter=self._counter)

    async def _read(self, _request: Request) -> Response:
        drawing = self._trial.drawing
        faults = self._trial.draw(drawing)
        return _json({"size": self._trial.size, "drawing": drawing, "faults": faults})

    async def _draw(self, request: Request) -> Response:
        try:
            drawing = msgspec.json.decode(await request.body(), type=Drawing)
        except msgspec.DecodeError as error:
            return _json({"faults": (Fault(f"this is not a drawing: {error}"),)}, status=400)
        return _json({"faults": self._trial.draw(drawing)})

    async def _state(self, _request: Request) -> Response:
        moment = self._trial.moment
        return _json(
            {
                "still": moment.number,
                "lines": moment.lines,
                "areas": [{"area": a.area, "people": a.people, "waiting": a.waiting} for a in moment.areas],
                "trouble": moment.trouble or (TOO_DARK if moment.is_dark else None),
            }
        )

    async def _still(self, _request: Request) -> Response:
        still = self._trial.moment.still
        return Response(still, media_type="image/jpeg") if still else Response(status_code=404)

    async def _save(self, request: Request) -> Response:
        drawn = await self._draw(request)
        faults = msgspec.json.decode(bytes(drawn.body))["faults"]
        if faults:
            text = f"Not saved: {len(faults)} {'part is' if len(faults) == 1 else 'parts are'} wrong."
            return _json({"text": text, "faults": faults}, status=422)
        try:
            return _json(await run_in_threadpool(self.save))
        except ConfigError as error:
            return _json({"text": f"Not saved: {error}", "faults": ()}, status=422)

    def save(self) -> Saved:
        """Write what is drawn into the counter's file, and tell the site.

        Raises:
            ConfigError: something is wrong with it, or the file cannot be written.
        """
        version = max(int(self._clock.now().timestamp()), self._version + 1)
        config = self._trial.config(version=version)
        notes = []
        try:
            pose = self._trial.pose(POSE_S).to_text()
        except ConfigError as error:
            pose = None
            notes.append(f"How the camera looks now was not stored: {error}. Save again when that is mended.")
        settings = write_counter(self._file, config, pose=pose)
        self._version = version
        told = self._tell(
            settings.config, site=settings.site, counter=settings.counter, broker=settings.broker
        )
        refused = told.answer is not None and not told.answer.accepted
        return Saved(_in_words(told), told.taken and not refused and not notes, tuple(notes))


def _in_words(told: Told) -> str:
    if not told.taken:
        return (
            f"Saved here. The site has not heard of it ({told.reason}); the counter goes on with it anyway, from its"
            " next start."
        )
    if told.answer is None:
        return "Saved here and at the site. No counter answers: when it is started it counts by this."
    if told.answer.accepted:
        return "Saved here and at the site. The counter counts by it already."
    part = "" if told.answer.part is None else f" ({told.answer.part})"
    return f"Saved here and at the site, but the counter refuses it: {told.answer.fault}{part}."


def _json(value: Any, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
