"""The page on which a technician counts: two big buttons, and at the end how wrong the counter is.

What the counter counted is not shown before the end, so that nobody is led by it. The phone keeps what it could not
send and sends it again with its age; everything has an id, so what arrives twice counts once.
"""

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import atan2, ceil, floor, pi
from typing import Annotated, Any, Final, NamedTuple, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from vilina_edge.clock import Clock
from vilina_edge.technician.agreement import HALF_WIDTH, still_needed
from vilina_edge.technician.hand_count import Comparison, Hole, HoleReason, Session, Stage
from vilina_edge.technician.local_page import render
from vilina_edge.types import Direction
from vilina_edge.wire import HandCount, LineConfig, Name

PHONES: Final = 16
"""More phones than that are not kept apart."""
SLOWEST_S: Final = 10.0
"""The page gives up a request after so long."""
DAY_MS: Final = 86_400_000
WORDS: Final[dict[Direction, str]] = {"entered": "In", "left": "Out"}
COMPASS: Final = (
    ("→", "to the right"), ("↘", "down to the right"), ("↓", "down"), ("↙", "down to the left"),
    ("←", "to the left"), ("↖", "up to the left"), ("↑", "up"), ("↗", "up to the right"),
)  # fmt: skip
"""Directions in the picture, clockwise."""
REASONS: Final[dict[HoleReason, str]] = {
    "no_frames": "the camera gave no pictures",
    "frozen": "the picture stood still",
    "dark": "it was too dark to see",
    "blurred": "the picture was blurred",
    "blocked": "something was in front of the camera",
    "moved": "the camera had moved",
    "outbox_full": "the counter had lost its reports",
    "time_uncertain": "the counter's clock was not sure",
    "merged": "reports were merged and have no exact times",
    "not_reported": "the counter reported nothing",
}

Id = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{1,32}$")]


