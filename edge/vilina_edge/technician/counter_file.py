"""Writing what was drawn into a counter.yaml: only the keys that change, so that people's comments and other keys stay.

The file is cut at its top-level keys. The piece of a key that changes is read, changed and written with ruamel.yaml's
round trip; all other pieces stay as they are, byte for byte.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from vilina_edge.delivery.durable import written_beside
from vilina_edge.errors import ConfigError
from vilina_edge.settings import CounterSettings
from vilina_edge.wire import AreaConfig, Config, LineConfig

Change = Callable[[CommentedMap], None]
UNLIMITED: Final = 100_000


def open_counter(path: Path) -> tuple[CounterSettings, Config | None]:
    """What a counter's file says, and what it counts; None in a new one, in which nothing is drawn yet.

    Raises:
        ConfigError: it is wrong otherwise.
    """
    try:
        settings = CounterSettings.load(path)
    except ConfigError:
        fresh = _without_drawing(path)
        if fresh is None:
            raise
        return fresh, None
    return settings, settings.config


def write_counter(path: Path, config: Config, *, pose: str | None) -> CounterSettings:
    """Put what is counted into a counter's file, and its camera's pose beside it, as `COUNTER.pose`.

    A power cut leaves the old file or the new one. Without a pose the file names none: an old one is of another view.

    Raises:
        ConfigError: the file cannot be read or written, or would be wrong; then it is as it was.
    """
    path = path.resolve()
    counter = open_counter(path)[0].counter
    name = None if pose is None else f"{counter}.pose"
    try:
        text = path.read_text(encoding="utf-8")
        if name is not None:
            _replace(path.with_name(name), f"{pose}\n", like=path)
        fresh = _fresh(path, changed(text, config, pose=name), like=path)
        try:
            settings = CounterSettings.load(fresh)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error}; is there room, and may you write there?"
        ) from error
    return settings


def changed(text: str, config: Config, *, pose: str | None) -> str:
    """The text of a counter's file with this to count.

    Raises:
        YAMLError: it was not YAML.
    """
    changes: dict[str, Change] = {
        "lines": lambda at: _put_parts(at, "lines", [_line(one) for one in config.lines]),
        "areas": lambda at: _put_parts(at, "areas", [_area(one) for one in config.areas]),
        "size": lambda at: _put(at, "size", None if config.size is None else _flow(config.size)),
        "floor": lambda at: _put_floor(at, config),
        "reference": lambda at: _put_reference(at, config),
        "version": lambda at: _put(at, "version", config.version),
        "pose": lambda at: _put(at, "pose", pose),
    }
    yaml = _yaml(text)
    try:
        return _spliced(text, changes, yaml)
    except (YAMLError, _WrittenInOne):
        whole = yaml.load(text)
        for change in changes.values():
            change(whole)
        return _dumped(whole, yaml)


class _WrittenInOne(Exception):  # noqa: N818  # not an error
    """The file has no lines of its own for each key."""


def _spliced(text: str, changes: dict[str, Change], yaml: YAML) -> str:
    pieces = dict(_pieces(text, yaml))
    for key, change in changes.items():
        old, rest = pieces.get(key, ("", ""))
        document = yaml.load(old) if old else CommentedMap()
        change(document)
        pieces[key] = (_dumped(document, yaml) if document else "", rest)
    written = ""
    for old, rest in pieces.values():
        written += old + rest
        written += "" if not written or written.endswith("\n") else "\n"
    return written


def _pieces(text: str, yaml: YAML) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each top-level key's lines, and the blank lines and comments between them and the next key's; what is before the
    first has no name."""
    document = yaml.load(text)
    if document.fa.flow_style():
        raise _WrittenInOne
    lines = text.splitlines(keepends=True)
    starts = [document.lc.key(key)[0] for key in document]
    if any(a >= b for a, b in pairwise(starts)):
        raise _WrittenInOne
    yield "", ("", "".join(lines[: starts[0]]))
    for key, start, end in zip(document, starts, [*starts[1:], len(lines)], strict=True):
        last = end
        while last > start + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
            last -= 1
        yield key, ("".join(lines[start:last]), "".join(lines[last:end]))


def _put(document: CommentedMap, key: str, value: object) -> None:
    if value is None:
        document.pop(key, None)
    elif document.get(key) != value:
        document[key] = value


def _put_parts(document: CommentedMap, key: str, parts: Sequence[CommentedMap]) -> None:
    """A list of named parts; what people wrote beside a part that stays, stays."""
    if not parts:
        document.pop(key, None)
        return
    old = {part["name"]: part for part in document.get(key) or ()}
    names = {part["name"] for part in parts}
    if key not in document or not names & old.keys():
        document[key] = CommentedSeq()
    kept = document[key]
    for index in reversed(range(len(kept))):
        if kept[index]["name"] not in names:
            del kept[index]
    for part in parts:
        if part["name"] not in old:
            kept.append(part)
            continue
        for name, value in part.items():
            if old[part["name"]].get(name, False) != value:
                old[part["name"]][name] = value


def _put_reference(document: CommentedMap, config: Config) -> None:
    if config.reference != document.get("reference", "foot"):
        document["reference"] = config.reference


def _put_floor(document: CommentedMap, config: Config) -> None:
    """Only where its points are in the picture can have changed, with the picture's size."""
    if config.floor is not None and "floor" in document:
        _put(document["floor"], "pixels", _corners(config.floor.pixels))


def _line(line: LineConfig) -> CommentedMap:
    return CommentedMap(name=line.line, points=_flow((*line.start, *line.end)))


def _area(area: AreaConfig) -> CommentedMap:
    return CommentedMap(name=area.area, corners=_corners(area.corners), queue=area.queue)


def _corners(corners: Sequence[tuple[float, float]]) -> CommentedSeq:
    made = CommentedSeq([_flow(corner) for corner in corners])
    made.fa.set_flow_style()
    return made


def _flow(numbers: Sequence[float]) -> CommentedSeq:
    made = CommentedSeq([int(number) if float(number).is_integer() else number for number in numbers])
    made.fa.set_flow_style()
    return made


def _yaml(text: str) -> YAML:
    """A reader and writer with the manners of a text."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = UNLIMITED
    _, indent, offset = load_yaml_guess_indent(text)
    yaml.indent(mapping=2, sequence=indent or 4, offset=offset or (0 if indent else 2))
    return yaml


def _dumped(document: Any, yaml: YAML) -> str:
    written = StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def _without_drawing(path: Path) -> CounterSettings | None:
    """The settings of a file in which all is well but that there is nothing to count."""
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if document.get("lines") or document.get("areas"):
            return None
        line = {"name": "nothing", "points": [0, 0, 1, 1]}
        settings = CounterSettings.model_validate({**document, "lines": [line], "areas": []})
    except (OSError, ValueError, AttributeError, YAMLError):
        return None
    return settings.model_copy(update={"lines": (), "outbox": path.parent / settings.outbox})


def _replace(path: Path, text: str, *, like: Path) -> None:
    _fresh(path, text, like=like).replace(path)


def _fresh(path: Path, text: str, *, like: Path) -> Path:
    """A file beside `path`, safe on the disk; whoever may read and write `like` may do so with it."""
    fresh = written_beside(path, text.encode())
    shutil.copymode(like, fresh)
    owner = like.stat()
    if (owner.st_uid, owner.st_gid) != (fresh.stat().st_uid, fresh.stat().st_gid):
        os.chown(fresh, owner.st_uid, owner.st_gid)
    return fresh


def _sync(folder: Path) -> None:
    """Have a folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
