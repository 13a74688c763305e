"""The rendered door: its truth is exact, and the true pipeline counts it."""

import math
import subprocess
import sys
from collections import Counter as Tallies
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from vilina_edge.counting.counter import Counter
from vilina_edge.errors import SourceError
from vilina_edge.simulation.arrivals import Arrival, Mix, steady
from vilina_edge.simulation.people import rendered, walked
from vilina_edge.simulation.scene import Look, Scene
from vilina_edge.simulation.silhouettes import true_boxes
from vilina_edge.simulation.source import is_simulation, simulated_frames
from vilina_edge.types import Detections
from vilina_edge.vision.detectors import make_detector

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


MIXED = Mix(groups=0.3, fast=0.2, turning=0.15, lingering=0.1)
every_door = pytest.mark.parametrize("door", [1.2, 3.0])


def truth(schedule: list[Arrival], scene: Scene = Scene(), seed: int = 0) -> Tallies[str]:  # noqa: B008  # frozen
    """The true crossings. A jam would never end, so it is cut off three minutes after the last arrival."""
    frames = 10 * round(schedule[-1].seconds + 180)
    steps = islice(walked(schedule, start=START, scene=scene, seed=seed), frames)
    return Tallies(c.direction for step in steps for c in step.crossings)


def crossing(schedule: list[Arrival]) -> Tallies[str]:
    """What the truth should be: who does not turn back crosses once."""
    return Tallies(arrival.direction for arrival in schedule if arrival.turns is None)


def passing(schedule: list[Arrival], scene: Scene, seed: int) -> Tallies[str]:
    """What the truth should be, by where people were: from wholly on one side, 0.3 m away, to wholly on the other."""
    seen: dict[Look, list[bool]] = {}
    frames = 10 * round(schedule[-1].seconds + 180)
    for step in islice(walked(schedule, start=START, scene=scene, seed=seed), frames):
        for walker in step.walkers:
            if abs(walker.x - scene.wall) > 0.3:
                seen.setdefault(walker.look, []).append(walker.x > scene.wall)
    turns = (after for sides in seen.values() for before, after in pairwise(sides) if before != after)
    return Tallies("entered" if inside else "left" for inside in turns)


def ways(schedule: list[Arrival], scene: Scene) -> list[list[tuple[float, float]]]:
    """For each person where they were from frame to frame: metres past the line to the right, and down the plan."""
    steps = walked(schedule, start=START, scene=scene)
    seen: dict[Look, list[tuple[float, float]]] = {}
    for step in steps:
        for walker in step.walkers:
            seen.setdefault(walker.look, []).append((walker.x - scene.wall, walker.y))
    return list(seen.values())


def test_everyone_who_comes_crosses_the_line_once() -> None:
    schedule = list(steady(20, seed=1, seconds=60))
    assert truth(schedule) == Tallies(arrival.direction for arrival in schedule)


def test_an_endless_schedule_is_read_as_time_goes_on() -> None:
    read: list[Arrival] = []

    def noted() -> Iterator[Arrival]:
        for arrival in steady(30, seed=1):
            read.append(arrival)
            yield arrival

    steps = list(islice(walked(noted(), start=START), 300))
    assert len(steps) == 300
    assert all(arrival.seconds <= 30 for arrival in read[:-1])


def test_who_finds_the_entrance_occupied_waits_and_crosses_all_the_same() -> None:
    assert truth([Arrival(0.0, "entered")] * 25) == {"entered": 25}


def test_a_door_much_used_never_jams() -> None:
    schedule = list(steady(90, seed=4, seconds=60))
    assert truth(schedule) == Tallies(arrival.direction for arrival in schedule)


