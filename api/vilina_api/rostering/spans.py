"""Times of the week, as people write them: `mon`, `mon-fri 8-16`, `sat 09:00-13:00`, `2026-03-04`, `16-20` (daily)."""

import re
from datetime import date
from typing import Final

from vilina_api.rostering.people import DAY_MIN, Time
from vilina_ingest.site import WEEKDAYS

REMEDY: Final = "write like mon, mon-fri 8-16, 2026-03-04 or 16:00-20:00, with commas between"
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
DAYS: Final = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")
CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?-(\d{1,2})(?:[:.](\d{2}))?")


def read_times(text: str) -> tuple[Time, ...]:
    """All times in a cell; none in an empty one.

    Raises:
        ValueError: one of them is none; the text says which, and how to write it.
    """
    parts = (part.strip().lower() for part in re.split(r"[,;\n]", text))
    return tuple(time for part in parts if part for time in _times(part))


def _times(text: str) -> list[Time]:
    on: list[int | date | None] = [None]
    words = text.split()
    if words and (days := _days(words[0])):
        on, words = days, words[1:]
    if len(words) > 1 or (on == [None] and not words):
        raise ValueError(f"{text!r} is no time; {REMEDY}")
    start, end = _clock(words[0], text) if words else (0, DAY_MIN)
    return [Time(day, start, end) for day in on]


def _days(word: str) -> list[int | date | None]:
    if DATE.fullmatch(word):
        try:
            return [date.fromisoformat(word)]
        except ValueError as error:
            raise ValueError(f"{word!r} is no date; {REMEDY}") from error
    match = DAYS.fullmatch(word)
    if match is None:
        return []
    names = [name for name in match.groups() if name]
    for name in names:
        if name not in WEEKDAYS:
            raise ValueError(f"{name!r} is no weekday; {REMEDY}")
    first, last = (WEEKDAYS.index(name) for name in (names[0], names[-1]))
    return [number % 7 for number in range(first, last + 1 if last >= first else last + 8)]


def _clock(word: str, text: str) -> tuple[int, int]:
    match = CLOCK.fullmatch(word)
    if match is None:
        raise ValueError(f"{text!r} is no time; {REMEDY}")
    hours, minutes, to_hours, to_minutes = (int(part or 0) for part in match.groups())
    start, end = hours * 60 + minutes, to_hours * 60 + to_minutes
    if minutes > 59 or to_minutes > 59 or not start < end <= DAY_MIN:
        raise ValueError(f"{text!r} is no time of one day; the end is after the start, and 24 at the latest")
    return start, end
