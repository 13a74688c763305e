"""`vilina edge count`."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Final, cast, get_args

import click
import msgspec

from vilina_edge.counting.area import Area
from vilina_edge.counting.line import Line
from vilina_edge.errors import AreaError, EdgeError, LineError
from vilina_edge.recordings.annotate import annotated
from vilina_edge.recordings.count import (
    CountResult,
    Look,
    Stopwatch,
    count_looks,
    looks_of_detections,
    looks_of_recording,
)
from vilina_edge.sources import is_live
from vilina_edge.types import Crossing, Detail, Detector, DetectorName, Reference
from vilina_edge.vision.detectors import DETAILS, DETECTORS, make_detector
from vilina_edge.vision.source import probe
from vilina_edge.wire import DWELL_EDGES_S, AreaPresence

MOSTLY: Final = 0.98
"""Some containers only estimate their number of frames."""
OnLook = Callable[[Look, Sequence[Crossing]], None]


def _lines(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Line, ...]:
    try:
        lines = tuple(Line.parse(text) for text in texts)
    except LineError as error:
        raise click.BadParameter(str(error)) from error
    if len({line.name for line in lines}) != len(lines):
        raise click.BadParameter("two lines have the same name")
    return lines


def _areas(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Area, ...]:
    try:
        areas = tuple(Area.parse(text) for text in texts)
    except AreaError as error:
        raise click.BadParameter(str(error)) from error
    if len({area.name for area in areas}) != len(areas):
        raise click.BadParameter("two areas have the same name")
    return areas


def _size(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size in pixels like 768x576")
    return int(match[1]), int(match[2])


@click.command()
@click.option("--source", help="The recording, a video file.")
@click.option("--line", "lines", metavar="NAME=x1,y1,x2,y2", callback=_lines, multiple=True,
              help="A line to count at, in pixels; again for more lines. Walking along it, people who cross from the"
                   " left to the right enter.")  # fmt: skip
@click.option("--area", "areas", metavar="NAME=x1,y1,x2,y2,...", callback=_areas, multiple=True,
              help="An area by its corners, in order: how many are in it, how many of them stand, how long"
                   " they stay.")  # fmt: skip
@click.option("--detector", type=click.Choice(DETECTORS), default="nanodet", show_default=True)
@click.option("--detail", type=click.Choice(DETAILS), default=DETAILS[0], show_default=True,
              help="Pixels of the longer side of what nanodet is shown; with more it finds people whom others hide, and"
                   " takes two or four times as long.")  # fmt: skip
@click.option("--reference", type=click.Choice(get_args(Reference)), default="foot", show_default=True,
              help="What of a person crosses; centre for a camera that looks straight down.")  # fmt: skip
@click.option("--detections", type=click.Path(path_type=Path),
              help="Count these detections (MOT format) instead of a video.")  # fmt: skip
@click.option("--size", metavar="WxH", callback=_size, help="With --detections: the size of the frames.")
@click.option(
    "--fps", type=click.FloatRange(0, 1000, min_open=True), help="With --detections: frames a second."
)
@click.option(
    "--annotate", type=click.Path(path_type=Path), help="Write a copy of the video that shows what was seen."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def count(
    source: str | None,
    lines: tuple[Line, ...],
    areas: tuple[Area, ...],
    detector: DetectorName,
    detail: str,
    reference: Reference,
    detections: Path | None,
    size: tuple[int, int] | None,
    fps: float | None,
    annotate: Path | None,
    *,
    as_json: bool,
) -> None:
    """Count how many people cross lines, and how many are in areas, in a recording."""
    if not lines and not areas:
        raise click.UsageError("there is nothing to count: draw a --line, an --area, or several")
    _refuse_contradictions(source, detections, size, fps, annotate)
    try:
        if detections is not None and size is not None and fps is not None:
            _check(lines, areas, *size)
            looks = looks_of_detections(detections, fps)
            result = count_looks(
                looks, lines, areas=areas, watch=Stopwatch(), reference=reference, frame=size
            )
        else:
            assert source is not None
            result = _count_video(
                Path(source), lines, areas, detector=make_detector(detector, detail=cast("Detail", int(detail))),
                reference=reference, annotate=annotate,
            )  # fmt: skip
    except EdgeError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(_document(result), indent=2) if as_json else _table(result))


def _refuse_contradictions(
    source: str | None,
    detections: Path | None,
    size: tuple[int, int] | None,
    fps: float | None,
    annotate: Path | None,
) -> None:
    if (source is None) == (detections is None):
        raise click.UsageError("name either a recording (--source) or a detections file (--detections)")
    if detections is not None and (size is None or fps is None):
        raise click.UsageError("--detections needs --size WxH and --fps F: the file does not say them")
    if detections is not None and annotate is not None:
        raise click.UsageError("--annotate needs a video: give --source instead of --detections")
    if source is not None and is_live(source):
        why = (
            "a live camera's frame is never written anywhere"
            if annotate
            else "count is for recordings; `vilina edge run` counts a live camera"
        )
        raise click.UsageError(f"{source} is a live camera: {why}")


def _check(lines: Sequence[Line], areas: Sequence[Area], width: int, height: int) -> None:
    for line in lines:
        line.check_inside(width, height)
    for area in areas:
        area.check_inside(width, height)


def _count_video(
    path: Path,
    lines: Sequence[Line],
    areas: Sequence[Area],
    *,
    detector: Detector,
    reference: Reference,
    annotate: Path | None,
) -> CountResult:
    info = probe(path)
    _check(lines, areas, info.width, info.height)
    watch = Stopwatch()
    with ExitStack() as stack:
        watchers: list[OnLook] = [stack.enter_context(_progress(info.frames))]
        if annotate is not None:
            if annotate.exists() and annotate.samefile(path):
                raise click.UsageError("--annotate would overwrite the recording itself: give another name")
            watchers.append(stack.enter_context(annotated(annotate, info, lines)))

        def look_on(look: Look, crossings: Sequence[Crossing]) -> None:
            for watcher in watchers:
                watcher(look, crossings)

        looks = looks_of_recording(path, detector, watch)
        size = (info.width, info.height)
        result = count_looks(
            looks, lines, areas=areas, watch=watch, reference=reference, frame=size, on_look=look_on
        )
    if result.frames < MOSTLY * info.frames:
        click.echo(
            f"Note: {path} says {info.frames} frames, but only {result.frames} can be played", err=True
        )
    return result


@contextmanager
def _progress(frames: int) -> Iterator[OnLook]:
    """A bar on the terminal, if it is one."""
    if not sys.stderr.isatty():
        yield lambda _look, _crossings: None
        return
    with click.progressbar(length=frames, label="Counting", file=sys.stderr, width=32) as bar:
        yield lambda _look, _crossings: bar.update(1)


def _document(result: CountResult) -> dict[str, object]:
    return {
        "frames": result.frames,
        "seconds": round(result.seconds, 3),
        "lines": [asdict(line) for line in result.lines],
        "areas": [{**msgspec.to_builtins(area), "dwell": _dwell(area)} for area in result.areas],
        "ms_per_frame": {stage: round(ms, 3) for stage, ms in result.ms_per_frame.items()},
    }


def _table(result: CountResult) -> str:
    names = [*(line.line for line in result.lines), *(area.area for area in result.areas)]
    width = max(len("line"), *map(len, names))
    rows = []
    if result.lines:
        rows.append(f"{'line':<{width}}  {'entered':>7}  {'left':>7}")
        rows += [f"{line.line:<{width}}  {line.entered:>7}  {line.left:>7}" for line in result.lines]
    if result.areas:
        rows.append(f"{'area':<{width}}  {'people':>7}  {'most':>7}  {'waiting':>7}  stays")
        rows += [
            f"{area.area:<{width}}  {area.mean:>7.1f}  {area.most:>7}  {area.waiting_mean or 0:>7.1f}  {_stays(area)}"
            for area in result.areas
        ]
    stages = ", ".join(f"{stage} {ms:.2f}" for stage, ms in result.ms_per_frame.items())
    rows.append(f"{result.frames} frames, {result.seconds:.1f} s; ms per frame: {stages}")
    return "\n".join(rows)


def _dwell(area: AreaPresence) -> dict[str, int]:
    """Finished stays by their length."""
    edges = [0, *DWELL_EDGES_S]
    labels = [f"{low}-{high} s" for low, high in pairwise(edges)] + [f"{edges[-1]} s and over"]
    return dict(zip(labels, area.dwell or (0,) * len(labels), strict=True))


def _stays(area: AreaPresence) -> str:
    return ", ".join(f"{count} of {label}" for label, count in _dwell(area).items() if count) or "none ended"