@every_door
@pytest.mark.parametrize("rate", [5, 30, 60])
@pytest.mark.parametrize(
    "mix",
    [Mix(), Mix(groups=1), Mix(fast=1), Mix(turning=0.4), Mix(lingering=0.3), MIXED],
    ids=["usual", "groups", "fast", "turning", "lingering", "mixed"],
)
def test_at_every_door_the_truth_of_every_mix_is_who_went_through(door: float, rate: float, mix: Mix) -> None:
    schedule = list(steady(rate, seed=7, seconds=60, mix=mix))
    scene = Scene.overhead(door=door)
    true = truth(schedule, scene, seed=7)
    assert true == passing(schedule, scene, 7)
    # Whom a crowd pushes on who meant to turn back at the line went through and came back: once more each way.
    pushed = true - crossing(schedule)
    assert not crossing(schedule) - true
    assert pushed["entered"] == pushed["left"] <= sum(arrival.turns is not None for arrival in schedule)


@pytest.mark.parametrize("turns", [-1.0, -0.4, 0.0, 0.25])
@every_door
def test_who_turns_back_comes_so_far_and_crosses_nothing(door: float, turns: float) -> None:
    scene = Scene.overhead(door=door)
    schedule = [Arrival(0.0, "entered", turns=turns)]
    assert truth(schedule, scene) == {}
    (way,) = ways(schedule, scene)
    assert max(x for x, _ in way) == pytest.approx(turns, abs=0.1)
    assert way[-1][0] < -4


@every_door
def test_who_lingers_stands_near_the_line_and_crosses_it_all_the_same(door: float) -> None:
    scene = Scene.overhead(door=door)
    schedule = [Arrival(0.0, "left", lingers=5.0)]
    assert truth(schedule, scene) == {"left": 1}
    (way,) = ways(schedule, scene)
    stood = [(x, y) for (x, y), after in pairwise(way) if math.dist((x, y), after) < 0.01]
    assert 45 <= len(stood) <= 55
    first, last = scene.opening
    assert all(math.hypot(x, max(first - y, y - last, 0)) <= 0.7 for x, y in stood)


@every_door
def test_a_group_walks_together(door: float) -> None:
    together = [Arrival(0.0, "entered", speed=1.2, group=0)] * 3
    scene = Scene.overhead(door=door)
    passed = [c.at for step in walked(together, start=START, scene=scene) for c in step.crossings]
    assert len(passed) == 3
    assert passed[-1] - passed[0] < timedelta(seconds=3)


@every_door
def test_the_fast_are_as_fast_as_they_are_said_to_be(door: float) -> None:
    (way,) = ways([Arrival(0.0, "entered", speed=2.4)], Scene.overhead(door=door))
    assert np.hypot(*np.diff(way[10:40], axis=0).T).mean() * 10 == pytest.approx(2.4, rel=0.05)


@every_door
def test_nobody_walks_through_anybody_or_the_wall(door: float) -> None:
    scene = Scene.overhead(door=door)
    first, last = scene.opening
    closest = []
    for step in walked(steady(40, seed=2, seconds=60, mix=MIXED), start=START, scene=scene):
        closest += [math.dist((a.x, a.y), (b.x, b.y)) for a, b in combinations(step.walkers, 2)]
        assert all(first < w.y < last for w in step.walkers if abs(w.x - scene.wall) < 0.1)
    assert min(closest) > 0.25


def test_the_shares_of_a_mix_are_shares_of_all_people() -> None:
    people = list(steady(60, seed=1, seconds=36_000, mix=MIXED))
    assert len(people) == pytest.approx(36_000, rel=0.03)
    share = {
        "groups": sum(p.group is not None for p in people),
        "fast": sum(p.group is None and p.speed is not None for p in people),
        "turning": sum(p.turns is not None for p in people),
        "lingering": sum(p.lingers > 0 for p in people),
    }
    assert {kind: count / len(people) for kind, count in share.items()} == pytest.approx(
        asdict(MIXED), abs=0.01
    )
    sizes = Tallies(Tallies(p.group for p in people if p.group is not None).values())
    assert set(sizes) == {2, 3, 4}


