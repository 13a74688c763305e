"""How well and how fast a counter counts: `python -m tests.bench.edge`.

The defaults are the same for every row. Truth is counted from hand-made annotations; errors are sums over lines and
directions. The peers' figures are the best of each tracker on the same detections.
"""

import os
import sys
import time
from collections import Counter as Tallies
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.bench.report import Row, publish
from tests.edge.truth import annotated_feet, error, overhead_detections, true_crossings, walked_paths
from tests.edge.walks import START, counted, tallies, timed
from vilina_edge.counting.line import Line
from vilina_edge.recordings.mot import read_detections
from vilina_edge.types import Detections, Detector, Reference
from vilina_edge.vision.detectors import make_detector
from vilina_edge.vision.source import recording

DATA: Final = Path(os.environ.get("VILINA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
STREET: Final = (Line("down", 384, 0, 384, 576), Line("across", 0, 300, 768, 300))
OTHERS: Final = (
    Line("x=256", 256, 0, 256, 576),
    Line("x=512", 512, 0, 512, 576),
    Line("y=200", 0, 200, 768, 200),
    Line("y=400", 0, 400, 768, 400),
)
CAMPUS: Final = (Line("x=320", 320, 0, 320, 480), Line("x=200", 200, 0, 200, 480))
CORRIDOR: Final = (Line("middle", 0, -1000, 0, 1000),)
SMOOTH_PX: Final = 4
SMOOTH_CM: Final = 20
"""The truth's own hysteresis, on annotated foot points and on the corridor's heads."""
Crossings = Tallies[tuple[str, str]]


def measured(
    frames: Sequence[Detections], lines: Sequence[Line], *, per_second: float, reference: Reference = "foot"
) -> tuple[Crossings, float]:
    """Crossings per (line, direction), and milliseconds per frame of tracking and counting."""
    with_times = timed(frames, per_second=per_second)
    before = time.perf_counter()
    found = counted(with_times, lines, reference=reference)
    return tallies(found), 1000 * (time.perf_counter() - before) / len(frames)


def street() -> Iterator[Row]:
    feet = annotated_feet(DATA / "mot/PETS09-S2L1/gt.txt").values()
    seen, detect_ms = detected(DATA / "video/vtest.avi", make_detector("nanodet"))
    moving, motion_ms = detected(DATA / "video/vtest.avi", make_detector("motion"))
    public = read_detections(DATA / "mot/PETS09-S2L1/det.txt")
    for what, frames, lines, per_second, peer, goal in (
        ("street, NanoDet", seen, STREET, 10, "SORT 6, norfair 5, ByteTrack 13", 2),
        ("street, public detections", public, STREET, 7, "", 2),
        ("street, four other lines, NanoDet", seen, OTHERS, 10, "", None),
        ("street, motion", moving, STREET, 10, "", None),
    ):
        true = true_crossings(feet, lines, band=SMOOTH_PX)
        found, count_ms = measured(frames, lines, per_second=per_second)
        yield wrong(what, found, true, peer=peer, goal=goal)
        if frames is seen and lines is STREET:
            yield speed(frames, count_ms, goal=1)
    yield Row(work="NanoDet at 320, one thread", measured=detect_ms, unit="ms/frame", goal=100)
    yield Row(work="motion", measured=motion_ms, unit="ms/frame")


def campus() -> Iterator[Row]:
    feet = annotated_feet(DATA / "mot/TUD-Campus/gt.txt").values()
    found, _ = measured(read_detections(DATA / "mot/TUD-Campus/det.txt"), CAMPUS, per_second=25)
    yield wrong("campus, public detections", found, true_crossings(feet, CAMPUS, band=SMOOTH_PX))


def corridor() -> Iterator[Row]:
    file = DATA / "trajectories/bi_corr_400_b_03.txt"
    true = true_crossings(walked_paths(file).values(), CORRIDOR, band=SMOOTH_CM)
    for noise_cm, drops, goal in ((0.0, 0.0, 0), (8.0, 0.1, 2)):
        frames = list(overhead_detections(file, noise_cm=noise_cm, drops=drops))
        found, count_ms = measured(frames, CORRIDOR, per_second=25, reference="centre")
        yield wrong(f"overhead, {noise_cm:g} cm noise, {drops:.0%} missing", found, true, goal=goal)
    yield speed(frames, count_ms, goal=2)


def detected(video: Path, detector: Detector) -> tuple[list[Detections], float]:
    """What a detector sees in a recording, and its milliseconds per frame."""
    seen, spent = [], 0.0
    for frame in recording(video, start=START):
        before = time.perf_counter()
        seen.append(detector(frame))
        spent += time.perf_counter() - before
    return seen, 1000 * spent / len(seen)


def wrong(what: str, found: Crossings, true: Crossings, *, peer: str = "", goal: float | None = None) -> Row:
    work = f"error of {true.total()}: {what}"
    return Row(work=work, measured=error(found, true), unit="crossings", peer=peer, goal=goal)


def speed(frames: Sequence[Detections], ms: float, *, goal: float) -> Row:
    people = sum(map(len, frames)) / len(frames)
    return Row(work=f"tracking and counting, {people:.0f} people", measured=ms, unit="ms/frame", goal=goal)


def main() -> int:
    if not DATA.is_dir():
        print(f"there is no {DATA}: set VILINA_TEST_DATA to the folder of the recordings", file=sys.stderr)
        return 1
    return 0 if publish("edge", [*street(), *campus(), *corridor()]) else 1


if __name__ == "__main__":
    sys.exit(main())
