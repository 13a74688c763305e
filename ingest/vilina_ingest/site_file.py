"""Reading `site.yaml`: a site, or every fault in the file with its line and its remedy."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.reader import ReaderError

from vilina_edge.wire import NAME
from vilina_ingest.errors import SiteError
from vilina_ingest.site import COUNTRY, Site
from vilina_ingest.site_rules import Fault, Place, did_you_mean, faults

MAX_BYTES: Final = 1024 * 1024
PLAIN: Final = {
    "missing": "this key is missing; add it",
    "tuple_type": "expected a list",
    "model_type": "expected keys with values",
    "dict_type": "expected keys with values",
    "string_type": "expected text; put it in quotes",
    "too_short": "there must be more of them",
}
PATTERNS: Final = {
    NAME: "expected a short name of letters, digits, '-', '_' and '.'",
    COUNTRY: "expected a country in two capital letters, like FI",
}


def load_site(path: Path) -> Site:
    """Read a site file.

    Raises:
        SiteError: it cannot be read, or something in it is wrong; the text names everything, a line each.
    """
    document = _read(path)
    try:
        site = Site.model_validate(document)
    except ValidationError as error:
        found = [_fault(details) for details in _causes(error.errors())]
    else:
        found = list(faults(site))
        if not found:
            return site
    told = sorted((_line(document, fault.place), f"{_path(fault.place)}: {fault.text}") for fault in found)
    raise SiteError("\n".join(f"{path}, line {line}: {text}" for line, text in told))


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SiteError(f"{path} is over a megabyte: is it the right file?")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{path} is not a text file") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # YAML allows it
            document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise SiteError(f"{path}{where}: this is not YAML: {error.problem or error.context}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SiteError(f"{path}, line {line}: this is not YAML: a character that no text has") from error
    except (ValueError, LookupError) as error:
        # So the parser fails on a tag, and on a date, that its value does not fit.
        raise SiteError(
            f"{path} is not YAML: a value is not what it looks like ({error}); put it in quotes,"
            " and remove what begins with !!"
        ) from error
    except RecursionError as error:
        raise SiteError(f"{path} is not YAML: brackets within brackets, too deep to be a site") from error
    except YAMLError as error:
        raise SiteError(f"{path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise SiteError(f"{path} is not a site file: it has no keys; begin with the example's")
    return document


def _causes(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without lists that are only too short because their members are wrong."""
    for details in errors:
        place = details["loc"]
        within = (e["loc"] for e in errors if e["loc"][: len(place)] == place and e["loc"] != place)
        if details["type"] != "too_short" or not any(within):
            yield details


def _fault(details: ErrorDetails) -> Fault:
    place = tuple(part for part in details["loc"] if part != "[key]")
    kind = details["type"]
    if kind == "extra_forbidden":
        known = _keys_at(place[:-1])
        return Fault(place, f"there is no such key; {did_you_mean(str(place[-1]), known)}")
    if kind == "string_pattern_mismatch":
        return Fault(place, PATTERNS[details["ctx"]["pattern"]])
    text = details["msg"].removeprefix("Value error, ")
    return Fault(place, PLAIN.get(kind) or text[:1].lower() + text[1:])


def _keys_at(place: Place) -> list[str]:
    """The keys that are known at a place of the file."""
    model: type[BaseModel] = Site
    for part in place:
        if isinstance(part, int):
            continue
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        inner = next(iter(_models(field.annotation)), None) if field else None
        if inner is None:
            continue
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type such as `tuple[Zone, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _path(place: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the file"


def _line(document: Any, place: Place) -> int:
    """The line, from 1, of the last part of a place that the file has."""
    node, line = document, 1
    for part in place:
        if not isinstance(node, CommentedMap | CommentedSeq):
            break
        try:
            position = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            node = node[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
        line = position[0] + 1
    return line
