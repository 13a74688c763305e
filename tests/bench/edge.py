"""How well and how fast a counter counts: `python -m tests.bench.edge`.

The defaults are the same for every row. Truth is counted from hand-made annotations; errors are sums over lines and
directions. Peers get the same detections in the same run, and the settings at which each was best on the first row.
"""

import os
import sys
import time
from collections import Counter as Tallies
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.memory import counter_mb
from tests.bench.peers import PeerFigure, peer_figures
from tests.bench.report import Row, publish
from tests.edge.noise import degraded
from tests.edge.truth import (
    annotated_feet,
    annotated_presence,
    error,
    overhead_detections,
    true_crossings,
    true_events,
    unmatched,
    walked_paths,
)
from tests.edge.walks import START, counted, tallies, timed
from vilina_edge.counting.area import Area
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.line import Line
from vilina_edge.counting.presence import Presence
from vilina_edge.eye.look import Look
from vilina_edge.eye.messages import to_line
from vilina_edge.recordings.mot import read_detections
from vilina_edge.types import Detections, Detector, Frame, Reference, Size
from vilina_edge.vision.detectors import make_detector
from vilina_edge.vision.gate import MotionGate
from vilina_edge.vision.nanodet import NanoDet
from vilina_edge.vision.source import recording
from vilina_edge.wire import Config, LineConfig

