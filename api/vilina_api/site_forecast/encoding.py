"""What a method has learned as plain data and back: arrays, texts of trees, and an outline of what belongs where.

Nothing that is read can run: an outline names frozen dataclasses of `vilina_api.forecasting`, and no others. The
calendar is left out: it changes when the site file does, and the one of today takes its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vilina_api.forecasting.counts import Calendar
from vilina_api.site_forecast.boosters import booster_of, booster_text, is_booster

OURS: Final = "vilina_api.forecasting."
PLAIN: Final = (bool, int, float, str, type(None))
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Encoded:
    """`outline` is JSON; it names arrays and texts by their number."""

    outline: Any
    arrays: Mapping[str, Array]
    texts: Mapping[str, str]


def encoded(value: object) -> Encoded:
    """Of what a method has learned.

    Raises:
        TypeError: there is something in it that cannot be kept.
    """
    arrays: dict[str, Array] = {}
    texts: dict[str, str] = {}
    return Encoded(_outline(value, arrays, texts), arrays, texts)


def decoded(found: Encoded, calendar: Calendar) -> Any:
    """What was learned, with the calendar of today.

    Raises:
        ValueError: it is damaged, or another version of Vilina has made it.
        NotReady: LightGBM cannot be loaded here.
    """
    try:
        return _value(found.outline, found, calendar)
    except (KeyError, TypeError, AttributeError, ImportError) as error:
        raise ValueError(f"another version of Vilina has made it ({error})") from error


def _outline(value: object, arrays: dict[str, Array], texts: dict[str, str]) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Calendar):
        return {"calendar": True}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if is_booster(value):
        name = f"trees-{len(texts)}"
        texts[name] = booster_text(value)
        return {"trees": name}
    if isinstance(value, tuple):
        return {"tuple": [_outline(each, arrays, texts) for each in value]}
    kind = type(value)
    if is_dataclass(value) and kind.__module__.startswith(OURS):
        inner = {one.name: _outline(getattr(value, one.name), arrays, texts) for one in fields(value)}
        return {"is": f"{kind.__module__.removeprefix(OURS)}.{kind.__name__}", "with": inner}
    raise TypeError(f"{kind.__name__} cannot be kept in a model")


def _value(outline: Any, found: Encoded, calendar: Calendar) -> Any:
    if isinstance(outline, PLAIN):
        return outline
    if "calendar" in outline:
        return calendar
    if "array" in outline:
        return found.arrays[outline["array"]]
    if "trees" in outline:
        return booster_of(found.texts[outline["trees"]])
    if "tuple" in outline:
        return tuple(_value(each, found, calendar) for each in outline["tuple"])
    module, _, name = outline["is"].rpartition(".")
    kind = getattr(import_module(OURS + module), name)
    if not is_dataclass(kind) or kind.__module__ != OURS + module:
        raise TypeError(f"{name} is nothing that a method learns")
    made: Any = kind
    return made(**{key: _value(inner, found, calendar) for key, inner in outline["with"].items()})
