"""The rendered door: its truth is exact, and the true pipeline counts it."""

import subprocess
import sys
from collections import Counter as Tallies
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vilina_edge.counting.counter import Counter
from vilina_edge.errors import SourceError
from vilina_edge.simulation.people import Arrival, rendered, steady, walked
from vilina_edge.simulation.scene import Scene
from vilina_edge.simulation.source import simulated_frames
from vilina_edge.sources import is_simulation
from vilina_edge.vision.detectors import make_detector

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def truth(schedule: list[Arrival]) -> Tallies[str]:
    return Tallies(c.direction for step in walked(schedule, start=START) for c in step.crossings)


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