class Op(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    """Something the technician did, so long ago."""

    id: Id
    age_ms: Annotated[float, msgspec.Meta(ge=0, le=DAY_MS)]


class Begin(Op, frozen=True, tag="begin"):
    line: Name


class Tapped(Op, frozen=True, tag="tap"):
    direction: Direction


class Undo(Op, frozen=True, tag="undo"):
    tap: Id


class Finish(Op, frozen=True, tag="finish"):
    pass


class Send(Op, frozen=True, tag="send"):
    pass


class News(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a phone tells; `sent_ms` is its own clock, whatever that shows."""

    phone: Id
    sent_ms: float
    ops: Annotated[tuple[Begin | Tapped | Undo | Finish | Send, ...], msgspec.Meta(max_length=300)]


class Desk(Protocol):
    """Where the result goes, and what is known of the counter."""

    @property
    def trouble(self) -> str | None:
        """Why reports may be missing, in words."""

    @property
    def stored(self) -> bool | None:
        """Whether the site has stored the result; None before one was sent."""

    def send(self, comparison: Comparison) -> None: ...


class Transit:
    """How much longer than usual a request was under way.

    The shortest of the last ones is taken as the rule: whoever was faster had no queue to stand in (the minimum filter
    of NTP, RFC 5905, section 10). Longer than the page waits means that the phone's clock was set.
    """

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = {}

    def delay_s(self, phone: str, *, sent_s: float, arrived_s: float) -> float:
        if phone not in self._recent and len(self._recent) >= PHONES:
            self._recent.clear()
        recent = self._recent.setdefault(phone, deque(maxlen=60))
        recent.append(arrived_s - sent_s)
        delay = recent[-1] - min(recent)
        if delay <= SLOWEST_S:
            return delay
        recent.clear()
        return 0.0


class Way(NamedTuple):
    """One direction of a line as the technician sees it."""

    direction: Direction
    word: str
    arrow: str
    where: str


class Mark(NamedTuple):
    """A result in a picture from 0 to 100; `kind` is good, watch or act."""

    low: float
    at: float
    high: float
    limits: tuple[float, float]
    kind: str
    words: str


def routes(
    session: Session, *, lines: Sequence[LineConfig], clock: Clock, desk: Desk, on_end: Callable[[], None]
) -> list[BaseRoute]:
    """The page and what it talks to. `on_end` is called when the page has been told that all is done."""
    transit, name = Transit(), secrets.token_hex(4)

    def page(request: Request) -> Response:
        known = session.stage is Stage.RESULT
        return render(
            request, "hand_count.html", name=name, lines=[(line.line, ways(line)) for line in lines], session=session,
            comparison=session.comparison() if known else None, words=WORDS, reasons=REASONS,
            needed=still_needed, mark=mark, percent=percent, between=between, clock_time=clock_time,
        )  # fmt: skip

    async def news(request: Request) -> Response:
        try:
            told = msgspec.json.decode(await request.body(), type=News)
        except msgspec.DecodeError as error:
            return PlainTextResponse(f"not understood: {error}", 400)
        now = clock.now()
        late = transit.delay_s(told.phone, sent_s=told.sent_ms / 1000, arrived_s=now.timestamp())
        for op in told.ops:
            _do(op, now - timedelta(seconds=late, milliseconds=op.age_ms))
        return JSONResponse(_state(session, desk))

    def _do(op: Op, at: datetime) -> None:
        match op:
            case Begin(id=name, line=line) if line in {one.line for one in lines} and desk.stored is None:
                session.begin(name, line, at)
            case Tapped(id=name, direction=direction):
                session.tap(name, direction, at)
            case Undo(id=name, tap=tap):
                session.undo(name, tap)
            case Finish(id=name):
                session.finish(name, at)
            case Send() if session.stage is Stage.RESULT and desk.stored is None:
                comparison = session.comparison()
                if comparison.anybody:
                    desk.send(comparison)

    async def end(_: Request) -> Response:
        on_end()
        return JSONResponse({})

    return [
        Route("/", page),
        Route("/news", news, methods=["POST"]),
        Route("/end", end, methods=["POST"]),
    ]


def ways(line: LineConfig) -> tuple[Way, Way]:
    """In and out as they look in the picture: who enters comes from the line's left-hand side, y points down."""
    (x1, y1), (x2, y2) = line.start, line.end
    step = round(atan2(x2 - x1, -(y2 - y1)) / (pi / 4))
    towards, back = COMPASS[step % 8], COMPASS[(step + 4) % 8]
    return Way("entered", WORDS["entered"], *towards), Way("left", WORDS["left"], *back)


def mark(one: HandCount) -> Mark:
    """An error and its interval on a scale with zero in the middle, and what it means."""
    reach = max(0.1, -one.low, one.high) * 1.1
    low, at, high, minus, plus = (
        50 + 50 * value / reach for value in (one.low, one.error, one.high, -HALF_WIDTH, HALF_WIDTH)
    )
    if one.low >= -HALF_WIDTH and one.high <= HALF_WIDTH:
        kind, words = "good", "right to within 5\u00a0%"
    elif one.high < -HALF_WIDTH or one.low > HALF_WIDTH:
        kind, words = "act", "more than 5\u00a0% " + ("too few" if one.error < 0 else "too many")
    else:
        kind, words = "watch", "may be wrong by more than 5\u00a0%"
    return Mark(low, at, high, (minus, plus), kind, words)


def percent(share: float) -> str:
    """A signed share, to the nearest percent."""
    rounded = round(100 * share)
    return "0\u00a0%" if rounded == 0 else f"{'+' if rounded > 0 else '−'}{abs(rounded)}\u00a0%"


def between(one: HandCount) -> tuple[str, str]:
    """The limits of an error, rounded away from it."""
    return percent(floor(100 * one.low) / 100), percent(ceil(100 * one.high) / 100)


def clock_time(at: datetime) -> str:
    """On the counter's own clock and in its own zone."""
    return f"{at.astimezone():%H:%M:%S}"


def told(hole: Hole) -> str:
    """A hole in words."""
    return f"{clock_time(hole.start)} to {clock_time(hole.end)}: {REASONS[hole.reason]}"


def table(comparison: Comparison) -> str:
    """The result, for a terminal."""
    holes = "".join(f"\nnot compared: {told(hole)}" for hole in comparison.holes)
    if not comparison.spans:
        return f"Line {comparison.line}: nothing can be compared." + holes
    row = "{:<4}{:>9}{:>9}{:>8}{:>7}{:>9}   {}".format
    rows = [row("", "by hand", "counted", "missed", "false", "error", "95 % interval")]
    for one in comparison.hand_counts:
        error = percent(one.error) if one.by_hand else "-"
        interval = " to ".join(between(one)) if one.by_hand else "nobody passed"
        rows.append(
            row(WORDS[one.direction], one.by_hand, one.counted, one.missed, one.false, error, interval)
        )
    seconds = sum((end - start).total_seconds() for start, end in comparison.spans)
    needed = [
        f"about {n} more {WORDS[c.direction].lower()}"
        for c in comparison.hand_counts
        if (n := still_needed(c))
    ]
    verdict = "enough" if comparison.enough else f"keep counting: {', '.join(needed) or 'nobody passed yet'}"
    return f"Line {comparison.line}, {seconds / 60:.0f} min\n" + "\n".join(rows) + f"\n{verdict}" + holes


def _state(session: Session, desk: Desk) -> dict[str, Any]:
    """What the page shows while it is open; never what the counter has counted."""
    taps = session.taps
    last = next(reversed(taps), None)
    known_bad = [told(hole) for hole in session.holes() if hole.reason != "not_reported"]
    until = session.reported_until
    return {
        "stage": "sent" if desk.stored is not None else session.stage,
        "line": session.line,
        "entered": sum(tap.direction == "entered" for tap in taps.values()),
        "left": sum(tap.direction == "left" for tap in taps.values()),
        "last": None if last is None else {"id": last, "direction": taps[last].direction},
        "counted_s": session.counted_s,
        "patience_s": session.patience_s,
        "reported_until": None if until is None else clock_time(until),
        "warnings": [*([] if desk.trouble is None else [desk.trouble]), *known_bad[-2:]],
        "stored": desk.stored,
    }