DATA: Final = Path(os.environ.get("VILINA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
VIDEO: Final = DATA / "video/vtest.avi"
ANNOTATED: Final = DATA / "mot/PETS09-S2L1/gt.txt"
STREET_SIZE: Final = (768, 576)
STREET: Final = (Line("down", 384, 0, 384, 576), Line("across", 0, 300, 768, 300))
OTHERS: Final = (
    Line("x=256", 256, 0, 256, 576),
    Line("x=512", 512, 0, 512, 576),
    Line("y=200", 0, 200, 768, 200),
    Line("y=400", 0, 400, 768, 400),
)
CONFIG: Final = Config(
    version=1,
    lines=tuple(
        LineConfig(line=line.name, start=(line.x1, line.y1), end=(line.x2, line.y2)) for line in STREET
    ),
)
SQUARE: Final = Area("square", ((250, 150), (550, 150), (550, 450), (250, 450)))
CAMPUS: Final = (Line("x=320", 320, 0, 320, 480), Line("x=200", 200, 0, 200, 480))
CORRIDOR: Final = (Line("middle", 0, -1000, 0, 1000),)
SMOOTH_PX: Final = 4
SMOOTH_CM: Final = 20
"""The truth's own hysteresis, on annotated foot points and on the corridor's heads."""
NOISY_COPIES: Final = 4
WITHIN_S: Final = 1.2
EMPTY_S: Final = 60
SMALLER: Final = 256
"""Pixels of the longer side of an input that is not the default."""
Crossings = Tallies[tuple[str, str]]


def measured(
    frames: Sequence[Detections],
    lines: Sequence[Line],
    *,
    per_second: float,
    reference: Reference = "foot",
    size: Size | None = None,
) -> tuple[Crossings, float]:
    """Crossings per (line, direction), and CPU milliseconds per frame of tracking and counting."""
    with_times = timed(frames, per_second=per_second)
    before = time.process_time()
    found = counted(with_times, lines, reference=reference, frame=size)
    return tallies(found), 1000 * (time.process_time() - before) / len(frames)


def street(seen: Sequence[Detections]) -> Iterator[Row]:
    """The two lines that everybody is measured on, from NanoDet's detections of the video."""
    true = true_crossings(annotated_feet(ANNOTATED).values(), STREET, band=SMOOTH_PX)
    found, ms = measured(seen, STREET, per_second=10, size=STREET_SIZE)
    peers = peer_figures(seen, STREET, per_second=10)
    yield wrong("street, NanoDet", found, true, peer=_errors(peers, true), goal=2)
    yield Row(
        work=f"tracking and counting, {_people(seen):.0f} people",
        measured=ms,
        unit="ms/frame",
        peer=", ".join(f"{name} {figure.ms_per_frame:.2f}" for name, figure in peers.items()),
        goal=0.5,
    )
    copies = [list(degraded(seen, drops=0.03, noise=0.015, seed=seed)) for seed in range(NOISY_COPIES)]
    errors = [error(measured(copy, STREET, per_second=10, size=STREET_SIZE)[0], true) for copy in copies]
    noisy_peers = [peer_figures(copy, STREET, per_second=10) for copy in copies]
    yield Row(
        work="the same, mean with 4 copies that lack 3 % and have 1.5 % of noise",
        measured=float(np.mean([error(found, true), *errors])),
        unit="crossings",
        peer=_mean_errors([peers, *noisy_peers], true),
        goal=3,
    )
    every_other, _ = measured(seen[::2], STREET, per_second=5, size=STREET_SIZE)
    yield wrong("the same, detector on every second frame", every_other, true, goal=4)
    events: dict[tuple[str, str], list[float]] = defaultdict(list)
    for crossing in counted(timed(seen, per_second=10), STREET, frame=STREET_SIZE):
        events[crossing.line, crossing.direction].append((crossing.at - START).total_seconds())
    truth = true_events(ANNOTATED, STREET, band=SMOOTH_PX, per_second=10)
    false, missed = unmatched(events, truth, within_s=WITHIN_S)
    yield Row(work="the same, false crossings one by one", measured=false, unit="crossings", goal=3)
    yield Row(work="the same, missed crossings one by one", measured=missed, unit="crossings", goal=2)


def other_lines(seen: Sequence[Detections]) -> Iterator[Row]:
    """Lines and detections that no setting was chosen for."""
    feet = annotated_feet(ANNOTATED).values()
    public = read_detections(DATA / "mot/PETS09-S2L1/det.txt")
    for what, frames, lines, per_second, goal in (
        ("street, public detections", public, STREET, 7, 3),
        ("street, four other lines, NanoDet", seen, OTHERS, 10, None),
        ("street, four other lines, public detections", public, OTHERS, 7, None),
    ):
        found, _ = measured(frames, lines, per_second=per_second, size=STREET_SIZE)
        true = true_crossings(feet, lines, band=SMOOTH_PX)
        peer = _errors(peer_figures(frames, lines, per_second=per_second), true)
        yield wrong(what, found, true, peer=peer, goal=goal)
    feet = annotated_feet(DATA / "mot/TUD-Campus/gt.txt").values()
    frames = read_detections(DATA / "mot/TUD-Campus/det.txt")
    found, _ = measured(frames, CAMPUS, per_second=25, size=(640, 480))
    true = true_crossings(feet, CAMPUS, band=SMOOTH_PX)
    peer = _errors(peer_figures(frames, CAMPUS, per_second=25), true)
    yield wrong("campus, public detections", found, true, peer=peer, goal=3)


def smaller() -> Iterator[Row]:
    """The same street through a smaller input: what would be lost, and what would be gained."""
    frames, detector = list(recording(VIDEO, start=START)), NanoDet(size=SMALLER)
    before = time.process_time()
    seen = [detector(frame) for frame in frames]
    ms = 1000 * (time.process_time() - before) / len(frames)
    true = true_crossings(annotated_feet(ANNOTATED).values(), (*STREET, *OTHERS), band=SMOOTH_PX)
    found, _ = measured(seen, (*STREET, *OTHERS), per_second=10, size=STREET_SIZE)
    yield wrong(f"all six lines, NanoDet at {SMALLER}", found, true)
    yield Row(work=f"NanoDet at {SMALLER}, one thread", measured=ms, unit="ms/frame")


def corridor() -> Iterator[Row]:
    """480 people who walk both ways, from above: 249 over the line one way, 231 the other."""
    file = DATA / "trajectories/bi_corr_400_b_03.txt"
    true = true_crossings(walked_paths(file).values(), CORRIDOR, band=SMOOTH_CM)
    for noise_cm, drops, goal in ((0.0, 0.0, 0), (8.0, 0.1, 4.8)):
        frames = list(overhead_detections(file, noise_cm=noise_cm, drops=drops))
        found, ms = measured(frames, CORRIDOR, per_second=25, reference="centre")
        yield wrong(f"corridor, {noise_cm:g} cm noise, {drops:.0%} missing", found, true, goal=goal)
    yield Row(work=f"tracking and counting, {_people(frames):.0f} people", measured=ms, unit="ms/frame")


def areas(seen: Sequence[Detections]) -> Iterator[Row]:
    """A square of the street: people in it, and how long they stay, against annotations."""
    counter, presence = Counter([], frame=STREET_SIZE), Presence([SQUARE])
    with_times = timed(seen, per_second=10)
    before = time.process_time()
    looks = [presence.step(counter.track(detections, at))[0] for detections, at in with_times]
    ms = 1000 * (time.process_time() - before) / len(looks)
    true = annotated_presence(ANNOTATED, SQUARE, per_second=10)
    people = np.array([(t.people, f.people) for t, f in zip(true, looks, strict=False)], dtype=float)
    stays = [np.mean([stay for look in which for stay in look.stays]) for which in (true, looks)]
    bias = 100 * abs(people[:, 1].mean() / people[:, 0].mean() - 1)
    yield Row(work="area, mean of people over time", measured=bias, unit="% off", goal=3)
    off = float(np.abs(people[:, 0] - people[:, 1]).mean())
    yield Row(work="area, people at each moment", measured=off, unit="people off")
    yield Row(work="area, mean stay", measured=100 * abs(stays[1] / stays[0] - 1), unit="% off", goal=10)
    yield Row(work="tracking and one area", measured=ms, unit="ms/frame", goal=1)


def pipeline() -> Iterator[Row]:
    """CPU time of everything from frames on, against that of the detector alone, and what the gate saves of it."""
    frames = list(recording(VIDEO, start=START))
    detector = make_detector("nanodet")
    alone = _cpu_ms(frames, detector)
    whole = _whole_ms(frames, detector)
    yield Row(work="NanoDet at 320, one thread", measured=alone, unit="ms/frame", goal=100)
    over = 100 * (whole / alone - 1)
    yield Row(work="the whole eye against the detector alone", measured=over, unit="% more", goal=10)
    yield Row(work="motion", measured=_cpu_ms(frames, make_detector("motion")), unit="ms/frame")
    empty = list(_empty(frames))
    saved = 100 * (1 - _whole_ms(empty, MotionGate(detector)) / _whole_ms(empty, detector))
    yield Row(
        work="CPU that the gate saves in an empty scene", measured=saved, unit="%", goal=80, at_least=True
    )
    memory = counter_mb(VIDEO)
    yield Row(
        work="memory of `vilina edge run`, both processes", measured=memory, unit="MB resident", goal=300
    )
    lost = _crossings(frames, detector) - _crossings(frames, MotionGate(detector))
    yield Row(work="crossings that the gate loses", measured=lost.total(), unit="crossings", goal=0)


def _empty(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The street without its people (the median of many frames), through a camera that has noise."""
    nobody = np.median([frame.image for frame in frames[::20]], axis=0)
    random = np.random.default_rng(0)
    for index in range(EMPTY_S * 10):
        image = np.clip(nobody + random.normal(0, 2, nobody.shape), 0, 255).astype(np.uint8)
        yield Frame(image, START + timedelta(seconds=index / 10), index)


def _cpu_ms(frames: Sequence[Frame], detector: Detector) -> float:
    """CPU milliseconds per frame."""
    before = time.process_time()
    for frame in frames:
        detector(frame)
    return 1000 * (time.process_time() - before) / len(frames)


def _whole_ms(frames: Sequence[Frame], detector: Detector) -> float:
    """The same with the camera's self-knowledge, tracking, counting and what is said of it."""
    look = Look(CONFIG, detector, pose=None, start=START)
    before = time.process_time()
    for frame in frames:
        for message in look.step(frame):
            to_line(message)
    return 1000 * (time.process_time() - before) / len(frames)


def _crossings(frames: Sequence[Frame], detector: Detector) -> Crossings:
    return tallies(counted([(detector(frame), frame.at) for frame in frames], STREET, frame=STREET_SIZE))


def _errors(peers: dict[str, PeerFigure], true: Crossings) -> str:
    return ", ".join(f"{name} {error(figure.crossings, true)}" for name, figure in peers.items())


def _mean_errors(runs: Sequence[dict[str, PeerFigure]], true: Crossings) -> str:
    means = {
        name: np.mean([error(run[name].crossings, true) for run in runs if name in run]) for name in runs[0]
    }
    return ", ".join(f"{name} {mean:.1f}" for name, mean in means.items())


def _people(frames: Sequence[Detections]) -> float:
    return sum(map(len, frames)) / len(frames)


def wrong(what: str, found: Crossings, true: Crossings, *, peer: str = "", goal: float | None = None) -> Row:
    work = f"error of {true.total()}: {what}"
    return Row(work=work, measured=error(found, true), unit="crossings", peer=peer, goal=goal)


def main() -> int:
    if not DATA.is_dir():
        print(f"there is no {DATA}: set VILINA_TEST_DATA to the folder of the recordings", file=sys.stderr)
        return 1
    seen = [
        detector(frame) for detector in [make_detector("nanodet")] for frame in recording(VIDEO, start=START)
    ]
    rows = [*street(seen), *other_lines(seen), *areas(seen), *corridor(), *pipeline(), *smaller()]
    return 0 if publish("edge", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