@pytest.mark.parametrize("shares", [{"fast": -0.1}, {"groups": 1.1}, {"fast": 0.6, "turning": 0.6}])
def test_a_mix_of_more_than_everybody_is_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at most 1 together"):
        Mix(**shares)


@every_door
def test_the_same_seed_gives_the_same_people(door: float) -> None:
    schedule, scene = list(steady(30, seed=3, seconds=20, mix=MIXED)), Scene.overhead(door=door)
    assert schedule == list(steady(30, seed=3, seconds=20, mix=MIXED))
    first, again = (list(walked(schedule, start=START, scene=scene, seed=3)) for _ in range(2))
    assert first == again


def test_at_an_angle_people_are_counted_by_their_feet_from_their_true_boxes() -> None:
    scene = Scene.at_an_angle(door=3.0, tilt=45)
    schedule = list(steady(10, seed=2, seconds=60))
    counter, counted = Counter([scene.line], reference="foot"), Tallies[str]()
    for step in walked(schedule, start=START, scene=scene):
        boxes = true_boxes(scene, step.walkers)
        boxes = boxes[~np.isnan(boxes[:, 0])]
        counted.update(c.direction for c in counter.step(Detections(boxes, np.ones(len(boxes))), step.at))
    counted.update(c.direction for c in counter.finish())
    assert sum(counted.values()) == pytest.approx(len(schedule), abs=2)


def test_without_the_simulator_the_command_that_brings_it_is_named() -> None:
    code = "import sys; sys.modules['jupedsim'] = None; import vilina_edge.simulation.people"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "pip install 'vilina[demo]'" in done.stderr


def test_the_same_schedule_gives_the_same_pictures() -> None:
    schedule = [Arrival(0.5, "entered"), Arrival(1.0, "left")]
    first, again = (list(rendered(schedule, start=START)) for _ in range(2))
    assert len(first) == len(again) > 50
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert first[0].image.shape == (480, 640, 3)
    assert first[1].at - first[0].at == timedelta(seconds=0.1)


@pytest.mark.parametrize("seed", [5, 6])
def test_the_true_pipeline_counts_a_quiet_door_within_one_person_in_ten(seed: int) -> None:
    schedule = list(steady(8, seed=seed, seconds=90))
    detector, counter = make_detector("motion"), Counter([Scene().line], reference="centre")
    counted: Tallies[str] = Tallies()
    for frame in rendered(schedule, start=START):
        counted.update(c.direction for c in counter.step(detector(frame), frame.at))
    counted.update(c.direction for c in counter.finish())
    true = truth(schedule)
    assert sum(abs(counted[d] - true[d]) for d in ("entered", "left")) <= max(1, sum(true.values()) // 10)


def test_a_schedule_in_a_file_is_played_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = [(START - timedelta(seconds=5), "left"), (START + timedelta(seconds=1), "entered")]
    path.write_text("".join(f"{at.isoformat()},{direction}\n" for at, direction in rows), encoding="utf-8")
    frames = list(simulated_frames(f"simulation:{path}", start=START))
    detector, counter = make_detector("motion"), Counter([Scene().line], reference="centre")
    crossings = [c for frame in frames for c in counter.step(detector(frame), frame.at)] + counter.finish()
    assert [c.direction for c in crossings] == ["entered"]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("0", "more than 0"),
        ("-3", "more than 0"),
        ("1e9", "at most 120"),
        ("nothing.csv", "cannot be read"),
        ("bad.csv", "row 1"),
    ],
)
def test_a_simulation_that_cannot_be_meant_is_refused(tmp_path: Path, what: str, words: str) -> None:
    (tmp_path / "bad.csv").write_text("yesterday,through the wall\n", encoding="utf-8")
    source = f"simulation:{tmp_path / what if what.endswith('csv') else what}"
    assert is_simulation(source)
    with pytest.raises(SourceError, match=words):
        next(simulated_frames(source, start=START))
